"""DuckDB's CSV reader, told everything and guessing nothing."""

from pathlib import Path

import duckdb
import numpy as np

from anomaly.errors import DataRefusedError
from anomaly.sources.source import Source

MAX_LINE_BYTES = 1 << 24
# Told, or the reader takes many times the longest line, and one thread.
BUFFER_BYTES = 1 << 25
# What the reader calls a fault, and what we call it; any other is of columns.
REASONS = {"UNQUOTED VALUE": "quote", "INVALID ENCODING": "encoding"}


def quoted(text: str) -> str:
    """Return SQL for a text."""
    return "'" + text.replace("'", "''") + "'"


def read_csv(source: Source, path: Path) -> str:
    """Return SQL for the table function that reads cells as text, c0, c1, ..."""
    width = len(source.header) + source.numbered
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    return (
        f"read_csv({quoted(str(path))}, header = false, auto_detect = false,"
        f" delim = {quoted(source.delimiter)}, quote = '\"', escape = '\"',"
        f" columns = {{{columns}}}, store_rejects = true, strict_mode = true,"
        f" max_line_size = {MAX_LINE_BYTES}, buffer_size = {BUFFER_BYTES})"
    )


def run_reading(
    connection: duckdb.DuckDBPyConnection, sql: str, name: str
) -> dict[int, str]:
    """Run a statement that reads a CSV; return place (0-based) -> why left out.

    Raises DataRefusedError where it cannot be read at all.
    """
    for table in ("reject_errors", "reject_scans"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    try:
        connection.execute(sql)
    except duckdb.InvalidInputException as error:
        raise DataRefusedError(
            f"{name}: cannot be read as CSV ({str(error).splitlines()[0]})",
            expected="one record a line, cells in double quotes where needed",
            todo="export it again",
        ) from None
    found = connection.execute(
        "SELECT line, min(CAST(error_type AS VARCHAR)) FROM reject_errors"
        " GROUP BY line ORDER BY line"
    ).fetchall()
    return {line - 1: REASONS.get(kind, "columns") for line, kind in found}


def present(count: int, gone: np.ndarray) -> np.ndarray:
    """Return the places 0 to count - 1 without those gone, in order."""
    every = np.arange(count)
    return np.delete(every, gone) if len(gone) else every
