"""Evidence of every indicator of a kind of unit, for one month."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from importlib.resources import files

import pandas as pd

from anomaly.features.builder import datasets
from anomaly.features.frames import features, units
from anomaly.features.indicator import Indicator, indicators, of_unit
from anomaly.leads import foremost
from anomaly.leads.pooling import before, own_past, pooled, pooled_past, present, window
from anomaly.peers.evidence import COLUMNS, evidence
from anomaly.peers.few import few_peers
from anomaly.peers.groups import ALL, FOCUS, assign, group_name
from anomaly.periods import month_text
from anomaly.policy.read import policy
from anomaly.store.store import Store

BEFORE = ("numerator", "denominator", "n", "spread")
EVIDENCE = (
    "unit_id",
    "indicator",
    "block",
    "kind",
    "value",
    "numerator",
    "denominator",
    "n",
    "group",
    "fallback",
    "few",
    "listable",
    "item",
    *COLUMNS,
)
PEERED = ("group", "fallback", "members", "few")
# How a change from the unit's own past is told, and the kind that compares it.
CHANGE = "_change"
CHANGE_KINDS = {
    "count": "growth_count",
    "per_visit": "growth_per_visit",
    "ratio": "growth_amount",
    "share_of_money": "growth_share",
}


@dataclass(frozen=True)
class Test:
    """One thing that evidence is asked about: an indicator, or its change."""

    id: str
    indicator: Indicator
    kind: str
    change: bool


def tests_of(unit_kind: str) -> list[Test]:
    """Return what is tested for a kind of unit, in catalogue order."""
    found = []
    for record in of_unit(unit_kind):
        if record.alerts(unit_kind):
            found.append(Test(record.id, record, record.kind, False))
            if record.change_alert and record.kind in CHANGE_KINDS:
                kind = CHANGE_KINDS[record.kind]
                found.append(Test(f"{record.id}{CHANGE}", record, kind, True))
    return found


def peopled(store: Store, unit_kind: str, month: date) -> pd.DataFrame:
    """Return the month's units with focus, group, fallback, members and few."""
    people = units(store, unit_kind, month)
    if FOCUS not in people:
        people[FOCUS] = ""
    return people.join(assign(people, unit_kind))


def score(store: Store, unit_kind: str, month: date) -> pd.DataFrame:
    """Return the evidence of a month whose features are built, long.

    One row a unit and test: unit_id, indicator, block, kind, value, n,
    numerator, denominator, group, fallback, few, listable (whether tails are light
    enough for a list by false-discovery rate), and what `evidence` gives, the
    excess as a monthly mean of the window. Kept in the store until features,
    policy or method change.
    """
    if unit_kind == foremost.UNIT:
        foremost.prepare(store, month)
    key = _key(store, unit_kind, month)
    return store.remember(
        f"evidence_{unit_kind}",
        month_text(month),
        key,
        lambda: _score(store, unit_kind, month),
    )


def _key(store: Store, unit_kind: str, month: date) -> str:
    """Return a digest of all that a month's evidence depends on."""
    months = [*window(month), *before(store, month), *own_past(store, month)]
    parts = [
        part
        for name, records in datasets(unit_kind).items()
        if any(record.alerts(unit_kind) for record in records)
        for part in store.parts(name, [month_text(m) for m in months])
    ]
    parts += store.parts(f"unit_{unit_kind}", [month_text(month)])
    if unit_kind == foremost.UNIT:
        parts += foremost.parts(store, month)
    keys = [part.key for part in parts]
    return sha256("\n".join([*keys, _method()]).encode()).hexdigest()[:16]


@cache
def _method() -> str:
    """Return a digest of the code and policy that make evidence from features."""
    rooms = {
        "peers": ".py",
        "policy": ".toml",
        "features": ".py",
        "leads": ("scoring.py", "pooling.py", "foremost.py"),
    }
    texts = [
        path.read_text(encoding="utf-8")
        for room, suffix in rooms.items()
        for path in sorted(files(f"anomaly.{room}").iterdir(), key=lambda p: p.name)
        if path.name.endswith(suffix)
    ]
    return sha256("\n".join([*texts, str(indicators())]).encode()).hexdigest()


