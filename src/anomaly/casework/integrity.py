"""The integrity file of a unit: what was found, repaired and restored, all of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from anomaly.casework.case import CONFIRMED
from anomaly.casework.funnel import findings
from anomaly.casework.points import Entry
from anomaly.casework.points_year import entry_rows, points_year
from anomaly.errors import UsageError
from anomaly.policy.points import PointsPolicy
from anomaly.store.store import Store

# Kind of unit -> its master, the column of its id and that of its name.
MASTERS = {
    "doctor": ("doctor", "doctor_id", "doctor_name"),
    "institution": ("institution", "institution_id", "institution_name"),
    "pharmacy": ("pharmacy", "pharmacy_id", "pharmacy_name"),
}
SUMS = ("cases", "open", "confirmed", "dismissed", "confirmed_yuan", "recovered_yuan")


@dataclass(frozen=True)
class IntegrityFile:
    """Everything the ledger and FINDINGS hold of one unit; frames may be empty.

    ``sums`` is one row (columns `SUMS`, yuan as numbers), ``cases`` a row a case,
    ``earlier`` the findings loaded from elsewhere, ``history`` an event a row,
    ``tips`` a row a tip, ``points`` a row an entry or reversal, ``points_years`` a row
    a year and scheme with what its sum means.
    """

    unit_kind: str
    unit_id: str
    unit_name: str
    sums: pd.DataFrame
    cases: pd.DataFrame
    earlier: pd.DataFrame
    tips: pd.DataFrame
    history: pd.DataFrame
    points: pd.DataFrame
    points_years: pd.DataFrame


def sums_of(cases: pd.DataFrame) -> pd.DataFrame:
    """Return counts and yuan of a unit's cases (`SUMS`), one row."""
    held = cases["state"].isin(CONFIRMED)
    dismissed = cases["state"] == "dismissed"
    row = {
        "cases": len(cases),
        "open": int((~held & ~dismissed).sum()),
        "confirmed": int(held.sum()),
        "dismissed": int(dismissed.sum()),
        "confirmed_yuan": _yuan(cases["confirmed"]),
        "recovered_yuan": _yuan(cases["recovered"]),
    }
    return pd.DataFrame([row], columns=list(SUMS))


def _yuan(amounts: pd.Series) -> float:
    return float(pd.to_numeric(amounts, errors="coerce").fillna(0).sum())


def integrity_file(
    store: Store,
    unit_kind: str,
    unit_id: str,
    cases: pd.DataFrame,
    history: pd.DataFrame,
    entries: Sequence[Entry],
    policy: PointsPolicy,
    language: str = "zh",
) -> IntegrityFile:
    """Gather a unit's file from its cases, their history, FINDINGS and TIPS.

    Parameters
    ----------
    cases : DataFrame
        `anomaly.casework.listing.COLUMNS` of this unit alone.
    history : DataFrame
        An event a row, with its lead_id, of these cases.
    entries : sequence of Entry
        The points of this unit alone, and under which policy they count.

    UsageError where neither the masters nor the ledger know the unit.
    """
    name = _name(store, unit_kind, unit_id)
    if name is None and cases.empty and not entries:
        raise UsageError(
            f"{unit_kind} '{unit_id}': neither the masters nor the ledger know it",
            expected="the id of a doctor, an institution or a pharmacy",
        )
    earlier = findings(store)
    mine = (earlier["unit_kind"] == unit_kind) & (earlier["unit_id"] == unit_id)
    # What the ledger decided stands in FINDINGS too, and here only once.
    mine &= ~earlier["month"].isin(set(cases["month"]))
    return IntegrityFile(
        unit_kind,
        unit_id,
        name or unit_id,
        sums_of(cases),
        cases.reset_index(drop=True),
        earlier[mine].reset_index(drop=True),
        _tips(store, unit_kind, unit_id),
        history.reset_index(drop=True),
        entry_rows(entries),
        points_year(entries, policy, None, language=language),
    )


def _name(store: Store, unit_kind: str, unit_id: str) -> str | None:
    if unit_kind not in MASTERS:
        raise UsageError(
            f"unit '{unit_kind}': it has no integrity file",
            expected=f"one of {', '.join(MASTERS)}",
        )
    rows = masters(store, unit_kind)
    found = rows.loc[rows["unit_id"] == unit_id, "unit_name"].dropna()
    return str(found.iloc[0]) if len(found) else None


def masters(store: Store, unit_kind: str) -> pd.DataFrame:
    """Return the units of a kind that a master knows: unit_kind to district."""
    table, key, column = MASTERS[unit_kind]
    for each in (table, "institution"):
        store.show(each)
    house, district = "", "u.district"
    if unit_kind == "doctor":
        house = "LEFT JOIN institution i ON u.institution_id = i.institution_id"
        district = "i.district"
    return store.engine.frame(
        f"SELECT '{unit_kind}' AS unit_kind, u.{key} AS unit_id,"
        f" u.{column} AS unit_name, {district} AS district"
        f" FROM {table} u {house} ORDER BY 2"
    )


def named(store: Store, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of units with unit_name and district, '' where no master knows."""
    kinds = [kind for kind in rows["unit_kind"].unique() if kind in MASTERS]
    known = [masters(store, kind) for kind in kinds]
    if not known:
        return rows.assign(unit_name="", district="")
    people = pd.concat(known).drop_duplicates(["unit_kind", "unit_id"])
    found = rows.merge(people, on=["unit_kind", "unit_id"], how="left")
    return found.fillna({"unit_name": "", "district": ""})


def _tips(store: Store, unit_kind: str, unit_id: str) -> pd.DataFrame:
    store.show("tip")
    rows = store.engine.frame(
        "SELECT tip_id, unit_kind, unit_id, channel, received_on,"
        " CAST(amount AS DOUBLE) AS amount FROM tip ORDER BY received_on, tip_id"
    )
    mine = (rows["unit_kind"] == unit_kind) & (rows["unit_id"] == unit_id)
    return rows[mine].reset_index(drop=True)
