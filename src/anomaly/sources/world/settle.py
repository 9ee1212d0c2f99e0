"""Bills: fee lines become settlements whose sums hold to the cent.

Money is counted in whole fen from here to the file.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from anomaly.sources.world.setting import (
    NATURAL_MANUAL,
    OUTPATIENT,
    PLANTED_MANUAL,
    STAY,
    TICKET,
    Setting,
)
from anomaly.sources.world.visits import CHRONIC_VISIT, DIALYSIS_VISIT

# Percent paid by the fund, by kind of event (rows) and level or pharmacy (columns).
_EMPLOYEE = np.array([[70, 62, 55, 0], [90, 85, 80, 0], [0, 0, 0, 45]])
_RESIDENT = np.array([[55, 48, 42, 0], [80, 72, 64, 0], [0, 0, 0, 35]])
MONEY = ("total", "own", "over", "pre", "scope", "fund", "pay", "account", "cash")


@dataclass
class Batch:
    """Settlements and their lines; `row` of a line is its settlement's position."""

    settlements: pd.DataFrame
    lines: pd.DataFrame

    def take(self, rows: np.ndarray) -> "Batch":
        """Return chosen settlements with their lines, renumbered."""
        place = np.full(len(self.settlements), -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.lines["row"].to_numpy()]
        lines = self.lines.loc[kept >= 0].copy()
        lines["row"] = kept[kept >= 0]
        settlements = self.settlements.iloc[rows].reset_index(drop=True)
        return Batch(settlements, lines.reset_index(drop=True))


def join_batches(batches: list[Batch]) -> Batch:
    """Put batches one below the other."""
    lines, start = [], 0
    for batch in batches:
        lines.append(batch.lines.assign(row=batch.lines["row"] + start))
        start += len(batch.settlements)
    settlements = pd.concat([b.settlements for b in batches], ignore_index=True)
    return Batch(settlements, pd.concat(lines, ignore_index=True))


def settle(
    setting: Setting, events: pd.DataFrame, lines: pd.DataFrame, month: int
) -> Batch:
    """Sum the lines of each event and share the bill between fund and person."""
    rng = setting.rng("settle", month)
    lines = lines.sort_values(["event", "order", "day", "item"], kind="stable")
    lines = _split_line_amounts(setting, events, lines.reset_index(drop=True))
    lines = lines.rename(columns={"event": "row"})
    table = events.copy()
    for name in ("amount", "own", "over", "pre"):
        sums = np.bincount(lines["row"], weights=lines[name], minlength=len(events))
        table[{"amount": "total"}.get(name, name)] = np.rint(sums).astype(np.int64)
    table["scope"] = table["total"] - table["own"] - table["over"] - table["pre"]
    _share_bill(setting, table)
    _settle_times(rng, setting, table, month)
    table["refund"], table["original"] = 0, 0
    table["valid"] = (rng.random(len(table)) >= 0.0006).astype(np.int64)
    return Batch(table, lines)


def _split_line_amounts(setting: Setting, events, lines: pd.DataFrame) -> pd.DataFrame:
    catalogue = setting.catalogue
    item, price = lines["item"].to_numpy(), lines["price"].to_numpy()
    count = lines["cnt"].to_numpy()
    tier = setting.providers.units["tier"].to_numpy()
    tier = tier[events["unit"].to_numpy()[lines["event"].to_numpy()]]
    grade = catalogue.items["grade"].to_numpy()[item]
    cap = catalogue.caps[item, tier]
    amount = count * price
    own = np.where(grade == 3, amount, 0)
    over = np.where(grade == 3, 0, np.maximum(price - cap, 0) * count)
    pre = np.where(grade == 2, (amount - over) // 100 * 10, 0)
    return lines.assign(amount=amount, cap=cap, own=own, over=over, pre=pre)


def _share_bill(setting: Setting, table: pd.DataFrame) -> None:
    people = setting.people.frame.iloc[table["person"].to_numpy()]
    employee = (people["insurance"] == 310).to_numpy()
    level = setting.providers.units["level"].to_numpy()[table["unit"].to_numpy()]
    kind = np.array([0, 1, 2])[table["kind"].to_numpy()]
    percent = np.where(employee, _EMPLOYEE[kind, level], _RESIDENT[kind, level])
    chronic = table["med"].isin([CHRONIC_VISIT, DIALYSIS_VISIT]).to_numpy()
    percent = percent + np.where(chronic, 12, 0)
    # Shares are settled in tenths of a yuan, as many bureaus do.
    table["fund"] = table["scope"].to_numpy() * percent // 1000 * 10
    table["pay"] = table["total"] - table["fund"]
    # Employees pay from their account, which holds so much; the rest is cash.
    from_account = np.where(employee, np.minimum(table["pay"], 50_000), 0)
    table["account"] = from_account
    table["cash"] = table["pay"] - from_account


def _settle_times(rng, setting: Setting, table: pd.DataFrame, month: int) -> None:
    """Settled when the visit ends; a stay an hour or more after discharge."""
    stay = (table["kind"] == STAY).to_numpy()
    end_sec = table["end_sec"].to_numpy()
    wait = np.where(stay, rng.integers(1800, 5 * 3600, len(table)), 0)
    # Visits end on the minute in the record, bills are printed seconds later.
    crowd = rng.integers(0, 60, len(table))
    wait = np.where(table["kind"] == OUTPATIENT, crowd, wait)
    sec = np.minimum(end_sec + wait, 86_399)
    day = table["end_day"].to_numpy()
    manual = table["manual"].to_numpy()
    sec = np.where(manual == NATURAL_MANUAL, np.maximum(sec, 61_200), sec)
    late = rng.integers(20 * 3600, 23 * 3600 + 3000, len(table))
    sec = np.where(manual == PLANTED_MANUAL, np.maximum(sec, late), sec)
    table["settle_day"], table["settle_sec"] = day, sec


def mark_manual(setting: Setting, events: pd.DataFrame, month: int) -> None:
    """Mark what an agency reimburses by hand, naturally and by the planted handler."""
    rng = setting.rng("manual", month)
    seen = (events["kind"] != TICKET).to_numpy()
    events.loc[seen & (rng.random(len(events)) < 0.003), "manual"] = NATURAL_MANUAL
    if len(setting.plan.active("manual_off_hours", month)):
        home = setting.providers.units["home"].to_numpy()[events["unit"].to_numpy()]
        open_ = np.flatnonzero(
            (events["kind"] == OUTPATIENT).to_numpy()
            & (home == 0)
            & (events["manual"] == 0).to_numpy()
            & (events["end_sec"] < 19 * 3600).to_numpy()
        )
        wanted = min(len(open_), max(10, round(28 * setting.scale)))
        chosen = rng.choice(open_, wanted, replace=False)
        events.loc[chosen, "manual"] = PLANTED_MANUAL
