"""Parts on their way out: written into scratch, named when their source is read."""

from dataclasses import dataclass, field
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

    def by_month(self, sql: str, dataset: str) -> int:
        """Write rows, which have a column ``month``, a file a month."""
        target = self._next(dataset)
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
        target = self._next(dataset)
        rows = self.connection.execute(
            f"COPY ({sql}) TO '{target}' ({PARQUET})"
        ).fetchone()[0]
        if rows:
            self.written.append(Written(target, dataset, ""))
        return rows

    def _next(self, dataset: str) -> Path:
        self.turns += 1
        return self.folder / f"{dataset}-{self.turns}"

    def paths(self, dataset: str) -> list[Path]:
        """Return the files written of a dataset."""
        return [one.path for one in self.written if one.dataset == dataset]

    def replace(self, old: Written, sql: str) -> None:
        """Write rows in place of a file; it goes where none are left."""
        target = self._next(old.dataset)
        rows = self.connection.execute(
            f"COPY ({sql}) TO '{target}' ({PARQUET})"
        ).fetchone()[0]
        self.written.remove(old)
        if rows:
            self.written.append(Written(target, old.dataset, old.month))

    def parts(self, store: Store, name: str) -> list[tuple[Path, Part]]:
        """Return the files with their entries in the catalog; ``name`` begins keys."""
        found = []
        for number, one in enumerate(self.written):
            key = f"{name}-{number}"
            target = store.part_path(one.dataset, one.month, key)
            part = store.part_of(one.path, target, one.dataset, one.month, key)
            found.append((one.path, part))
        return found
