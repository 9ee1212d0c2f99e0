"""What happens to settlements later: refunds, and batches sent twice."""

import numpy as np
import pandas as pd

from anomaly.sources.world.setting import Setting
from anomaly.sources.world.settle import MONEY, Batch, join_batches

REFUNDS = 0.005
_LINE_MONEY = ("cnt", "amount", "own", "over", "pre")


def refunds(setting: Setting, batch: Batch, month: int) -> tuple[Batch, list[tuple]]:
    """Return signed rows that take back some settlements, wholly or in part."""
    rng = setting.rng("refunds", month)
    table = batch.settlements
    valid = (table["valid"] == 1) & (table["total"] > 0)
    drawn = rng.random(len(table)) < (REFUNDS if setting.planted else 0.0)
    rows = np.flatnonzero(valid.to_numpy() & drawn)
    back = batch.take(rows)
    size = np.bincount(back.lines["row"], minlength=len(rows))
    part = (rng.random(len(rows)) < 0.4) & (size > 1)
    back = _part_only(back, part)
    _turn_negative(back)
    done = back.settlements
    done["original"], done["refund"] = done["settlement"], 1
    done["settle_day"] += rng.integers(0, 21, len(done))
    same_day = done["settle_day"] == done["end_day"]
    later = np.minimum(done["settle_sec"] + 1800, 86_399)
    done["settle_sec"] = np.where(same_day, later, rng.integers(30_000, 60_000))
    scheme = np.where(part, "refund_partial", "refund_full")
    truth = [
        ("settlement", 0, str(code), name, month, month, True, 0.5)
        for code, name in zip(done["original"], scheme, strict=True)
    ]
    return back, truth


def _part_only(back: Batch, part: np.ndarray) -> Batch:
    """A partial refund takes back the last line only."""
    row = back.lines["row"].to_numpy()
    last = np.append(row[1:] != row[:-1], True) if len(row) else np.zeros(0, bool)
    lines = back.lines.loc[last | ~part[row]].reset_index(drop=True)
    table = back.settlements
    whole = table["total"].to_numpy().copy()
    for name, source in (("total", "amount"), ("own", "own"), ("over", "over"),
                         ("pre", "pre")):  # fmt: skip
        sums = np.bincount(lines["row"], weights=lines[source], minlength=len(table))
        table[name] = np.rint(sums).astype(np.int64)
    table["scope"] = table["total"] - table["own"] - table["over"] - table["pre"]
    # The fund takes back its share of what is returned, never more than it paid.
    share = table["fund"] * table["total"] // np.maximum(whole, 1)
    table["fund"] = np.where(part, share, table["fund"])
    table["pay"] = table["total"] - table["fund"]
    table["account"] = np.minimum(table["account"], table["pay"])
    table["cash"] = table["pay"] - table["account"]
    return Batch(table, lines)


def _turn_negative(back: Batch) -> None:
    for name in MONEY:
        back.settlements[name] = -back.settlements[name]
    for name in _LINE_MONEY:
        back.lines[name] = -back.lines[name]


def sent_again(setting: Setting, batch: Batch, month: int) -> Batch:
    """Return copies of a planted institution's rows of some days."""
    rng = setting.rng("again", month)
    on = setting.plan.on("reuploaded_batch", month, len(setting.providers.units))
    table = batch.settlements
    here = on[table["unit"].to_numpy()]
    days = np.unique(table.loc[here, "settle_day"])
    chosen = rng.permutation(days)[:4]
    again = here & table["settle_day"].isin(chosen).to_numpy()
    return batch.take(np.flatnonzero(again))


def due(pending: list[Batch], end: int) -> tuple[list[Batch], list[Batch]]:
    """Split what is waiting into what falls before a day and what does not."""
    now, later = [], []
    for batch in pending:
        early = (batch.settlements["settle_day"] < end).to_numpy()
        now.append(batch.take(np.flatnonzero(early)))
        later.append(batch.take(np.flatnonzero(~early)))
    return now, [join_batches(later)] if later else []


def number_settlements(table: pd.DataFrame, prefix: int, start: int) -> pd.DataFrame:
    """Give settlements their ids."""
    first = prefix * 10**7 + start + 1
    return table.assign(settlement=np.arange(first, first + len(table)))
