"""Points as rows: a unit's entries, and what a calendar year's sum means."""

from collections.abc import Iterable

import pandas as pd

from anomaly.casework.points import Entry
from anomaly.policy.points import PointsPolicy, Scheme

YEAR = (
    "year",
    "unit_kind",
    "unit_id",
    "scheme",
    "points",
    "added",
    "reversed",
    "entries",
    "band",
    "budget_change",
    "suspension_months",
    "suspension_most",
    "terminated",
    "what",
    "basis",
)
ENTRIES = (
    "on",
    "entry_id",
    "year",
    "scheme",
    "what",
    "points",
    "left",
    "clause",
    "lead_id",
    "note",
)


def points_year(
    entries: Iterable[Entry],
    policy: PointsPolicy,
    year: int | None,
    units: pd.DataFrame | None = None,
    language: str = "zh",
) -> pd.DataFrame:
    """Return a year's sum of each unit and scheme with its band (`YEAR`).

    Parameters
    ----------
    year : int or None
        The calendar year; None for every year that has entries.
    units : DataFrame, optional
        unit_kind and unit_id of units that are to appear even without an entry, with
        0 points under each scheme for their kind.

    ``points`` is ``added`` less ``reversed``; ``budget_change`` is in %, missing where
    the band says nothing of budgets; suspensions are in months, at least and at most.
    """
    sums: dict[tuple, list[Entry]] = {}
    if units is not None and year is not None:
        for kind, unit in units[["unit_kind", "unit_id"]].itertuples(index=False):
            for scheme in policy.schemes_of(kind):
                sums[(year, kind, unit, scheme.id)] = []
    for entry in entries:
        if year in (None, entry.on.year):
            key = (entry.on.year, entry.unit_kind, entry.unit_id, entry.scheme)
            sums.setdefault(key, []).append(entry)
    rows = [_row(key, mine, policy, language) for key, mine in sorted(sums.items())]
    frame = pd.DataFrame(rows, columns=list(YEAR))
    whole = ("points", "added", "reversed", "entries", "suspension_months")
    kinds = dict.fromkeys([*whole, "suspension_most", "year"], "int64")
    return frame.astype({**kinds, "budget_change": "Int64", "terminated": bool})


def _row(key: tuple, entries: list[Entry], policy: PointsPolicy, language: str) -> dict:
    year, unit_kind, unit_id, name = key
    points = sum(one.left for one in entries)
    scheme = policy.scheme(name)
    return {
        "year": year,
        "unit_kind": unit_kind,
        "unit_id": unit_id,
        "scheme": name,
        "points": points,
        "added": sum(one.points for one in entries),
        "reversed": sum(one.reversed for one in entries),
        "entries": len(entries),
        **_consequence(scheme, points, language),
    }


def _consequence(scheme: Scheme | None, points: int, language: str) -> dict:
    """Return what a sum means; a scheme that the policy has lost means nothing."""
    if scheme is None:
        empty = {"band": "", "budget_change": None, "terminated": False}
        months = {"suspension_months": 0, "suspension_most": 0}
        return {**empty, **months, "what": "", "basis": ""}
    band = scheme.band(points)
    return {
        "band": band.id,
        "budget_change": band.budget_change,
        "suspension_months": band.suspension_months,
        "suspension_most": band.suspension_most,
        "terminated": band.terminated,
        "what": getattr(band, language),
        "basis": band.basis,
    }


def entry_rows(entries: Iterable[Entry]) -> pd.DataFrame:
    """Return entries and their reversals, a row each (`ENTRIES`), entry by entry.

    ``what`` is added, appeal or repair; ``points`` is below 0 where they were taken
    off; ``left`` is what still counts of the entry after all of it.
    """
    rows = []
    for entry in entries:
        cells = {name: getattr(entry, name) for name in ENTRIES if hasattr(entry, name)}
        cells |= {"on": entry.on.isoformat(), "year": entry.on.year, "what": "added"}
        rows.append(cells)
        rows += [
            cells
            | {"on": one.on.isoformat(), "what": one.why, "points": -one.points}
            | {"note": one.note}
            for one in entry.reversals
        ]
    return pd.DataFrame(rows, columns=list(ENTRIES))
