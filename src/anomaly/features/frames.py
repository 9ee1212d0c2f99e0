"""FEATURES as frames: long as stored, or one row a unit."""

from collections.abc import Iterable, Mapping
from datetime import date

import pandas as pd

from anomaly.errors import UsageError
from anomaly.features.builder import datasets
from anomaly.features.growth import growths_of
from anomaly.features.indicator import UNITS, Indicator, indicators
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
HEADERS = ("id", "zh", "en")


def check_unit(unit: str) -> None:
    """Raise UsageError for a kind of unit that has no indicators."""
    if unit not in UNITS:
        raise UsageError(
            f"unit '{unit}': there is none", expected=f"one of {', '.join(UNITS)}"
        )


def check_headers(headers: str) -> None:
    """Raise UsageError for headers that are neither ids nor of a known language."""
    if headers not in HEADERS:
        raise UsageError(
            f"headers '{headers}'", expected=f"one of {', '.join(HEADERS)}"
        )


def features(
    store: Store,
    unit: str,
    months: list[date],
    *,
    only: Iterable[str] | None = None,
    beside: Iterable[str] = (),
    who: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Return FEATURES of one kind of unit, built already, for some months.

    One row a unit, month and indicator, columns `LONG`, yuan as floats. ``only``
    names the indicators wanted, ``who`` the units; ``beside`` further datasets, of
    own indicators.
    """
    check_unit(unit)
    known = datasets(unit)
    if only is not None:
        asked = set(only)
        known = {
            name: records
            for name, records in known.items()
            if asked & {record.id for record in records}
        }
    names = [*known, *beside] or [*datasets(unit)][:1]
    texts = [month_text(month) for month in months]
    union = " UNION ALL ".join(
        f"SELECT * FROM {store.show(name, texts)}" for name in names
    )
    wanted = {"indicator": sorted(only or ()), "unit_id": sorted(who or ())}
    chosen = [f"{name} IN ({quoted(some)})" for name, some in wanted.items() if some]
    where = f" WHERE {' AND '.join(chosen)}" if chosen else ""
    return store.engine.frame(
        "SELECT unit_kind, unit_id, month, indicator,"
        " CAST(numerator AS DOUBLE) AS numerator,"
        " CAST(denominator AS DOUBLE) AS denominator, n, spread, value"
        f" FROM ({union}) f{where} ORDER BY month, indicator, unit_id"
    )


def quoted(texts: Iterable[str]) -> str:
    """Return texts as a list of SQL literals: 'D1', 'D2'."""
    return ", ".join("'" + str(text).replace("'", "''") + "'" for text in texts)


def widened(
    frame: pd.DataFrame, headers: str = "id", own: Mapping[str, Indicator] | None = None
) -> pd.DataFrame:
    """Return FEATURES with one row a unit and month, a column an indicator.

    Columns are headed by id, or by name in 'zh' or 'en'.
    """
    check_headers(headers)
    table = frame.pivot_table(  # one value a cell: nothing is aggregated
        index=["unit_kind", "unit_id", "month"],
        columns="indicator",
        values="value",
        aggfunc="first",
    ).reset_index()
    table.columns.name = None
    if headers == "id":
        return table
    records = indicators() | dict(own or {})
    names = [*records.values(), *(g for r in records.values() for g in growths_of(r))]
    return table.rename(columns={one.id: getattr(one, headers) for one in names})


def units(store: Store, unit: str, month: date) -> pd.DataFrame:
    """Return who each unit is this month: names, place, peers' attributes."""
    check_unit(unit)
    name = store.show(f"unit_{unit}", [month_text(month)])
    return store.engine.frame(f"SELECT * FROM {name} ORDER BY unit_id")
