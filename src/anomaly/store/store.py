"""A store on disk: opening, locking, naming files, reading tables."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import pandas as pd

from anomaly.errors import StoreError, UsageError
from anomaly.periods import month_text, parse_month
from anomaly.store.catalog import Catalog, Part
from anomaly.store.duckdb_engine import DuckDBEngine
from anomaly.tables import Table, tables

CATALOG = "catalog.sqlite"


def stored_columns(table: Table) -> dict[str, str]:
    """Return the columns a table has in the store: name -> SQL type."""
    columns = {column.name: column.sql_type for column in table.stored}
    return columns | {"month": "DATE"} if table.month else columns


class Store:
    """The folder that holds one bureau's data.

    Use `Store.create` to make one where there is none, `Store.open` to read
    an existing one. Only `locked` may surround writing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.catalog = Catalog(root / CATALOG)

    @classmethod
    def open(cls, root: Path | str) -> "Store":
        """Open an existing store; UsageError where there is none."""
        root = Path(root)
        if not (root / CATALOG).is_file():
            raise UsageError(
                f"store '{root}': there is none",
                expected="a folder that 'anomaly load' has filled",
                todo=f"run: anomaly load EXPORTS --store {root}",
            )
        return cls(root)

    @classmethod
    def create(cls, root: Path | str) -> "Store":
        """Open a store, making its folder (0700) first where needed."""
        root = Path(root)
        try:
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            return cls(root)
        except OSError as error:
            raise StoreError(f"store '{root}': cannot be made ({error})") from None

    def close(self) -> None:
        self.engine.close()
        self.catalog.close()

    @cached_property
    def scratch(self) -> Path:
        """A folder for half-done work; what lies there is never read."""
        path = self.root / "scratch"
        path.mkdir(exist_ok=True, mode=0o700)
        return path

    @cached_property
    def engine(self) -> DuckDBEngine:
        return DuckDBEngine(self.scratch)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the one writer; leftovers of a killed one are swept first.

        Raises StoreError at once where another process is writing.
        """
        with (self.root / "writer.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise StoreError(
                    f"store '{self.root}' is being written by another process",
                    todo="wait until it has finished, then try again",
                ) from None
            self._sweep()
            yield

    def _sweep(self) -> None:
        """Remove files that no catalog entry knows: a killed writer's."""
        for left in self.scratch.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        known = self.catalog.all_paths()
        for path in self.root.glob("data/**/*.parquet"):
            if str(path.relative_to(self.root)) not in known:
                path.unlink()

    def part_path(self, dataset: str, month: str, name: str) -> Path:
        """Return the place for a new part, its folder made."""
        folder = self.root / "data" / dataset / (month or "all")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / f"{name}.parquet"

    def parts(self, dataset: str, months: list[str] | None = None) -> list[Part]:
        """Return the parts of a dataset, of some months only if given."""
        parts = self.catalog.parts(dataset)
        return [p for p in parts if months is None or p.month in months]

    def show(self, dataset: str, months: list[str] | None = None, name: str = "") -> str:
        """Make a dataset (or some months of it) readable in SQL; return its name."""
        paths = [self.root / part.path for part in self.parts(dataset, months)]
        table = tables().get(dataset)
        columns = stored_columns(table) if table else {"nothing": "VARCHAR"}
        self.engine.view(name or dataset, paths, columns)
        return name or dataset

    def sql(self, text: str) -> pd.DataFrame:
        """Run a query over the canonical tables, each under its own name."""
        for name in tables():
            self.show(name)
        return self.engine.frame(text)

    def months(self) -> list[date]:
        """Return the months that hold settlements, in order."""
        found = {part.month for part in self.catalog.parts("settlement")}
        return [parse_month(month) for month in sorted(found)]

    def check_month(self, month: date) -> None:
        """Raise UsageError where a month holds no settlements."""
        months = self.months()
        if month not in months:
            span = "none: the store is empty"
            if months:
                span = f"{month_text(months[0])} to {month_text(months[-1])}"
            raise UsageError(
                f"month {month_text(month)}: no settlements in the store",
                expected=f"one of the months loaded ({span})",
                todo="load that month's exports or ask for another month",
            )

    def has(self, dataset: str) -> bool:
        return bool(self.catalog.parts(dataset))

    def fingerprint(self) -> str:
        """Return a digest of all input that was accepted: same data, same text."""
        hashes = sorted(file.sha256 for file in self.catalog.source_files())
        return sha256("".join(hashes).encode()).hexdigest()[:16]
