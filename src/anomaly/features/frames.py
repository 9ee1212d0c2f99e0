"""FEATURES as frames: long as stored, or one row a unit."""

from datetime import date

import pandas as pd

from anomaly.errors import UsageError
from anomaly.features.indicator import UNITS, indicators
from anomaly.periods import month_text
from anomaly.store.store import Store

LONG = (
    "unit_kind",
    "unit_id",
    "month",
    "indicator",
    "numerator",
    "denominator",
    "n",
    "spread",
    "value",
)


def check_unit(unit: str) -> None:
    """Raise UsageError for a kind of unit that has no indicators."""
    if unit not in UNITS:
        raise UsageError(
            f"unit '{unit}': there is none", expected=f"one of {', '.join(UNITS)}"
        )


def features(
    store: Store,
    unit: str,
    months: list[date],
    *,
    wide: bool = False,
    headers: str = "id",
) -> pd.DataFrame:
    """Return FEATURES of one kind of unit, built already, for some months.

    Long: one row a unit, month and indicator, columns `LONG`, yuan as floats.
    Wide: one row a unit and month, a column an indicator, headed by its id or
    by its name in 'zh' or 'en'.
    """
    check_unit(unit)
    name = store.show(f"features_{unit}", [month_text(month) for month in months])
    frame = store.engine.frame(
        f"SELECT unit_kind, unit_id, month, indicator,"
        " CAST(numerator AS DOUBLE) AS numerator,"
        " CAST(denominator AS DOUBLE) AS denominator, n, spread, value"
        f" FROM {name} ORDER BY month, indicator, unit_id"
    )
    if not wide:
        return frame
    table = frame.pivot_table(  # one value a cell: nothing is aggregated
        index=["unit_kind", "unit_id", "month"],
        columns="indicator",
        values="value",
        aggfunc="first",
    ).reset_index()
    table.columns.name = None
    if headers == "id":
        return table
    return table.rename(
        columns={key: getattr(rec, headers) for key, rec in indicators().items()}
    )


def units(store: Store, unit: str, month: date) -> pd.DataFrame:
    """Return who each unit is this month: names, place, peers' attributes."""
    check_unit(unit)
    name = store.show(f"unit_{unit}", [month_text(month)])
    return store.engine.frame(f"SELECT * FROM {name} ORDER BY unit_id")
