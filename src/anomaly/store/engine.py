"""What an engine must do, so that one text of SQL serves a laptop and a cluster."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pandas as pd


class Engine(Protocol):
    """Runs SQL over Parquet files; ``name`` is part of every run record.

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

    def write(self, sql: str, path: Path) -> int:
        """Run a query, write its rows as one Parquet file, return their number."""

    def close(self) -> None: ...
