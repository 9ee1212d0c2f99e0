"""Null worlds resampled from the sample prefecture's own honest months.

Every doctor and window of three months is one draw, with all its indicators, as the
ranking sees them. Draws are taken with replacement within the cell that peers come
from (department and level), so that whatever shape the sample's ordinary variation
has is kept. Left out are doctors over what is planted in them or in their
institution, now or in the window a year before, and honest extremes too. The error is
clustered by doctor: a few of them stand behind all rare alarms.
"""

from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import null
import numpy as np
import pandas as pd
import prefecture
from alarms import gathered, ratios
from effects import UNITS

from anomaly.features.frames import features
from anomaly.leads import pooling, scoring
from anomaly.leads.combine import combined
from anomaly.peers import evidence
from anomaly.peers.groups import group_name
from anomaly.periods import month_text, shift
from anomaly.policy.read import policy
from anomaly.store.store import Store

UNIT = "doctor"
SIZES = (20, 80)
# A cell of fewer would repeat the same few doctors.
DOCTORS = 10


def pool(folder: Path) -> pd.DataFrame:
    """Return the honest draws: draw, doctor, cell, test and what evidence takes."""
    planted = pd.read_csv(folder / prefecture.TRUTH)
    store = Store.open(folder / prefecture.STORE)
    try:
        months = [m for m in store.months() if _whole(m, store.months())]
        found = pd.concat([_window(store, month, planted) for month in months])
    finally:
        store.close()
    doctors = found.groupby("cell")["doctor"].transform("nunique")
    return found[doctors >= DOCTORS].reset_index(drop=True)


def _whole(month: date, loaded: list[date]) -> bool:
    return set(_behind(month)) <= set(loaded)


def _behind(month: date) -> list[date]:
    """Return the months of a window and those that a change is measured from."""
    return [*pooling.window(month), *_past(month)]


def _past(month: date) -> list[date]:
    rule = policy("peers")
    last = range(rule["change_to"] - rule["change_months"], rule["change_to"])
    return [shift(month, -back) for back in last]


def _window(store: Store, month: date, planted: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of every test of one window, as scoring forms them."""
    people = scoring.peopled(store, UNIT, month)
    people = people[~_touched(people, planted, _behind(month))]
    people = people.assign(
        doctor=people["unit_id"],
        draw=people["unit_id"] + "@" + month_text(month),
        cell=group_name(people, policy("peers")["chains"][UNIT][0]),
    )
    tests = scoring.tests_of(UNIT)
    asked = [test.indicator.id for test in tests]
    rows = features(store, UNIT, _behind(month), only=asked)
    windows = (pooling.window(month), _past(month))
    pooled = [pooling.pooled(rows, window) for window in windows]
    found = [scoring._rows_of(test, *pooled).assign(test=test.id) for test in tests]
    names = people[["unit_id", "doctor", "draw", "cell"]]
    return names.merge(pd.concat(found), on="unit_id").drop(columns="unit_id")


def _touched(
    people: pd.DataFrame, planted: pd.DataFrame, months: list[date]
) -> pd.Series:
    """Say which people are planted in any of the months, or their institution is."""
    texts = [month_text(month) for month in months]
    during = [
        any(first <= text <= last for text in texts)
        for first, last in zip(planted["from_month"], planted["to_month"], strict=True)
    ]
    now = planted[during].groupby("unit_kind")["unit_id"].agg(set)
    return people["unit_id"].isin(now.get("doctor", set())) | people[
        "institution_id"
    ].isin(now.get("institution", set()))


def drawn(seed: int, honest: pd.DataFrame) -> pd.DataFrame:
    """Return one world of about 20,000 units: unit_id, group, doctor and their rows."""
    rng = np.random.default_rng(seed)
    draws = honest.drop_duplicates("draw").groupby("cell")["draw"].agg(list)
    sizes = rng.integers(SIZES[0], SIZES[1] + 1, 2 * UNITS // sum(SIZES))
    weights = draws.str.len() / draws.str.len().sum()
    cells = rng.choice(draws.to_numpy(), sizes.size, p=weights.to_numpy())
    taken = [rng.choice(cell, size) for cell, size in zip(cells, sizes, strict=True)]
    units = pd.DataFrame(
        {
            "draw": np.concatenate(taken),
            "group": np.repeat(np.arange(sizes.size), sizes),
        }
    )
    units["unit_id"] = units.index
    return units.merge(honest, on="draw")


def judged(seed: int, honest: pd.DataFrame) -> pd.DataFrame:
    """Return test, group, doctor and p of one world, and the combined p as a test.

    Groups in which too few have an indicator would take wider peers: not tested.
    """
    world = drawn(seed, honest)
    tests = {test.id: test for test in scoring.tests_of(UNIT)}
    found = []
    for name, rows in world.groupby("test"):
        members = rows.groupby("group")["unit_id"].transform("size")
        units = rows[members >= policy("peers")["enough"]].reset_index(drop=True)
        test = tests[name]
        result = evidence(units, test.kind, test.indicator.direction)
        names = units[["test", "unit_id", "group", "doctor"]]
        found.append(names.assign(block=test.indicator.block, p=result["p"]))
    single = pd.concat(found)
    p = combined(single)
    people = single.drop_duplicates("unit_id")
    together = people.assign(test="combined", p=people["unit_id"].map(p))
    return pd.concat([single, together], ignore_index=True)


def rows(honest: pd.DataFrame, worlds: int, first: int, jobs: int) -> Iterator[dict]:
    """Yield a row a test, and of the combined p, with the doctors behind alarms."""
    work = partial(judged, honest=honest)
    units = gathered(null.each(work, [first + n for n in range(worlds)], jobs))
    units = units.assign(cluster=units["doctor"])
    for test, of_test in units.groupby("test"):
        row = ratios(of_test)
        alarmed = of_test[of_test["p"] < 0.001]
        yield {
            "test": test,
            "doctors": of_test["doctor"].nunique(),
            **row,
            "doctors at 0.001": alarmed["doctor"].nunique(),
            "demand": null.demand(row, ("0.01", "0.001")),
        }
