"""A store on disk: opening, locking, naming files, reading tables."""

import fcntl
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TextIO

import pandas as pd
import pyarrow.parquet as pq

from anomaly.errors import StoreError, UsageError
from anomaly.periods import month_text, parse_month
from anomaly.store.catalog import Catalog, Part
from anomaly.store.engine import Engine, check_engine, start_engine
from anomaly.tables import Table, tables

CATALOG = "catalog.sqlite"
# The environment's name for the store that a notebook opens.
STORE_VARIABLE = "ANOMALY_STORE"
# A master's rows carry the number of their load: the latest of a key stands.
LOADED_NO = "loaded_no"
# The line of its source, as its owner counts, that a row was read from.
SOURCE_LINE = "source_line"
# How long a reader that must first bring derived data up to date waits for another.
PATIENCE_SECONDS = 900.0
LOOK_AGAIN_SECONDS = 0.05
RETIRED_SECONDS = 3600.0


def stored_columns(table: Table) -> dict[str, str]:
    """Return the columns a table has in the store: name -> SQL type."""
    columns = {column.name: column.sql_type for column in table.stored}
    columns[SOURCE_LINE] = "BIGINT"
    if latest_of(table):
        columns[LOADED_NO] = "BIGINT"
    return columns | ({"month": "DATE"} if table.month else {})


def latest_of(table: Table | None) -> tuple[tuple[str, ...], str] | None:
    """Return what tells present rows from superseded ones; None where none are."""
    stands = table and (table.latest or not table.month)
    return (table.key, LOADED_NO) if stands else None


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


class Store:
    """The folder that holds one bureau's data.

    Use `Store.create` to make one where there is none, `Store.open` to read
    an existing one. Only `locked` may surround writing. ``engine`` names what
    runs the steps: their results are the same, and so are their keys.
    """

    def __init__(self, root: Path, engine: str = "duckdb") -> None:
        check_engine(engine)
        self.root, self._engine_name = root, engine
        self.catalog = Catalog(root / CATALOG)

    @classmethod
    def open(cls, root: Path | str, engine: str = "duckdb") -> "Store":
        """Open an existing store; UsageError where there is none.

        So too where the engine is unknown or not installed.
        """
        root = Path(root)
        if not (root / CATALOG).is_file():
            raise UsageError(
                f"store '{root}': there is none",
                expected="a folder that 'anomaly load' has filled",
                todo=f"run: anomaly load EXPORTS --store {root}",
            )
        return cls(root, engine)

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
    def engine(self) -> Engine:
        return start_engine(self._engine_name, self.scratch)

    @contextmanager
    def locked(self, patience: float = 0.0) -> Iterator[None]:
        """Be the one writer; leftovers of a killed one are swept first.

        Waits up to ``patience`` seconds for another writer, then raises
        StoreError. A load does not wait; derived data, which anyone may need to
        bring up to date, do.
        """
        with (self.root / "writer.lock").open("w") as lock:
            self._take(lock, time.monotonic() + patience)
            self._sweep()
            yield

    def _take(self, lock: TextIO, until: float) -> None:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError:
                if time.monotonic() >= until:
                    raise StoreError(
                        f"store '{self.root}' is being written by another process",
                        todo="wait until it has finished, then try again",
                    ) from None
            time.sleep(LOOK_AGAIN_SECONDS)

    def remember(
        self, dataset: str, month: str, key: str, make: Callable[[], pd.DataFrame]
    ) -> pd.DataFrame:
        """Return a frame kept under a key, made and kept first where it is not.

        The key must tell all that the frame depends on. Only the latest of a
        dataset and month is kept.
        """
        kept = self.parts(dataset, [month])
        if [part.key for part in kept] == [key]:
            return pd.read_parquet(self.root / kept[0].path)
        frame = make()
        with self.locked(PATIENCE_SECONDS):
            self.keep(dataset, month, key, frame.to_parquet)
        return frame

    def keep(
        self, dataset: str, month: str, key: str, write: Callable[[Path], object]
    ) -> None:
        """Write a part through ``write(path)`` in place of the earlier one.

        Must be called inside `locked`.
        """
        scratch = self.scratch / f"{dataset}-{month}.parquet"
        write(scratch)
        target = self.part_path(dataset, month, key)
        part = self.part_of(scratch, target, dataset, month, key)
        scratch.rename(target)
        with self.catalog.transaction():
            others = self.parts(dataset, [month])
            self.catalog.retire(old for old in others if old.path != part.path)
            self.catalog.add_parts([part])

    def part_of(
        self, file: Path, target: Path, dataset: str, month: str, key: str
    ) -> Part:
        """Return the catalog's entry for a file that is to lie at the target."""
        return Part(
            path=str(target.relative_to(self.root)),
            dataset=dataset,
            month=month,
            key=key,
            row_count=pq.read_metadata(file).num_rows,
            sha256=digest(file),
        )

    def _sweep(self) -> None:
        """Remove files that no catalog entry knows: a killed writer's.

        A retired file stays for `RETIRED_SECONDS`, as a reader that listed it
        may not have opened it yet.
        """
        for left in self.scratch.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        retired = self.catalog.retired()
        old = time.time() - RETIRED_SECONDS
        gone = [path for path, at in retired.items() if at < old]
        known = {part.path for part in self.catalog.all_parts()}
        known |= set(retired) - set(gone)
        for path in self.root.glob("data/**/*.parquet"):
            if str(path.relative_to(self.root)) not in known:
                path.unlink()
        if gone:
            with self.catalog.transaction():
                self.catalog.forget_retired(gone)

    def part_path(self, dataset: str, month: str, name: str) -> Path:
        """Return the place for a new part, its folder made."""
        folder = self.root / "data" / dataset / (month or "all")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / f"{name}.parquet"

    def parts(self, dataset: str, months: list[str] | None = None) -> list[Part]:
        """Return the parts of a dataset, of some months only if given."""
        return self.catalog.parts(dataset, months)

    def show(
        self, dataset: str, months: list[str] | None = None, name: str = ""
    ) -> str:
        """Make a dataset (or some months of it) readable in SQL; return its name."""
        paths = [self.root / part.path for part in self.parts(dataset, months)]
        table = tables().get(dataset)
        columns = stored_columns(table) if table else {}
        latest = latest_of(table)
        if len(paths) == 1:
            # Within a part a key stands once: nothing supersedes anything.
            columns.pop(LOADED_NO, None)
            latest = None
        name = name or dataset
        # A part never changes: what stands already need not be said again.
        if not paths or self.engine.viewed.get(name) != paths:
            self.engine.view(name, paths, columns, latest)
        return name

    def sql(self, text: str) -> pd.DataFrame:
        """Run a query over the canonical tables, each under its own name."""
        for name in tables():
            self.show(name)
        return self.engine.frame(text)

    def scalar(self, text: str):
        """Run a query that gives one cell and return it, decimals exact."""
        return self.engine.scalar(text)

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