def _score(store: Store, unit_kind: str, month: date) -> pd.DataFrame:
    people = peopled(store, unit_kind, month)
    asked = [test.indicator.id for test in tests_of(unit_kind)]
    earlier = before(store, month)
    rows = features(store, unit_kind, [*window(month), *earlier], only=asked)
    periods = pooled(rows, window(month)), pooled(rows, earlier)
    past = cache(lambda: pooled_past(store, unit_kind, month, asked))
    found = [
        _tested(people, test, unit_kind, _rows_of(test, *periods), past)
        for test in tests_of(unit_kind)
    ]
    if unit_kind == foremost.UNIT:
        found.append(foremost.foremost(store, month, people))
    found = [frame for frame in found if not frame.empty]
    if not found:
        numbers = dict.fromkeys(COLUMNS, float)
        return pd.DataFrame(columns=list(EVIDENCE)).astype(numbers)
    evidence = pd.concat(found, ignore_index=True).reindex(columns=list(EVIDENCE))
    money = ["excess", "lower", "upper"]
    evidence[money] /= len(present(store, month))
    return evidence.assign(item=evidence["item"].astype(object).fillna(""))


def _tested(
    people: pd.DataFrame,
    test: Test,
    unit_kind: str,
    rows: pd.DataFrame,
    past: Callable[[], pd.DataFrame],
) -> pd.DataFrame:
    """Return the evidence of one test."""
    frame = people[[*people.columns.difference(PEERED)]].merge(rows, on="unit_id")
    if test.change:
        # Who is measured by its own past has a past like anybody's.
        frame = frame.assign(focus="")
    # Peers are those who have the indicator: few stays make few peers.
    frame = frame.join(assign(frame, unit_kind))
    # Too few of a focus are compared with nobody: their own past must tell.
    frame = frame[~(frame["few"] & (frame[FOCUS] != ""))]
    return _by_chain(frame, test, unit_kind, past).assign(
        indicator=test.id, block=test.indicator.block, kind=test.kind
    )


def _rows_of(test: Test, current: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """Return the rows fit to be compared: enough visits behind each value."""
    enough = policy("peers")["min_visits"]
    columns = ["unit_id", *BEFORE, "value"]
    rows = current.loc[current["indicator"] == test.indicator.id, columns]
    if test.kind != "count":
        rows = rows[rows["n"] >= enough]
    if not test.change:
        return rows
    then = earlier.loc[earlier["indicator"] == test.indicator.id, columns[:-1]]
    then = then[then["n"] >= enough]
    rows = rows.merge(then, on="unit_id", suffixes=("", "_before"))
    was = rows["numerator_before"] / rows["denominator_before"]
    if test.kind == "growth_share":
        return rows.assign(value=rows["value"] - was)
    return rows.assign(value=rows["value"] / was - 1)


def _by_chain(
    frame: pd.DataFrame,
    test: Test,
    unit_kind: str,
    past: Callable[[], pd.DataFrame],
) -> pd.DataFrame:
    """Compare each unit within its own group, the wider ones whole.

    A unit that fell back to a wider group is compared with all of it, also
    with those whose narrower group was large enough; one that has few peers even
    there, with everybody and with its own past.
    """
    found = []
    for fallback, keys in enumerate(policy("peers")["chains"][unit_kind]):
        takes = (frame["fallback"] == fallback) & ~frame["few"]
        if takes.any():
            everyone = frame.assign(group=group_name(frame, keys))
            result = evidence(everyone, test.kind, test.indicator.direction)
            found.append(_joined(everyone, result)[takes])
    if frame["few"].any():
        everyone = frame[frame[FOCUS] == ""].assign(group=ALL)
        found.append(_joined(everyone, _of_few(everyone, test, past))[everyone["few"]])
    return pd.concat(found) if found else pd.DataFrame({"unit_id": []})


def _of_few(
    frame: pd.DataFrame, test: Test, past: Callable[[], pd.DataFrame]
) -> pd.DataFrame:
    """Return evidence where peers are few: a change has its own past within it."""
    direction = test.indicator.direction
    if test.change:
        return evidence(frame, test.kind, direction)
    own = past()
    own = own.loc[own["indicator"] == test.indicator.id, ["unit_id", *BEFORE]]
    own = own[own["n"] >= policy("peers")["min_visits"]]
    size = frame["unit_id"].map(own.set_index("unit_id")["n"])
    return few_peers(frame.assign(size=size), test.kind, direction, own)


def _joined(frame: pd.DataFrame, result: pd.DataFrame) -> pd.DataFrame:
    # Where next to nothing happens the answer is exact, and no curve stands behind it.
    tail = result.attrs.get("tail", {"listable": True})
    return frame.join(result).assign(listable=tail["listable"])
