"""One table on its way in: written down, cast, checked, and judged row by row."""

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from anomaly.errors import DataRefusedError
from anomaly.sources import checks
from anomaly.sources.lines import LineWatch, keyed_digest
from anomaly.sources.mapping import Mapping
from anomaly.sources.source import Source
from anomaly.tables import Table

REJECTS = {"UNQUOTED VALUE": "quote"}
MAX_LINE_BYTES = 1 << 24
DECODED = "decoded.csv"
# The key of digests and hashes: never in the store.
KEY_VARIABLE = "ANOMALY_KEY"


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


@dataclass(frozen=True)
class Decoded:
    """The source's CSV in the scratch folder, and the lines kept out of it."""

    path: Path
    watch: LineWatch


def decode(incoming: Incoming, folder: Path) -> Decoded:
    """Write the source's CSV into the scratch folder, broken lines left out."""
    source = incoming.source
    watch = LineWatch(source.delimiter, source.first_line)
    chunks = source.chunks()
    with (folder / DECODED).open("wb") as stream:
        # A source that numbers its records has quoted them itself.
        stream.writelines(chunks if source.numbered else watch.pass_on(chunks))
    return Decoded(folder / DECODED, watch)


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
    decoded: Decoded,
) -> None:
    """Read a decoded source into the views ``staged`` and ``rejected``.

    ``staged`` has a row per record that could be split: line, the stored
    columns, reason (null where the row is sound) and raw (only with a reason).
    Raises DataRefusedError where records were lost on the way.
    """
    text = decoded.path
    casts, raw = _select(incoming, mapping)
    cells = {name: f"c{i}" for name, i in incoming.columns.items()}
    # Exports put together from several repeat their header.
    key = incoming.columns[incoming.table.key[0]]
    reason = (
        f"CASE WHEN c{key} = {_quoted(incoming.source.header[key])} THEN 'header'"
        f" ELSE {checks.reason(incoming.table, cells)} END"
    )
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
    if not incoming.source.numbered:
        _refuse_losses(connection, incoming, decoded.watch)
        _place(connection, incoming.source.first_line, decoded.watch)


def _refuse_losses(
    connection: duckdb.DuckDBPyConnection, incoming: Incoming, watch: LineWatch
) -> None:
    """Count what came out against what went in: nothing may be lost unsaid."""
    found = connection.execute(
        "SELECT (SELECT count(*) FROM staged) + (SELECT count(*) FROM rejected)"
    ).fetchone()[0]
    if found != watch.records:
        raise DataRefusedError(
            f"{incoming.name}: {watch.records} lines, of which {found} can be told",
            expected="one record a line, cells in double quotes where needed",
            todo="look for stray quotes in the export, or export it again",
        )


def _place(
    connection: duckdb.DuckDBPyConnection, first_line: int, watch: LineWatch
) -> None:
    """Give rows and rejects their line in the file as it was exported.

    The reader counts what it could split; lines it rejected, and lines that
    never reached it, come between. Only what is quarantined needs its place.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE gap AS SELECT line - row_number() OVER"
        " (ORDER BY line) AS before FROM rejected"
    )
    kept_out = sorted([line for line, _, _ in watch.broken] + watch.blank)
    connection.execute("CREATE OR REPLACE TEMP TABLE kept_out (before BIGINT)")
    if kept_out:
        connection.executemany(
            "INSERT INTO kept_out VALUES (?)",
            [[line - nth] for nth, line in enumerate(kept_out, start=1)],
        )
    key = os.environ.get(KEY_VARIABLE, "").encode()
    connection.execute(
        "UPDATE rejected SET line = line + (SELECT count(*) FROM kept_out k"
        " WHERE k.before < rejected.line)"
    )
    for line, offset, content in watch.broken:
        connection.execute(
            "INSERT INTO rejected VALUES (?, ?, ?, 'quote')",
            [line, offset, keyed_digest(content, key)],
        )


PLACED = (
    "(line + (SELECT count(*) FROM gap g WHERE g.before < j.line)"
    " + (SELECT count(*) FROM kept_out k WHERE k.before < j.line"
    " + (SELECT count(*) FROM gap g WHERE g.before < j.line)))"
)


def _keep_rejects(connection: duckdb.DuckDBPyConnection) -> None:
    """A row that cannot be split keeps its place and a keyed digest, no text."""
    names = " ".join(f"WHEN '{k}' THEN '{v}'" for k, v in REJECTS.items())
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE rejected AS"
        " SELECT CAST(line AS BIGINT) AS line, any_value(byte_position) AS byte_offset,"
        "   CAST(NULL AS VARCHAR) AS digest,"
        f"  any_value(CASE CAST(error_type AS VARCHAR) {names} ELSE 'columns' END)"
        "     AS reason"
        " FROM reject_errors GROUP BY line"
    )
