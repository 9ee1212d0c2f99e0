"""DuckDB, embedded: the default engine."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb
import pandas as pd

MEMORY_LIMIT = "2GB"


def path_list(paths: Sequence[Path]) -> str:
    """Return paths as a SQL list, quotes doubled."""
    quoted = (str(path).replace("'", "''") for path in paths)
    return "[" + ", ".join(f"'{path}'" for path in quoted) + "]"


def latest_rows(source: str, key: Sequence[str], order: str) -> str:
    """Return SQL for the last row of each key, without the column that tells it."""
    return (
        f"SELECT * EXCLUDE ({order}) FROM {source} QUALIFY row_number()"
        f" OVER (PARTITION BY {', '.join(key)} ORDER BY {order} DESC) = 1"
    )


class DuckDBEngine:
    """One in-memory connection that spills into the store's scratch folder."""

    name = "duckdb"

    def __init__(self, scratch: Path, threads: int | None = None) -> None:
        config = {
            "temp_directory": str(scratch),
            "memory_limit": MEMORY_LIMIT,
            "preserve_insertion_order": False,
            # Nothing is fetched at run time.
            "autoinstall_known_extensions": False,
        }
        if threads:
            config["threads"] = threads
        self.viewed: dict[str, list[Path]] = {}
        self.connection = duckdb.connect(config=config)
        # In Jupyter without ipywidgets there is no bar, and asking for none fails.
        with suppress(duckdb.InvalidInputException):
            self.connection.execute("SET enable_progress_bar = false")

    def view(
        self,
        name: str,
        paths: Sequence[Path],
        columns: dict[str, str],
        latest: tuple[Sequence[str], str] | None = None,
    ) -> None:
        if paths:
            body = self._rows(paths, columns)
        else:
            named = columns or {"nothing": "VARCHAR"}
            cells = ", ".join(f"CAST(NULL AS {t}) AS {c}" for c, t in named.items())
            body = f"SELECT {cells} WHERE false"
        if latest:
            body = latest_rows(f"({body})", *latest)
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {body}")
        self.viewed[name] = list(paths)

    def _rows(self, paths: Sequence[Path], columns: dict[str, str]) -> str:
        """Return SQL for rows of files; a column that none has is null throughout.

        A part holds only the columns that its source had.
        """
        rows = (
            f"SELECT * FROM read_parquet({path_list(paths)}, union_by_name = true,"
            " hive_partitioning = false)"
        )
        if not columns:
            return rows
        found = self.connection.execute(f"DESCRIBE {rows}").fetchall()
        held = {column for column, *_ in found}
        cells = [
            name if name in held else f"CAST(NULL AS {sql_type}) AS {name}"
            for name, sql_type in columns.items()
        ]
        return f"SELECT {', '.join(cells)} FROM ({rows})"

    def empty_like(self, name: str, other: str) -> None:
        self.viewed.pop(name, None)
        self.connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM {other} WHERE false"
        )

    def frame(self, sql: str) -> pd.DataFrame:
        return self.connection.execute(sql).df()

    def matching(self, name: str, asked: pd.DataFrame) -> set[tuple[str, ...]]:
        """Return the rows of ``asked`` (text) that a view has in those columns."""
        keys = list(asked.columns)
        cells = ", ".join(
            f"coalesce(CAST({key} AS VARCHAR), '') AS {key}" for key in keys
        )
        self.connection.register("asked", asked)
        rows = self.connection.execute(
            f"SELECT a.* FROM asked a SEMI JOIN (SELECT {cells} FROM {name}) h"
            f" USING ({', '.join(keys)})"
        ).fetchall()
        self.connection.unregister("asked")
        return set(rows)

    def execute(self, sql: str) -> None:
        self.connection.execute(sql)

    def scalar(self, sql: str):
        return self.connection.execute(sql).fetchone()[0]

    def text(self, sql: str) -> str:
        return sql

    def check(self, sql: str) -> None:
        self.columns(sql)

    def columns(self, sql: str) -> dict[str, str]:
        """Return what columns a query gives, name -> SQL type, without running it."""
        rows = self.connection.execute(f"DESCRIBE {sql}").fetchall()
        return {name: type_ for name, type_, *_ in rows}

    def write(self, sql: str, path: Path) -> int:
        result = self.connection.execute(
            f"COPY ({sql}) TO '{str(path).replace(chr(39), chr(39) * 2)}'"
            " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )
        return int(result.fetchone()[0])

    def close(self) -> None:
        self.connection.close()
