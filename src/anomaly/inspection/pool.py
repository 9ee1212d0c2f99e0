"""Whom a draw may send inspectors to."""

import pandas as pd

COLUMNS = ("institution_id", "district", "kind", "risk")


def pool(units: pd.DataFrame, leads: pd.DataFrame) -> pd.DataFrame:
    """Return a pool to draw from, a row a unit (`COLUMNS`).

    ``units`` are `anomaly.inspection.units.COLUMNS`, ``leads`` ranked lists with
    unit_kind, unit_id and risk; a unit on none has no risk.
    """
    risk = leads[["unit_kind", "unit_id", "risk"]].astype({"risk": float})
    found = units.merge(risk, on=["unit_kind", "unit_id"], how="left")
    # One id has one place, even where it both treats and sells.
    found = found.drop_duplicates("unit_id").rename(
        columns={"unit_id": "institution_id"}
    )
    return found[list(COLUMNS)]
