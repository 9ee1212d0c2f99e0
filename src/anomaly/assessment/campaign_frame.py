"""A campaign by institution: what it gave back, what speaks of it, what was found."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_CEILING, Decimal

import pandas as pd

from anomaly.assessment.campaign import RECHECKED, RECTIFIED, REPORTED, Entry
from anomaly.casework.amounts import NOTHING
from anomaly.inspection.draw import drawing_order
from anomaly.policy.campaign import Campaign

Unit = tuple[str, str]
COLUMNS = (
    "unit_kind",
    "unit_id",
    "unit_name",
    "district",
    "state",
    "self_reported_on",
    "self_reported",
    "late",
    "late_yuan",
    "suspected",
    "gap",
    "rechecked_on",
    "found",
    "rectified_on",
)
RECHECK = (
    "nth",
    "why",
    "unit_kind",
    "unit_id",
    "unit_name",
    "district",
    "suspected",
    "self_reported",
    "gap",
    "rechecked_on",
)


def campaign(
    units: pd.DataFrame, entries: Iterable[Entry], suspected: Mapping[Unit, Decimal]
) -> pd.DataFrame:
    """Return a row a unit (columns `COLUMNS`), the widest gap first.

    Parameters
    ----------
    units : DataFrame
        `anomaly.inspection.units.COLUMNS`; a unit of the ledger or of ``suspected``
        that is not among them has its row as well, so that no yuan is lost.
    suspected : mapping
        Yuan by (unit_kind, unit_id), such as `campaign_money.suspected`.

    Returns
    -------
    DataFrame
        Yuan are Decimals. state is silent, reported, rechecked or rectified;
        self_reported adds all reports up, its day is that of the first; late where
        none came in time, late_yuan what came after the window; gap is suspected less
        self_reported, below 0 where more was given back than anything speaks of.
    """
    names = {
        (one["unit_kind"], one["unit_id"]): (one["unit_name"], one["district"])
        for one in units.to_dict("records")
    }
    own: dict[Unit, list[Entry]] = {}
    for entry in entries:
        own.setdefault(entry.unit, []).append(entry)
    known = list(dict.fromkeys([*names, *own, *suspected]))
    rows = [
        {"unit_kind": unit[0], "unit_id": unit[1]}
        | dict(
            zip(("unit_name", "district"), names.get(unit, (unit[1], "")), strict=True)
        )
        | _row(own.get(unit, []), suspected.get(unit, NOTHING))
        for unit in known
    ]
    rows.sort(key=lambda row: (-row["gap"], row["unit_kind"], row["unit_id"]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(own: list[Entry], suspected: Decimal) -> dict:
    reports, checks, repairs = (
        [one for one in own if one.kind == kind]
        for kind in (REPORTED, RECHECKED, RECTIFIED)
    )
    reported = _sum(reports)
    return {
        "state": _state(reports, checks, repairs),
        "self_reported_on": min((one.on for one in reports), default=None),
        "self_reported": reported,
        "late": bool(reports) and all(one.late for one in reports),
        "late_yuan": _sum(one for one in reports if one.late),
        "suspected": suspected,
        "gap": suspected - reported,
        "rechecked_on": _last(checks),
        "found": _sum(checks),
        "rectified_on": _last(repairs),
    }


def _sum(entries: Iterable[Entry]) -> Decimal:
    return sum((one.amount for one in entries), NOTHING)


def _last(entries: list[Entry]) -> date | None:
    return max((one.on for one in entries), default=None)


def _state(reports: list, checks: list, repairs: list) -> str:
    told = (("rectified", repairs), ("rechecked", checks), ("reported", reports))
    return next((state for state, those in told if those), "silent")


def recheck_list(found: pd.DataFrame, policy: Campaign, seed: str) -> pd.DataFrame:
    """Return whom to re-check (columns `RECHECK`), of a frame of `campaign`.

    First everyone who reported nothing though something speaks of them (why:
    silent), by yuan; then of those who reported the policy's share, rounded up
    (drawn), in the order in which the seed draws 'unit_kind|unit_id'. A report that
    comes later may change the list, so keep it once it is drawn.
    """
    # Who reports no yuan though something speaks of them has reported nothing.
    nothing = (found["self_reported"] == 0) & (found["suspected"] > 0)
    reported = found[found["self_reported_on"].notna() & ~nothing]
    silent = found[nothing]
    silent = silent.sort_values(
        ["suspected", "unit_kind", "unit_id"], ascending=[False, True, True]
    )
    share = policy.recheck_share * len(reported)
    count = int(share.to_integral_value(rounding=ROUND_CEILING))
    names = reported["unit_kind"] + "|" + reported["unit_id"]
    place = {name: nth for nth, name in enumerate(drawing_order(seed, names))}
    drawn = reported.assign(place=names.map(place)).sort_values("place").head(count)
    rows = pd.concat([silent.assign(why="silent"), drawn.assign(why="drawn")])
    rows = rows.assign(nth=range(1, len(rows) + 1))
    return rows.reset_index(drop=True)[list(RECHECK)]
