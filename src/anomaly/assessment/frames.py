"""Who is assessed, and under which peers; the year's points where any were kept."""

from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

from anomaly.casework.points import Entry
from anomaly.casework.points_year import points_year
from anomaly.features.frames import units
from anomaly.peers.groups import FOCUS, assign
from anomaly.policy.points import PointsPolicy
from anomaly.store.store import Store


def people(store: Store, unit: str, months: Sequence[date]) -> pd.DataFrame:
    """Return every unit of some months once, as the last of them knows it.

    With unit_kind, and group and fallback of its peers.
    """
    latest = sorted(months, reverse=True)
    rows = pd.concat([units(store, unit, month) for month in latest])
    rows = rows.drop_duplicates("unit_id").sort_values("unit_id")
    rows = rows.reset_index(drop=True).assign(unit_kind=unit)
    if FOCUS not in rows:
        rows[FOCUS] = ""
    return rows.join(assign(rows, unit))


def houses(store: Store) -> dict[str, str]:
    """Return the institution of each doctor of the master."""
    store.show("doctor")
    rows = store.engine.frame(
        "SELECT doctor_id, institution_id FROM doctor"
        " WHERE institution_id IS NOT NULL ORDER BY ALL"
    )
    return dict(zip(rows["doctor_id"], rows["institution_id"], strict=True))


def kept_points(
    entries: Iterable[Entry], policy: PointsPolicy, year: int, people: pd.DataFrame
) -> pd.DataFrame:
    """Return a year's points of everybody whose kind has any that year.

    Where none of a kind was given any, none were kept: that is no merit.
    """
    entries = [one for one in entries if one.on.year == year]
    kinds = {one.unit_kind for one in entries}
    kept = people[people["unit_kind"].isin(kinds)]
    return points_year(entries, policy, year, kept)
