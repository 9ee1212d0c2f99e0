"""Evidence of every indicator of a kind of unit, for one month."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from anomaly.features.frames import features, units
from anomaly.features.indicator import Indicator, of_unit
from anomaly.peers.evidence import evidence
from anomaly.peers.groups import assign, group_name
from anomaly.periods import shift
from anomaly.policy.read import policy
from anomaly.store.store import Store

YEAR = 12
BEFORE = ("numerator", "denominator", "n", "spread")
GROWTH_KINDS = {"count": "growth_count", "per_visit": "growth_per_visit"}


@dataclass(frozen=True)
class Test:
    """One thing that evidence is asked about: an indicator or its growth."""

    id: str
    indicator: Indicator
    kind: str
    growth: bool


def tests_of(unit_kind: str) -> list[Test]:
    """Return what is tested for a kind of unit, in catalogue order."""
    found = []
    for record in of_unit(unit_kind):
        if record.direction != "context" and record.kind != "amount":
            found.append(Test(record.id, record, record.kind, False))
            if record.growth:
                kind = GROWTH_KINDS[record.kind]
                found.append(Test(f"{record.id}_yoy", record, kind, True))
    return found


def score(
    store: Store, unit_kind: str, month: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the month's units with their peer groups, and the evidence, long.

    Units: who each one is, with group, fallback, members, few. Evidence: one
    row a unit and test with unit_id, indicator, block, kind, value, n,
    numerator, denominator, group, fallback and what `evidence` gives.
    """
    people = units(store, unit_kind, month)
    people = people.join(assign(people, unit_kind))
    months = [shift(month, -YEAR), month]
    rows = features(store, unit_kind, months)
    rows = rows.astype({"month": "datetime64[s]"})
    current = rows[rows["month"] == pd.Timestamp(month)]
    earlier = rows[rows["month"] == pd.Timestamp(months[0])]
    found = [
        _evidence_of(test, people, current, earlier, unit_kind)
        for test in tests_of(unit_kind)
    ]
    found = [frame for frame in found if not frame.empty]
    if not found:
        return people, pd.DataFrame(columns=["unit_id", "indicator", "block", "p"])
    return people, pd.concat(found, ignore_index=True)


def _evidence_of(
    test: Test,
    people: pd.DataFrame,
    current: pd.DataFrame,
    earlier: pd.DataFrame,
    unit_kind: str,
) -> pd.DataFrame:
    frame = _rows_of(test, current, earlier)
    frame = people.merge(frame, on="unit_id")
    found = _by_chain(frame, test, unit_kind)
    found.insert(1, "indicator", test.id)
    found.insert(2, "block", test.indicator.block)
    found.insert(3, "kind", test.kind)
    return found


def _rows_of(
    test: Test, current: pd.DataFrame, earlier: pd.DataFrame
) -> pd.DataFrame:
    """Return the rows fit to be compared: enough visits behind each value."""
    enough = policy("peers")["min_visits"]
    columns = ["unit_id", *BEFORE, "value"]
    rows = current.loc[current["indicator"] == test.indicator.id, columns]
    if test.kind != "count":
        rows = rows[rows["n"] >= enough]
    if not test.growth:
        return rows
    before = earlier.loc[earlier["indicator"] == test.indicator.id, columns[:-1]]
    before = before[before["n"] >= enough]
    rows = rows.merge(before, on="unit_id", suffixes=("", "_before"))
    earlier_value = rows["numerator_before"] / rows["denominator_before"]
    return rows.assign(value=rows["value"] / earlier_value - 1)


def _by_chain(frame: pd.DataFrame, test: Test, unit_kind: str) -> pd.DataFrame:
    """Compare each unit within its own group, the wider ones whole.

    A unit that fell back to a wider group is compared with all of it, also
    with those whose narrower group was large enough.
    """
    found = []
    for fallback, keys in enumerate(policy("peers")["chains"][unit_kind]):
        takes = frame["fallback"] == fallback
        if not takes.any():
            continue
        everyone = frame.assign(group=group_name(frame, keys))
        result = evidence(everyone, test.kind, test.indicator.direction)
        kept = everyone[["unit_id", "value", *BEFORE[:3], "group", "fallback", "few"]]
        found.append(kept.join(result)[takes])
    return pd.concat(found) if found else pd.DataFrame({"unit_id": []})
