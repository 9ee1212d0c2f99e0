"""Whom inspectors may be sent to: the valid institutions and pharmacies of a store."""

import pandas as pd

from anomaly.store.store import Store

UNITS = ("unit_kind", "unit_id", "unit_name", "district", "kind")


def units(store: Store) -> pd.DataFrame:
    """Return every institution and pharmacy in force, a row each (`UNITS`).

    ``kind`` is an institution's level, 'level 3' at best, or whether a pharmacy is of
    a chain: what is compared, and drawn, apart.
    """
    for table in ("institution", "pharmacy"):
        store.show(table)
    return store.engine.frame(
        "SELECT 'institution' AS unit_kind, institution_id AS unit_id,"
        " coalesce(institution_name, institution_id) AS unit_name,"
        " coalesce(district, '') AS district,"
        " coalesce('level ' || level, 'institution') AS kind FROM institution"
        " WHERE coalesce(is_valid, true)"
        " UNION ALL SELECT 'pharmacy', pharmacy_id,"
        " coalesce(pharmacy_name, pharmacy_id), coalesce(district, ''),"
        " CASE WHEN is_branch THEN 'chain pharmacy' ELSE 'pharmacy' END FROM pharmacy"
        " WHERE coalesce(is_valid, true) ORDER BY 1, 2"
    )


def pool(units: pd.DataFrame, leads: pd.DataFrame) -> pd.DataFrame:
    """Return a pool to draw from: institution_id, district, kind, risk.

    ``leads`` are ranked lists with unit_kind, unit_id and risk; a unit on none has
    no risk.
    """
    risk = leads[["unit_kind", "unit_id", "risk"]].astype({"risk": float})
    found = units.merge(risk, on=["unit_kind", "unit_id"], how="left")
    found = found.rename(columns={"unit_id": "institution_id"})
    return found[["institution_id", "district", "kind", "risk"]]
