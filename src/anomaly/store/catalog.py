"""The catalog: which files make up the store, and what went into it."""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from anomaly.errors import StoreError

if TYPE_CHECKING:
    from anomaly.store.remarks import Remark

VERSION = "4"
WRITER_WAIT_SECONDS = 5


@dataclass(frozen=True)
class Part:
    """One Parquet file: of which dataset, which month, and made from what.

    ``path`` is relative to the store; ``month`` is '' for a master; ``key``
    tells the content: equal keys, equal rows; ``sha256`` is of the file's bytes.
    """

    path: str
    dataset: str
    month: str
    key: str
    row_count: int
    sha256: str


@dataclass(frozen=True)
class SourceFile:
    """One accepted file and the account of its rows.

    The keys of its parts begin with ``part_key``.
    """

    sha256: str
    batch: str
    part_key: str
    table_name: str
    file_name: str
    account: dict
    missing: list[str]
    unknown: list[str]


class Catalog:
    """SQLite in write-ahead mode: readers never wait for the one writer."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=WRITER_WAIT_SECONDS)
        self._connection.isolation_level = None
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            schema = files("anomaly.store").joinpath("schema.sql").read_text("utf-8")
            self._connection.executescript(schema)
            self._check_version(path)
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{path}: {error}",
                expected="a catalog of this program",
                todo="copy the store from a backup or load the exports anew",
            ) from None

    def _check_version(self, path: Path) -> None:
        self._connection.execute(
            "INSERT OR IGNORE INTO meta VALUES ('version', ?)", (VERSION,)
        )
        query = "SELECT value FROM meta WHERE key = 'version'"
        version = self._connection.execute(query).fetchone()[0]
        if version != VERSION:
            raise StoreError(
                f"{path}: store version {version}",
                expected=f"version {VERSION}",
                todo="load the exports into a new store",
            )

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens wholly or not at all."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            raise StoreError(
                "the store is being written by another process",
                todo="wait until it has finished, then try again",
            ) from None
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def parts(self, dataset: str, months: Sequence[str] | None = None) -> list[Part]:
        """Return a dataset's parts in a fixed order, of some months only if given."""
        query = (
            "SELECT path, dataset, month, key, row_count, sha256 FROM part"
            " WHERE dataset = ?"
        )
        if months is not None:
            query += f" AND month IN ({', '.join('?' * len(months))})"
        query += " ORDER BY month, key, path"
        asked = (dataset, *(months or ()))
        return [Part(*row) for row in self._connection.execute(query, asked)]

    def all_parts(self) -> list[Part]:
        """Return every part of the store in a fixed order."""
        query = (
            "SELECT path, dataset, month, key, row_count, sha256 FROM part"
            " ORDER BY dataset, month, key, path"
        )
        return [Part(*row) for row in self._connection.execute(query)]

    def add_parts(self, parts: Iterable[Part]) -> None:
        self._connection.executemany(
            "INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)",
            [(p.path, p.dataset, p.month, p.key, p.row_count, p.sha256) for p in parts],
        )

    def retire(self, parts: Iterable[Part]) -> None:
        """Take parts off the list; their files stay a while for present readers."""
        now = time.time()
        for part in parts:
            self._connection.execute("DELETE FROM part WHERE path = ?", (part.path,))
            self._connection.execute(
                "INSERT OR REPLACE INTO retired VALUES (?, ?)", (part.path, now)
            )

    def retired(self) -> dict[str, float]:
        """Return path -> time of retirement."""
        return dict(self._connection.execute("SELECT path, retired_at FROM retired"))

    def forget_retired(self, paths: Iterable[str]) -> None:
        self._connection.executemany(
            "DELETE FROM retired WHERE path = ?", [(path,) for path in paths]
        )

    def add_restated(self, batch: str, rows: dict[str, int]) -> None:
        """Record that a batch changed months that were already in the store."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO restated VALUES (?, ?, ?)",
            [(batch, month, count) for month, count in sorted(rows.items())],
        )

    def restated(self) -> list[tuple[str, str, int]]:
        """Return (batch, month, settlements) of every restated month."""
        query = "SELECT batch, month, row_count FROM restated ORDER BY month, batch"
        return list(self._connection.execute(query))

    def add_remarks(self, batch: str, remarks: Iterable["Remark"]) -> None:
        """Record what was remarked on a batch, in place of an earlier look at it."""
        self._connection.execute("DELETE FROM remark WHERE batch = ?", (batch,))
        self._connection.executemany(
            "INSERT INTO remark VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    batch,
                    one.table,
                    one.file,
                    one.code,
                    one.column,
                    one.rows,
                    None if one.amount is None else str(one.amount),
                    one.example,
                )
                for one in remarks
            ],
        )

    def remarks(self) -> list[tuple]:
        """Return (batch, table, file, code, column, rows, amount, example) of all."""
        return list(
            self._connection.execute("SELECT * FROM remark ORDER BY rowid").fetchall()
        )

    def source_files(self) -> list[SourceFile]:
        query = "SELECT * FROM source_file ORDER BY table_name, file_name, sha256"
        return [
            SourceFile(*row[:5], *(json.loads(cell) for cell in row[5:]))
            for row in self._connection.execute(query)
        ]

    def add_source_file(self, file: SourceFile) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO source_file VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                file.sha256,
                file.batch,
                file.part_key,
                file.table_name,
                file.file_name,
                *(json.dumps(x) for x in (file.account, file.missing, file.unknown)),
            ),
        )

    def loads(self) -> int:
        """Return how many loads have been committed."""
        query = "SELECT value FROM meta WHERE key = 'loads'"
        row = self._connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def count_load(self) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO meta VALUES ('loads', ?)", (str(self.loads() + 1),)
        )

    def key_mark(self) -> str:
        """Return by what the key of digests is known again; '' where none was given."""
        query = "SELECT value FROM meta WHERE key = 'key_mark'"
        row = self._connection.execute(query).fetchone()
        return row[0] if row else ""

    def note_key_mark(self, mark: str) -> None:
        if mark:
            self._connection.execute(
                "INSERT OR IGNORE INTO meta VALUES ('key_mark', ?)", (mark,)
            )

    def remove_source_files(self, batch: str) -> None:
        for table in ("source_file", "remark"):
            self._connection.execute(f"DELETE FROM {table} WHERE batch = ?", (batch,))
