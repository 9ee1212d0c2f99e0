"""The catalog: which files make up the store, and what went into it."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from anomaly.errors import StoreError

VERSION = "1"
WRITER_WAIT_SECONDS = 5


@dataclass(frozen=True)
class Part:
    """One Parquet file: of which dataset, which month, and made from what.

    ``path`` is relative to the store; ``month`` is '' for a master; ``key``
    tells the content: equal keys, equal rows.
    """

    path: str
    dataset: str
    month: str
    key: str
    row_count: int


@dataclass(frozen=True)
class SourceFile:
    """One accepted file and the account of its rows."""

    sha256: str
    batch: str
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

    def parts(self, dataset: str) -> list[Part]:
        """Return a dataset's parts in a fixed order."""
        query = (
            "SELECT path, dataset, month, key, row_count FROM part"
            " WHERE dataset = ? ORDER BY month, key, path"
        )
        return [Part(*row) for row in self._connection.execute(query, (dataset,))]

    def all_paths(self) -> set[str]:
        return {row[0] for row in self._connection.execute("SELECT path FROM part")}

    def add_parts(self, parts: Iterable[Part]) -> None:
        self._connection.executemany(
            "INSERT INTO part VALUES (?, ?, ?, ?, ?)",
            [(p.path, p.dataset, p.month, p.key, p.row_count) for p in parts],
        )

    def remove_parts(self, dataset: str, month: str) -> None:
        self._connection.execute(
            "DELETE FROM part WHERE dataset = ? AND month = ?", (dataset, month)
        )

    def source_files(self) -> list[SourceFile]:
        query = "SELECT * FROM source_file ORDER BY table_name, file_name, sha256"
        return [
            SourceFile(*row[:4], *(json.loads(cell) for cell in row[4:]))
            for row in self._connection.execute(query)
        ]

    def add_source_file(self, file: SourceFile) -> None:
        self._connection.execute(
            "INSERT INTO source_file VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                file.sha256,
                file.batch,
                file.table_name,
                file.file_name,
                *(json.dumps(x) for x in (file.account, file.missing, file.unknown)),
            ),
        )
