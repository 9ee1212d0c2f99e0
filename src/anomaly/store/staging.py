"""One table on its way in: written down, cast, checked, and judged row by row."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from anomaly.errors import DataRefusedError
from anomaly.sources import checks
from anomaly.sources.mapping import Mapping
from anomaly.sources.source import Source
from anomaly.tables import Table

REJECTS = {"UNQUOTED VALUE": "quote"}
MAX_LINE_BYTES = 1 << 24
DECODED = "decoded.csv"


@dataclass(frozen=True)
class Incoming:
    """A source that is to be loaded, and what its header says."""

    source: Source
    table: Table
    columns: dict[str, int]

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def unknown(self) -> list[str]:
        """Headers that the mapping does not know."""
        known = set(self.columns.values())
        header = enumerate(self.source.header)
        return [cell for i, cell in header if cell and i not in known]

    @property
    def missing(self) -> list[str]:
        """Canonical columns that the source does not have."""
        return [
            column.name
            for column in self.table.stored
            if column.name not in self.columns and not column.derived
        ]


def decode(incoming: Incoming, folder: Path) -> Path:
    """Write the source's CSV into the scratch folder."""
    target = folder / DECODED
    with target.open("wb") as stream:
        stream.writelines(incoming.source.chunks())
    return target


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def read_csv(incoming: Incoming, text: Path) -> str:
    """Return the table function that reads every cell as text."""
    width = len(incoming.source.header) + incoming.source.numbered
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    return (
        f"read_csv({_quoted(str(text))}, header = true, auto_detect = false,"
        f" delim = {_quoted(incoming.source.delimiter)}, quote = '\"', escape = '\"',"
        f" columns = {{{columns}}}, store_rejects = true, strict_mode = true,"
        f" max_line_size = {MAX_LINE_BYTES})"
    )


def _select(incoming: Incoming, mapping: Mapping) -> tuple[str, str]:
    """Return SQL for the cast columns and for the raw cells of a bad row."""
    casts = []
    rules = mapping.derived.get(incoming.table.name, {})
    for column in incoming.table.stored:
        if column.name in incoming.columns:
            raw = f"c{incoming.columns[column.name]}"
            casts.append(f"{checks.cast(column, raw)} AS {column.name}")
        elif column.name in rules and rules[column.name]["from"] in incoming.columns:
            source = f"c{incoming.columns[rules[column.name]['from']]}"
            rule = rules[column.name] | {"from": checks.cleaned(source)}
            casts.append(f"{checks.derived(rule)} AS {column.name}")
        else:
            casts.append(f"CAST(NULL AS {column.sql_type}) AS {column.name}")
    # A cell under a header we do not know may be personal: it is not kept.
    kept = [
        f"{column.name} := c{incoming.columns[column.name]}"
        for column in incoming.table.stored
        if column.name in incoming.columns
    ]
    return ", ".join(casts), f"to_json(struct_pack({', '.join(kept)}))"


def _line(source: Source) -> str:
    """Return SQL for the place of a row as its owner counts."""
    if source.numbered:
        return f"CAST(c{len(source.header)} AS BIGINT)"
    return f"row_number() OVER () + {source.first_line - 1}"


def stage(
    connection: duckdb.DuckDBPyConnection,
    incoming: Incoming,
    mapping: Mapping,
    text: Path,
) -> None:
    """Read a decoded source into the views ``staged`` and ``rejected``.

    ``staged`` has a row per record that could be split: line, the stored
    columns, reason (null where the row is sound) and raw (only with a reason).
    """
    casts, raw = _select(incoming, mapping)
    cells = {name: f"c{i}" for name, i in incoming.columns.items()}
    reason = checks.reason(incoming.table, cells)
    target = text.with_name("staged.parquet")
    for table in ("reject_errors", "reject_scans"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    columns = ", ".join(column.name for column in incoming.table.stored)
    sql = (
        f"COPY (SELECT line, {columns}, reason,"
        f" CASE WHEN reason IS NOT NULL THEN {raw} END AS raw"
        f" FROM (SELECT *, {reason} AS reason"
        f" FROM (SELECT {_line(incoming.source)} AS line, {casts}, *"
        f" FROM {read_csv(incoming, text)})))"
        f" TO {_quoted(str(target))} (FORMAT parquet, COMPRESSION lz4)"
    )
    try:
        connection.execute(sql)
    except duckdb.InvalidInputException as error:
        raise DataRefusedError(
            f"{incoming.name}: cannot be read as CSV ({str(error).splitlines()[0]})",
            expected="one record a line, cells in double quotes where needed",
            todo="export it again",
        ) from None
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW staged AS"
        f" SELECT * FROM read_parquet({_quoted(str(target))})"
    )
    _keep_rejects(connection)


def _keep_rejects(connection: duckdb.DuckDBPyConnection) -> None:
    """A row that cannot be split keeps its place and a digest, no text."""
    names = " ".join(f"WHEN '{k}' THEN '{v}'" for k, v in REJECTS.items())
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE rejected AS"
        " SELECT line, any_value(byte_position) AS byte_offset,"
        "   any_value(sha256(csv_line)) AS digest,"
        f"  any_value(CASE CAST(error_type AS VARCHAR) {names} ELSE 'columns' END)"
        "     AS reason"
        " FROM reject_errors GROUP BY line"
    )
