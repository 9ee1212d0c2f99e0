"""On-site checks from a file: who was visited, and when."""

from pathlib import Path

import pandas as pd

from anomaly.assessment.gathered import VISITS
from anomaly.casework.points_book import day
from anomaly.casework.reading import Row, read_rows, refuse_all
from anomaly.errors import UsageError
from anomaly.policy.assessment import UNITS


def read_visits(path: Path) -> pd.DataFrame:
    """Read a CSV or XLSX of checks (`VISITS`); DataRefusedError where a row is bad."""
    _, rows = read_rows(path, VISITS)
    found, faults = [], []
    for row in rows:
        try:
            found.append(_visit(row))
        except UsageError as error:
            faults.append(str(error))
    refuse_all(path, faults)
    return pd.DataFrame(found, columns=list(VISITS))


def _visit(row: Row) -> tuple:
    kind, unit, text = (row.text(name) for name in VISITS)
    if kind not in UNITS:
        raise UsageError(
            f"{row.at('unit_kind')}: '{kind}'", expected=" or ".join(UNITS)
        )
    if not unit:
        raise UsageError(f"{row.at('unit_id')}: nothing", expected="the unit's id")
    try:
        return kind, unit, day(text)
    except ValueError:
        raise UsageError(
            f"{row.at('inspected_on')}: '{text}'", expected="a day as 2025-06-05"
        ) from None
