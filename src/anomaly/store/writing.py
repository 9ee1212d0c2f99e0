"""Parts on their way out: written into scratch, named when their source is read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from anomaly.store.catalog import Part
from anomaly.store.store import Store

# Of the same rows, the smaller files at no more work: long dictionaries of ids,
# which never repeat, are given up early.
PARQUET = "FORMAT parquet, COMPRESSION zstd, STRING_DICTIONARY_PAGE_SIZE_LIMIT 65536"


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
