"""Who is to be inspected: contracted institutions and pharmacies, a row each."""

from datetime import date
from pathlib import Path

import pandas as pd

from anomaly.casework.points_book import day
from anomaly.casework.reading import Row, read_rows, refuse_all
from anomaly.errors import UsageError
from anomaly.store.store import Store

KINDS = ("institution", "pharmacy")
COLUMNS = ("unit_kind", "unit_id", "unit_name", "district", "kind", "since")
NEEDED = ("unit_kind", "unit_id")
MASTER_SQL = """
SELECT
    'institution' AS unit_kind,
    institution_id AS unit_id,
    institution_name AS unit_name,
    district,
    coalesce(institution_type_name, institution_type) AS kind,
    valid_from AS since,
    valid_to AS until,
    coalesce(is_valid, true) AS is_valid
FROM institution
UNION ALL
SELECT
    'pharmacy',
    pharmacy_id,
    pharmacy_name,
    district,
    CASE WHEN is_branch THEN 'chain' WHEN NOT is_branch THEN 'single' END,
    CAST(NULL AS DATE),
    CAST(NULL AS DATE),
    coalesce(is_valid, true)
FROM pharmacy
"""
BILLED_SQL = """
SELECT
    CASE WHEN visit_class = 'pharmacy' THEN 'pharmacy' ELSE 'institution' END
        AS unit_kind,
    institution_id AS unit_id,
    max(institution_name) AS unit_name,
    max(institution_district) AS district
FROM settlement
GROUP BY 1, 2
ORDER BY 1, 2
"""


def check_kind(unit_kind: str, where: str = "") -> None:
    """UsageError for a kind of unit that nobody inspects on site."""
    if unit_kind not in KINDS:
        raise UsageError(
            f"{where}unit '{unit_kind}'", expected=f"one of {', '.join(KINDS)}"
        )


def units(store: Store, on: date | None = None) -> pd.DataFrame:
    """Return the units under agreement on a day, or ever (columns `COLUMNS`).

    From the masters, and units that only bills know, so that nobody is left out.
    ``since`` is the first day of the agreement; where the master has none, or it
    lies before the store's first month, the first day of that month: of what was
    before, nothing is known. A unit whose agreement is over, or has not begun,
    is left out.
    """
    for table in ("institution", "pharmacy", "settlement"):
        store.show(table)
    known = store.engine.frame(MASTER_SQL)
    billed = store.engine.frame(BILLED_SQL)
    billed = billed[~billed["unit_id"].isin(known["unit_id"])]
    # One id has one row, even where it both treated and sold.
    billed = billed.drop_duplicates("unit_id")
    if on:
        over = pd.to_datetime(known["until"]) < pd.Timestamp(on)
        ahead = pd.to_datetime(known["since"]) > pd.Timestamp(on)
        known = known[known["is_valid"].astype(bool) & ~over & ~ahead]
    found = pd.concat([known, billed], ignore_index=True)
    first = store.months()[0] if store.months() else date.max
    since = pd.to_datetime(found["since"]).dt.date
    found["since"] = [first if pd.isna(day) else max(day, first) for day in since]
    found["unit_name"] = found["unit_name"].fillna(found["unit_id"])
    for column in ("district", "kind"):
        found[column] = found[column].astype(object).fillna("")
    order = ["unit_kind", "unit_id"]
    return found.sort_values(order, ignore_index=True)[list(COLUMNS)]


def read_units(path: Path, since: date) -> pd.DataFrame:
    """Return the units of a file: `COLUMNS` and, where it has one, risk.

    Needs unit_kind and unit_id; unit_name, district, kind, since and risk are taken
    where they stand. DataRefusedError names every bad row; a unit stands once.
    """
    header, rows = read_rows(path, NEEDED)
    faults: list[str] = []
    found: dict[tuple[str, str], dict] = {}
    for row in rows:
        try:
            one = _unit(row, since)
            key = (one["unit_kind"], one["unit_id"])
            if key in found:
                raise UsageError(
                    f"{row.at('unit_id')}: '{key[1]}' stands twice",
                    expected="each unit once",
                )
            found[key] = one
        except UsageError as error:
            faults.append(str(error))
    refuse_all(path, faults)
    columns = [*COLUMNS, "risk"] if "risk" in header else list(COLUMNS)
    return pd.DataFrame(list(found.values()), columns=columns)


def _unit(row: Row, since: date) -> dict:
    check_kind(row.text("unit_kind"), f"{row.at('unit_kind')}: ")
    unit_id = row.text("unit_id")
    if not unit_id:
        raise UsageError(f"{row.at('unit_id')}: nothing", expected="the unit's id")
    return {
        "unit_kind": row.text("unit_kind"),
        "unit_id": unit_id,
        "unit_name": row.text("unit_name") or unit_id,
        "district": row.text("district"),
        "kind": row.text("kind"),
        "since": day_of(row, "since") or since,
        "risk": _risk(row),
    }


def _risk(row: Row) -> float:
    text = row.text("risk")
    try:
        number = float(text) if text else float("nan")
    except ValueError:
        raise UsageError(
            f"{row.at('risk')}: '{text}'", expected="a number, or nothing"
        ) from None
    return number


def day_of(row: Row, name: str) -> date | None:
    """Return a day of a file, None where the cell is empty; else UsageError."""
    text = row.text(name)
    try:
        return day(text.split()[0].split("T")[0]) if text else None
    except ValueError:
        raise UsageError(
            f"{row.at(name)}: '{text}'", expected="a day as 2026-06-05"
        ) from None
