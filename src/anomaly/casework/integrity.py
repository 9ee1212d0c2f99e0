"""The integrity file of a unit: what was found, repaired and restored, all of it."""

from dataclasses import dataclass

import pandas as pd

from anomaly.casework.case import CONFIRMED
from anomaly.casework.funnel import findings
from anomaly.errors import UsageError
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
    ``tips`` a row a tip. Points are none of the ledger's yet: nothing is claimed.
    """

    unit_kind: str
    unit_id: str
    unit_name: str
    sums: pd.DataFrame
    cases: pd.DataFrame
    earlier: pd.DataFrame
    tips: pd.DataFrame
    history: pd.DataFrame


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
) -> IntegrityFile:
    """Gather a unit's file from its cases, their history, FINDINGS and TIPS.

    Parameters
    ----------
    cases : DataFrame
        `anomaly.casework.listing.COLUMNS` of this unit alone.
    history : DataFrame
        An event a row, with its lead_id, of these cases.

    UsageError where neither the masters nor the ledger know the unit.
    """
    name = _name(store, unit_kind, unit_id)
    if name is None and cases.empty:
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
    )


def _name(store: Store, unit_kind: str, unit_id: str) -> str | None:
    if unit_kind not in MASTERS:
        raise UsageError(
            f"unit '{unit_kind}': it has no integrity file",
            expected=f"one of {', '.join(MASTERS)}",
        )
    table, key, column = MASTERS[unit_kind]
    store.show(table)
    rows = store.engine.frame(f"SELECT {key} AS id, {column} AS name FROM {table}")
    found = rows.loc[rows["id"] == unit_id, "name"].dropna()
    return str(found.iloc[0]) if len(found) else None


def _tips(store: Store, unit_kind: str, unit_id: str) -> pd.DataFrame:
    store.show("tip")
    rows = store.engine.frame(
        "SELECT tip_id, unit_kind, unit_id, channel, received_on,"
        " CAST(amount AS DOUBLE) AS amount FROM tip ORDER BY received_on, tip_id"
    )
    mine = (rows["unit_kind"] == unit_kind) & (rows["unit_id"] == unit_id)
    return rows[mine].reset_index(drop=True)
