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
            body = (
                f"SELECT * FROM read_parquet({path_list(paths)},"
                " hive_partitioning = false)"
            )
        else:
            cells = ", ".join(f"CAST(NULL AS {t}) AS {c}" for c, t in columns.items())
            body = f"SELECT {cells} WHERE false"
        if latest:
            body = latest_rows(f"({body})", *latest)
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {body}")

    def empty_like(self, name: str, other: str) -> None:
        self.connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM {other} WHERE false"
        )

    def frame(self, sql: str) -> pd.DataFrame:
        return self.connection.execute(sql).df()

    def execute(self, sql: str) -> None:
        self.connection.execute(sql)

    def scalar(self, sql: str):
        return self.connection.execute(sql).fetchone()[0]

    def text(self, sql: str) -> str:
        return sql

    def columns(self, sql: str) -> dict[str, str]:
        """Return what columns a query gives, name -> SQL type, without running it."""
        rows = self.connection.execute(f"DESCRIBE {sql}").fetchall()
        return {name: type_ for name, type_, *_ in rows}

    def write(self, sql: str, path: Path) -> int:
        result = self.connection.execute(
            f"COPY ({sql}) TO '{str(path).replace(chr(39), chr(39) * 2)}'"
            " (FORMAT parquet, COMPRESSION zstd)"
        )
        return int(result.fetchone()[0])

    def close(self) -> None:
        self.connection.close()
