"""What an engine must do, so that one text of SQL serves a laptop and a cluster."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pandas as pd

from anomaly.errors import UsageError

ENGINES = ("duckdb", "spark")


class Engine(Protocol):
    """Runs SQL over Parquet files; every text is in DuckDB's dialect.

    ``viewed`` holds the files that each name of a view stands for.
    """

    name: str
    viewed: dict[str, list[Path]]

    def view(
        self,
        name: str,
        paths: Sequence[Path],
        columns: dict[str, str],
        latest: tuple[Sequence[str], str] | None = None,
    ) -> None:
        """Let ``name`` stand for the rows of the files.

        It has the ``columns`` (name -> SQL type), null where no file has one;
        where none are named, those that the files have. With no files it is an
        empty table.
        ``latest`` gives a key and the column by which the last row of a key is
        told; only that row is seen, without the column.
        """

    def empty_like(self, name: str, other: str) -> None:
        """Let ``name`` be a table with the columns of another, and no rows."""

    def frame(self, sql: str) -> pd.DataFrame:
        """Run a query and return its rows."""

    def execute(self, sql: str) -> None:
        """Run a statement that returns nothing."""

    def scalar(self, sql: str):
        """Run a query that gives one cell and return it, decimals exact."""

    def text(self, sql: str) -> str:
        """Return a query as this engine is given it."""

    def check(self, sql: str) -> None:
        """Raise the engine's own error where a query cannot be run; run nothing."""

    def write(self, sql: str, path: Path) -> int:
        """Run a query, write its rows as one Parquet file, return their number."""

    def close(self) -> None: ...


def check_engine(name: str) -> None:
    """Raise UsageError for an engine that does not exist or is not installed."""
    if name not in ENGINES:
        raise UsageError(
            f"engine '{name}': there is none", expected=f"one of {', '.join(ENGINES)}"
        )
    if name == "spark":
        from anomaly.store.spark_session import check_installed

        check_installed()


def start_engine(name: str, scratch: Path) -> Engine:
    """Return the engine of that name; what it spills goes into ``scratch``."""
    from anomaly.store.duckdb_engine import DuckDBEngine

    embedded = DuckDBEngine(scratch)
    if name == "duckdb":
        return embedded
    from anomaly.store.spark_engine import SparkEngine

    return SparkEngine(embedded)
