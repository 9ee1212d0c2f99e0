"""Trial runs: what a rule would catch with other parameters, beside what it catches."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from anomaly.errors import UsageError
from anomaly.rules.hits import every_step, hits, placed, run_hits
from anomaly.rules.rule import Rule, rule_of
from anomaly.store.steps import Runner, needed
from anomaly.store.store import Store

# What makes two hits the same, whatever they say.
KEY = ["rule", "unit_kind", "unit_id", "visit_id", "settlement_id", "line_id"]
CHANGES = ("gained", "lost", "kept")
CONFIRMED = ("confirmed", "recovered", "rectified", "restored")
DECIDED = (*CONFIRMED, "dismissed")


def changed(settings: Sequence[str]) -> dict[str, Rule]:
    """Return the rules that texts such as 'R02.within_days=7' change, by id."""
    found: dict[str, Rule] = {}
    for text in settings:
        name, dot, rest = text.partition(".")
        parameter, equals, value = rest.partition("=")
        if not (dot and equals):
            raise UsageError(f"--set '{text}'", expected="RULE.parameter=value")
        found[name] = found.get(name, rule_of(name)).changed(parameter, value)
    return found


def trial(store: Store, month: date, settings: Sequence[str]) -> pd.DataFrame:
    """Return the hits that changed rules would have in a month; none is kept."""
    run_hits(store, month)
    tried = changed(settings).values()
    found = pd.concat([_rows(store, month, rule) for rule in tried])
    return placed(store, month, found)


def _rows(store: Store, month: date, rule: Rule) -> pd.DataFrame:
    step = rule.step
    runner = Runner(store, needed(every_step(store), step.needs))
    runner.run([month])
    return runner.rows(step, month)


def compare(
    store: Store, month: date, settings: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Set a trial run beside the stored hits, which stay as they are.

    Returns the hits with a column ``change`` (gained, lost, kept), and what each
    change comes to: rule, change, hits, excluded, amount, units, and of the units
    that FINDINGS has decided on: decided, confirmed.
    """
    tried = trial(store, month, settings)
    names = sorted(changed(settings))
    present = pd.concat([hits(store, month, name) for name in names])
    rows = pd.concat(
        [
            present.assign(change=_marked(present, tried, "lost")),
            tried.assign(change=_marked(tried, present, "gained")).query(
                "change == 'gained'"
            ),
        ],
        ignore_index=True,
    )
    return rows, _summary(rows, names, _decisions(store))


def _marked(rows: pd.DataFrame, others: pd.DataFrame, mark: str) -> pd.Series:
    """Return the mark for rows that the others have not, 'kept' for the rest."""
    there = set(_keys(others))
    kept = [key in there for key in _keys(rows)]
    return pd.Series(kept, index=rows.index, dtype=bool).map(
        {True: "kept", False: mark}
    )


def _keys(rows: pd.DataFrame) -> list[tuple]:
    cells = rows[[*KEY, "excluded"]].astype(object)
    return list(cells.where(cells.notna(), None).itertuples(index=False, name=None))


def _decisions(store: Store) -> pd.DataFrame:
    """Return what FINDINGS has decided: unit_kind, unit_id, rule, confirmed."""
    store.show("finding")
    found = store.engine.frame(
        "SELECT unit_kind, unit_id, rule, state FROM finding WHERE state IS NOT NULL"
    )
    found = found[found["state"].isin(DECIDED)]
    return found.assign(confirmed=found["state"].isin(CONFIRMED))


def _summary(
    rows: pd.DataFrame, names: list[str], decisions: pd.DataFrame
) -> pd.DataFrame:
    told = []
    for name in names:
        for change in CHANGES:
            part = rows[(rows["rule"] == name) & (rows["change"] == change)]
            counted = part[~part["excluded"].astype(bool)]
            units = counted[["unit_kind", "unit_id"]].drop_duplicates()
            known = units.merge(decisions, on=["unit_kind", "unit_id"])
            known = known[known["rule"].isna() | (known["rule"] == name)]
            told.append(
                {
                    "rule": name,
                    "change": change,
                    "hits": len(counted),
                    "excluded": len(part) - len(counted),
                    "amount": round(float(counted["amount"].sum()), 2),
                    "units": len(units),
                    "decided": len(known),
                    "confirmed": int(known["confirmed"].sum()),
                }
            )
    return pd.DataFrame(told)
