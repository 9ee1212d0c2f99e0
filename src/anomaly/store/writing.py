"""Parts on their way out: written into scratch, named when their source is read."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from anomaly.store.catalog import Part
from anomaly.store.store import Store
from anomaly.tables import Column, Table

# Of the same rows, the smaller files at no more work: long dictionaries of ids,
# which never repeat, are given up early.
PARQUET = "FORMAT parquet, COMPRESSION zstd, STRING_DICTIONARY_PAGE_SIZE_LIMIT 65536"
# Tables of one month that may be held until they are written.
MOST_WAITING = 6
PAGE_BYTES = 1 << 24


@dataclass(frozen=True)
class Written:
    """A file in scratch: of which dataset and month it is, and its rows."""

    path: Path
    dataset: str
    month: str


@dataclass
class Writer:
    """Writes parts of one source into its scratch folder, numbered as they come."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    written: list[Written] = field(default_factory=list)
    turns: int = 0
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    waiting: list[Future] = field(default_factory=list)

    def later(self, rows: pa.Table, table: Table, month: date) -> int:
        """Write rows of one month while the next are read; return their number.

        Only a few are kept waiting, for they stay in memory.
        """
        while len(self.waiting) > MOST_WAITING:
            self.waiting.pop(0).result()
        if rows.num_rows:
            self.turns += 1
            path = self.folder / f"{table.name}-{self.turns}.parquet"
            plain = [c.name for c in table.stored if not _repeats(c, table)]
            repeating = [name for name in rows.column_names if name not in plain]
            self.waiting.append(self.pool.submit(_write_table, rows, path, repeating))
            self.written.append(Written(path, table.name, f"{month:%Y-%m}"))
        return rows.num_rows

    def finish(self) -> None:
        """Wait until all is written; nothing is handed over after that."""
        self.pool.shutdown()
        for one in self.waiting:
            one.result()

    def by_month(self, sql: str, dataset: str, months: Iterable[date]) -> int:
        """Write the rows of some months, a file a month.

        The query, which has a column ``month``, is run once for each: for what is
        cheap to run again, and quicker than to deal rows out.
        """
        return sum(
            self._write(
                f"SELECT * FROM ({sql}) WHERE month = DATE '{month}'",
                dataset,
                f"{month:%Y-%m}",
            )
            for month in sorted(months)
        )

    def dealt_out(self, sql: str, dataset: str) -> int:
        """Write rows, which have a column ``month``, a file a month."""
        self.turns += 1
        target = self.folder / f"{dataset}-{self.turns}"
        rows = self.connection.execute(
            f"COPY (SELECT *, strftime(month, '%Y-%m') AS part FROM ({sql}))"
            f" TO '{target}' ({PARQUET}, PARTITION_BY (part))"
        ).fetchone()[0]
        for path in sorted(target.glob("part=*/*.parquet")):
            month = path.parent.name.removeprefix("part=")
            self.written.append(Written(path, dataset, month))
        return rows

    def whole(self, sql: str, dataset: str) -> int:
        """Write rows as one file; none where there are none."""
        return self._write(sql, dataset, "")

    def _write(self, sql: str, dataset: str, month: str) -> int:
        self.turns += 1
        target = self.folder / f"{dataset}-{self.turns}.parquet"
        rows = self.connection.execute(
            f"COPY ({sql}) TO '{target}' ({PARQUET})"
        ).fetchone()[0]
        if rows:
            self.written.append(Written(target, dataset, month))
        return rows

    def paths(self, dataset: str) -> list[Path]:
        """Return the files written of a dataset."""
        return [one.path for one in self.written if one.dataset == dataset]

    def replace(self, old: Written, sql: str) -> None:
        """Write rows in place of a file; it goes where none are left."""
        self.written.remove(old)
        self._write(sql, old.dataset, old.month)

    def parts(self, store: Store, name: str) -> list[tuple[Path, Part]]:
        """Return the files with their entries in the catalog; ``name`` begins keys."""
        found = []
        for number, one in enumerate(self.written):
            key = f"{name}-{number}"
            target = store.part_path(one.dataset, one.month, key)
            part = store.part_of(one.path, target, one.dataset, one.month, key)
            found.append((one.path, part))
        return found


def _repeats(column: Column, table: Table) -> bool:
    """Say whether a column's values repeat so that a dictionary of them pays."""
    links = {*table.key, "settlement_id", "visit_id"}
    return column.name not in links and column.type not in {"date", "timestamp"}


def _write_table(rows: pa.Table, path: Path, repeating: list[str]) -> None:
    pq.write_table(
        rows,
        path,
        compression="zstd",
        use_dictionary=repeating,
        data_page_size=PAGE_BYTES,
        store_decimal_as_integer=True,
    )
