"""One file on its way in: decoded, cast, checked, and judged row by row."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import duckdb

from anomaly.errors import DataRefusedError
from anomaly.sources import checks
from anomaly.sources.dialects import Dialect, utf8_chunks
from anomaly.sources.mapping import Mapping
from anomaly.tables import Table

REJECTS = {"UNQUOTED VALUE": "quote"}
MAX_LINE_BYTES = 1 << 24


@dataclass(frozen=True)
class Incoming:
    """A file that is to be loaded, and what its header says."""

    path: Path
    table: Table
    dialect: Dialect
    columns: dict[str, int]
    sha256: str

    @property
    def missing(self) -> list[str]:
        """Canonical columns that the file does not have."""
        return [
            column.name
            for column in self.table.stored
            if column.name not in self.columns and not column.derived
        ]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    hasher = sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            hasher.update(chunk)
    return hasher.hexdigest()


def decode(incoming: Incoming, folder: Path) -> Path:
    """Write the file's text as UTF-8 into the scratch folder."""
    target = folder / "decoded.csv"
    with target.open("wb") as stream:
        for chunk in utf8_chunks(incoming.path, incoming.dialect.encoding):
            stream.write(chunk)
    return target


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def read_csv(incoming: Incoming, text: Path) -> str:
    """Return the table function that reads every cell as text."""
    width = len(incoming.dialect.header)
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    return (
        f"read_csv({_quoted(str(text))}, header = true, auto_detect = false,"
        f" delim = {_quoted(incoming.dialect.delimiter)}, quote = '\"', escape = '\"',"
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


def stage(
    connection: duckdb.DuckDBPyConnection,
    incoming: Incoming,
    mapping: Mapping,
    folder: Path,
) -> None:
    """Read one file into the view ``staged`` and its rejects into ``rejected``.

    ``staged`` has a row per record that could be split: line, the stored
    columns, reason (null where the row is sound) and raw (only with a reason).
    """
    text = decode(incoming, folder)
    casts, raw = _select(incoming, mapping)
    cells = {name: f"c{i}" for name, i in incoming.columns.items()}
    reason = checks.reason(incoming.table, cells)
    target = folder / "staged.parquet"
    for table in ("reject_errors", "reject_scans"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    columns = ", ".join(column.name for column in incoming.table.stored)
    sql = (
        f"COPY (SELECT line, {columns}, reason,"
        f" CASE WHEN reason IS NOT NULL THEN {raw} END AS raw"
        f" FROM (SELECT *, {reason} AS reason"
        f" FROM (SELECT row_number() OVER () + 1 AS line, {casts}, *"
        f" FROM {read_csv(incoming, text)})))"
        f" TO {_quoted(str(target))} (FORMAT parquet, COMPRESSION lz4)"
    )
    try:
        connection.execute(sql)
    except duckdb.InvalidInputException as error:
        raise DataRefusedError(
            f"{incoming.path.name}: cannot be read as CSV"
            f" ({str(error).splitlines()[0]})",
            expected="one record a line, cells in double quotes where needed",
            todo="export it again",
        ) from None
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW staged AS"
        f" SELECT * FROM read_parquet({_quoted(str(target))})"
    )
    _keep_rejects(connection)
    text.unlink()


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
