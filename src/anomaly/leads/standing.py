"""How the units of a month stand to the lines, and what other lines would do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from anomaly.errors import PolicyError, UsageError
from anomaly.leads.exceptions import honoured, without
from anomaly.leads.lines import STEPS, Line, held_to, lines
from anomaly.leads.marks import CONFIRMED, DISMISSED
from anomaly.leads.money import EXCESS, in_yuan, totals
from anomaly.leads.scoring import peopled, score
from anomaly.periods import month_text
from anomaly.policy.read import policy
from anomaly.store.store import Store

WHO = ["unit_name", "institution_id", "district"]
CHANGES = ("present", "moved", "gained", "lost")


def standing(store: Store, unit_kind: str, month: date) -> pd.DataFrame:
    """Hold every unit of a month whose features are built to its lines.

    Columns unit_kind, unit_id, unit_name, institution_id, district, month, those of
    `anomaly.leads.lines.HELD`, and amount: the excess over the peers, or over the
    unit's own past for a change, in yuan a month. What exceptions spare is left out.
    """
    people = peopled(store, unit_kind, month).set_index("unit_id")
    spared = honoured(store.root, unit_kind, month)
    evidence = without(score(store, unit_kind, month), spared, "indicator")
    held = held_to(lines(store.root), unit_kind, people, evidence)
    money = in_yuan(evidence, totals(store, unit_kind, month))[EXCESS[0]]
    money = money.reindex(held.index).round(2)
    held = held.assign(amount=money, month=month_text(month))
    found = held.merge(people[WHO], left_on="unit_id", right_index=True, how="left")
    front = ["unit_kind", "unit_id", *WHO, "month"]
    found = found.assign(unit_kind=unit_kind)
    return found[[*front, *found.columns.difference(front, sort=False)]]


def approached(held: pd.DataFrame) -> pd.DataFrame:
    """Return those that have passed a line or approach one, the highest first."""
    near = held["nearness"] >= policy("lines")["near"]["approaching"]
    found = held[(held["line"] != "") | near]
    place = found["line"].map({"": 0} | {step: n for n, step in enumerate(STEPS, 1)})
    found = found.assign(place=place).sort_values(
        ["place", "nearness", "unit_id", "name"], ascending=[False, False, True, True]
    )
    return found.drop(columns="place").reset_index(drop=True)


@dataclass(frozen=True)
class Backtest:
    """What moved lines would have done.

    ``months`` has a row a month, line, step and change (present: over the line as it
    is; moved: over the moved one; gained; lost): units, confirmed and dismissed (of
    these units, by that month's FINDINGS, whatever they were about), amount (excess
    yuan). ``sums`` adds the months up, with distinct units; ``units`` names each
    that is gained or lost.
    """

    months: pd.DataFrame
    sums: pd.DataFrame
    units: pd.DataFrame


def moved(known: Sequence[Line], settings: Sequence[str]) -> dict[tuple, tuple]:
    """Return what texts such as 'visits.warning=2.2' move: present and moved line.

    By (name, step). UsageError where a text names no line or leaves them disordered.
    """
    by_name = {line.name: line for line in known}
    asked: dict[str, dict[str, float]] = {}
    for text in settings:
        rest, equals, value = text.rpartition("=")
        name, dot, step = rest.rpartition(".")
        if not (equals and dot and step in STEPS):
            raise UsageError(
                f"--set '{text}'", expected=f"LINE.step=value, step {'|'.join(STEPS)}"
            )
        if name not in by_name:
            raise UsageError(
                f"--set '{text}': no line '{name}'",
                expected=f"one of {', '.join(by_name)}",
            )
        try:
            asked.setdefault(name, {})[step] = float(value)
        except ValueError:
            raise UsageError(f"--set '{text}'", expected="a number") from None
    found = {}
    for name, steps in asked.items():
        try:
            other = replace(by_name[name], **steps)
        except PolicyError as error:
            raise UsageError(
                f"--set '{name}': {error.found}", expected=error.expected
            ) from None
        found |= {(name, step): (by_name[name], other) for step in steps}
    return found


def backtest(
    store: Store, unit_kind: str, months: Sequence[date], settings: Sequence[str]
) -> Backtest:
    """Say what moved lines would have done in months that are built; keep nothing."""
    mine = [line for line in lines(store.root) if unit_kind in line.units]
    asked = moved(mine, settings)
    decided = _decisions(store, unit_kind)
    parts = []
    for month in months:
        held = standing(store, unit_kind, month)
        held = held.merge(decided, on=["unit_id", "month"], how="left")
        for (name, step), pair in asked.items():
            rows = held[held["name"] == name]
            present, other = (rows["measured"] >= getattr(one, step) for one in pair)
            parts.append(
                rows.assign(
                    step=step,
                    present=present,
                    moved=other,
                    gained=other & ~present,
                    lost=present & ~other,
                )
            )
    whole = pd.concat(parts, ignore_index=True)
    counted = {key: key for key in ("name", "step")}
    texts = [month_text(month) for month in months]
    by_month = [
        {"month": month} | row
        for month in texts
        for row in _counted(whole[whole["month"] == month], asked)
    ]
    sums = pd.DataFrame(_counted(whole, asked, distinct=True))
    units = whole[whole["gained"] | whole["lost"]]
    units = units.assign(change=units["gained"].map({True: "gained", False: "lost"}))
    shown = ["month", *counted, "change", "unit_id", *WHO, "measured", "amount"]
    told = [*shown, "decision"]
    return Backtest(pd.DataFrame(by_month), sums, units[told].reset_index(drop=True))


def _counted(rows: pd.DataFrame, asked: dict, distinct: bool = False) -> list[dict]:
    told = []
    for (name, step), pair in asked.items():
        part = rows[(rows["name"] == name) & (rows["step"] == step)]
        for change in CHANGES:
            those = part[part[change]]
            told.append(
                {
                    "line": name,
                    "step": step,
                    "at": getattr(pair[change != "present"], step),
                    "change": change,
                    "units": len(those),
                    **({"distinct": those["unit_id"].nunique()} if distinct else {}),
                    "confirmed": int((those["decision"] == "confirmed").sum()),
                    "dismissed": int((those["decision"] == "dismissed").sum()),
                    "amount": round(float(those["amount"].sum()), 2),
                }
            )
    return told


def _decisions(store: Store, unit_kind: str) -> pd.DataFrame:
    """Return unit_id, month and decision; one confirmed lead outweighs others."""
    store.show("finding")
    found = store.engine.frame(
        "SELECT unit_id, month, state FROM finding"
        f" WHERE unit_kind = '{unit_kind}' AND state IS NOT NULL"
    )
    found = found[found["state"].isin([*CONFIRMED, *DISMISSED])]
    confirmed = found["state"].isin(CONFIRMED)
    found = found.assign(
        decision=confirmed.map({True: "confirmed", False: "dismissed"})
    )
    found = found.sort_values(["unit_id", "month", "decision"])
    return found.drop_duplicates(["unit_id", "month"])[["unit_id", "month", "decision"]]
