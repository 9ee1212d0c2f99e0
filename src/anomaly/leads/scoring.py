"""Evidence of every indicator of a kind of unit, for one month."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from importlib.resources import files

import pandas as pd

from anomaly.errors import PolicyError
from anomaly.features.builder import datasets
from anomaly.features.frames import features, units
from anomaly.features.indicator import Indicator, indicators, of_unit
from anomaly.peers.evidence import COLUMNS, evidence
from anomaly.peers.few import few_peers
from anomaly.peers.groups import ALL, assign, group_name
from anomaly.periods import month_text, shift
from anomaly.policy.read import policy
from anomaly.store.store import Store

YEAR = 12
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
    *COLUMNS,
)
PEERED = ("group", "fallback", "members", "few")
GROWTH_KINDS = {
    "count": "growth_count",
    "per_visit": "growth_per_visit",
    "ratio": "growth_amount",
}


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
        if record.alert:
            found.append(Test(record.id, record, record.kind, False))
            if record.growth and record.growth_alert:
                kind = GROWTH_KINDS[record.kind]
                found.append(Test(f"{record.id}_yoy", record, kind, True))
    return found


def peopled(store: Store, unit_kind: str, month: date) -> pd.DataFrame:
    """Return the month's units with group, fallback, members and few."""
    people = units(store, unit_kind, month)
    return people.join(assign(people, unit_kind))


def score(store: Store, unit_kind: str, month: date) -> pd.DataFrame:
    """Return the evidence of a month whose features are built, long.

    One row a unit and test: unit_id, indicator, block, kind, value, n,
    numerator, denominator, group, fallback, few, listable (whether tails are light
    enough for a list by false-discovery rate), and what `evidence` gives, the
    excess as a monthly mean of the window. Kept in the store until features,
    policy or method change.
    """
    key = _key(store, unit_kind, month)
    return store.remember(
        f"evidence_{unit_kind}",
        month_text(month),
        key,
        lambda: _score(store, unit_kind, month),
    )


def _key(store: Store, unit_kind: str, month: date) -> str:
    """Return a digest of all that a month's evidence depends on."""
    months = [*window(month), *window(shift(month, -YEAR)), *own_past(store, month)]
    parts = [
        part
        for name, records in datasets(unit_kind).items()
        if any(record.alert for record in records)
        for part in store.parts(name, [month_text(m) for m in months])
    ]
    parts += store.parts(f"unit_{unit_kind}", [month_text(month)])
    keys = [part.key for part in parts]
    return sha256("\n".join([*keys, _method()]).encode()).hexdigest()[:16]


@cache
def _method() -> str:
    """Return a digest of the code and policy that make evidence from features."""
    rooms = {
        "peers": ".py",
        "policy": ".toml",
        "features": ".py",
        "leads": "scoring.py",
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
    windows = (window(month), window(shift(month, -YEAR)))
    asked = [test.indicator.id for test in tests_of(unit_kind)]
    rows = features(store, unit_kind, [*windows[0], *windows[1]], only=asked)
    current, earlier = (pooled(rows, months) for months in windows)
    found = []
    past = cache(lambda: pooled_past(store, unit_kind, month, asked))
    for test in tests_of(unit_kind):
        rows = _rows_of(test, current, earlier)
        frame = people[[*people.columns.difference(PEERED)]].merge(rows, on="unit_id")
        # Peers are those who have the indicator: few stays make few peers.
        frame = frame.join(assign(frame, unit_kind))
        scored = _by_chain(frame, test, unit_kind, past)
        found.append(
            scored.assign(indicator=test.id, block=test.indicator.block, kind=test.kind)
        )
    found = [frame for frame in found if not frame.empty]
    if not found:
        numbers = dict.fromkeys(COLUMNS, float)
        return pd.DataFrame(columns=list(EVIDENCE)).astype(numbers)
    evidence = pd.concat(found, ignore_index=True)[list(EVIDENCE)]
    money = ["excess", "lower", "upper"]
    evidence[money] /= len(present(store, month))
    return evidence


def window(month: date) -> list[date]:
    """Return the months that a month's evidence pools: itself and those before."""
    return [shift(month, -back) for back in range(policy("peers")["window_months"])]


def present(store: Store, month: date) -> list[date]:
    """Return the months of a window that the store holds."""
    loaded = store.months()
    return [each for each in window(month) if each in loaded]


def own_past(store: Store, month: date) -> list[date]:
    """Return the months before a window that a unit with few peers is held to."""
    first, last = policy("peers")["window_months"], policy("peers")["own_past_months"]
    wanted = {shift(month, -back) for back in range(first, last)}
    return [each for each in store.months() if each in wanted]


def pooled_past(
    store: Store, unit_kind: str, month: date, asked: list[str]
) -> pd.DataFrame:
    """Return what units were before a window, as `pooled` gives it."""
    months = own_past(store, month)
    rows = features(store, unit_kind, months or window(month), only=asked)
    return pooled(rows, months)


def pooled(rows: pd.DataFrame, months: list[date]) -> pd.DataFrame:
    """Return one row a unit and indicator: sums over the months, as FEATURES.

    PolicyError where an indicator is not additive: distinct counts and maxima of
    months do not add up. The variance of a ratio of sums follows from those of the
    months: weighted by the squared sums it is relative to.
    """
    _refuse_sums(rows["indicator"].unique())
    rows = rows[rows["month"].astype("datetime64[s]").isin(pd.DatetimeIndex(months))]
    base = _spread_base(rows)
    rows = rows.assign(weighted=rows["spread"] * base**2)
    # A month of one visit has no spread of its own: it counts like the others.
    rows["known"] = base.where(rows["spread"].notna())
    by_unit = rows.groupby(["indicator", "unit_id"])
    sums = by_unit[["numerator", "denominator", "n"]].sum()
    sums[["weighted", "known"]] = by_unit[["weighted", "known"]].sum(min_count=1)
    sums = sums.reset_index()
    share = sums["known"] / _spread_base(sums)
    return sums.assign(
        spread=sums["weighted"] / share / _spread_base(sums) ** 2,
        value=sums["numerator"] / sums["denominator"],
    )


def _refuse_sums(names: Iterable[str]) -> None:
    refused = sorted(name for name in names if not indicators()[name].additive)
    if refused:
        raise PolicyError(
            f"indicators {', '.join(refused)}: months of them are not added up",
            expected="additive = true",
        )


def _spread_base(rows: pd.DataFrame) -> pd.Series:
    """Return what a row's spread is relative to: the sum that its square scales."""
    per_visit = [
        name for name, record in indicators().items() if record.kind == "per_visit"
    ]
    of_visits = rows["indicator"].isin(per_visit)
    return rows["numerator"].where(of_visits, rows["denominator"])


def _rows_of(test: Test, current: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
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
        everyone = frame.assign(group=ALL)
        found.append(_joined(everyone, _of_few(everyone, test, past))[frame["few"]])
    return pd.concat(found) if found else pd.DataFrame({"unit_id": []})


def _of_few(
    frame: pd.DataFrame, test: Test, past: Callable[[], pd.DataFrame]
) -> pd.DataFrame:
    """Return evidence where peers are few: growth has its own past within it."""
    direction = test.indicator.direction
    if test.growth:
        return evidence(frame, test.kind, direction)
    before = past()
    before = before.loc[before["indicator"] == test.indicator.id, ["unit_id", *BEFORE]]
    before = before[before["n"] >= policy("peers")["min_visits"]]
    size = frame["unit_id"].map(before.set_index("unit_id")["n"])
    return few_peers(frame.assign(size=size), test.kind, direction, before)


def _joined(frame: pd.DataFrame, result: pd.DataFrame) -> pd.DataFrame:
    # Where next to nothing happens the answer is exact, and no curve stands behind it.
    tail = result.attrs.get("tail", {"listable": True})
    return frame.join(result).assign(listable=tail["listable"])
