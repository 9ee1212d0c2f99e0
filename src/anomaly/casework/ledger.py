"""The ledger: events that are only ever added, chained by their hashes.

One SQLite file, one writer at a time, one transaction for each append; a seal beside
it says how many events there are and what the file's bytes come to.
"""

import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from anomaly.casework import seal
from anomaly.casework.case import Case, Event
from anomaly.casework.cases import follow
from anomaly.casework.chain import BEGINNING, canonical, link
from anomaly.errors import StoreError, UsageError

FILE = "ledger.sqlite"
LOCK = "ledger.lock"
PATIENCE_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.02
SCHEMA = (
    "CREATE TABLE event (seq INTEGER PRIMARY KEY, lead_id TEXT NOT NULL,"
    " kind TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, body TEXT NOT NULL,"
    " previous TEXT NOT NULL, hash TEXT NOT NULL) STRICT",
    "CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event BEGIN"
    " SELECT raise(ABORT, 'the ledger is only ever added to'); END",
    "CREATE TRIGGER event_is_not_removed BEFORE DELETE ON event BEGIN"
    " SELECT raise(ABORT, 'the ledger is only ever added to'); END",
)
COLUMNS = "seq, lead_id, kind, at, by, body, previous, hash"


@dataclass(frozen=True)
class Draft:
    """An event that is to be added."""

    lead_id: str
    kind: str
    by: str
    body: dict = field(default_factory=dict)


@dataclass
class Writing:
    """What a writer sees inside its transaction, and adds to.

    ``cases`` and ``events`` hold what stands already; each `add` follows at once,
    so that one append may hold steps that build on each other.
    """

    cases: dict[str, Case]
    events: list[Event]
    head: str
    added: list[tuple[Event, str]] = field(default_factory=list)

    def add(self, draft: Draft) -> Event:
        """Add an event after all others."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        # The body is read back as it will be, so that none is stored otherwise.
        body = json.loads(canonical(draft.body))
        seq = len(self.events) + 1
        _refuse_unwritable(draft)
        event = Event(seq, draft.lead_id, draft.kind, at, draft.by, body)
        follow(self.cases, event)
        self.events.append(event)
        self.added.append((event, self.head))
        self.head = link(self.head, event)
        return event


def _refuse_unwritable(draft: Draft) -> None:
    """What a terminal of another encoding made of a text cannot be written."""
    try:
        f"{draft.lead_id}{draft.by}{canonical(draft.body)}".encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"case {draft.lead_id!a}: a text has characters that cannot be written",
            expected="text in the terminal's own encoding",
            todo="set the terminal to UTF-8 and try again",
        ) from None


class Ledger:
    """The ledger of a store; made with its first event.

    `events` and `cases` read it, `append` adds to it, `anomaly.casework.audit`
    verifies it.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self.path = self.root / FILE

    def events(self) -> list[Event]:
        """Return all events in order; StoreError where one was changed."""
        seal.refuse_absence(self.root)
        if not self.path.is_file():
            return []
        with self._reading(), closing(self._connect()) as connection:
            known = list(rows(connection))
        seal.refuse_broken(self.root, known)
        return [event for event, *_ in known]

    def cases(self) -> dict[str, Case]:
        """Return every case by its lead_id."""
        found: dict[str, Case] = {}
        for event in self.events():
            follow(found, event)
        return found

    def append(self, write: Callable[[Writing], object]) -> list[Event]:
        """Let ``write`` look at what stands and add events: all of them, or none.

        What it raises leaves the ledger as it was.
        """
        with self.locked():
            self._prepare()
            with closing(self._connect()) as connection:
                with self._reading():
                    connection.execute("BEGIN IMMEDIATE")
                    known = list(rows(connection))
                seal.refuse_damage(self.root, known)
                writing = self._writing(known)
                write(writing)
                with self._reading():
                    self._insert(connection, writing.added)
                    connection.execute("COMMIT")
            if writing.added or not seal.is_sealed(self.root, writing.events):
                seal.write(self.root, len(writing.events), writing.head)
        return [event for event, _ in writing.added]

    def _writing(self, known: Sequence[tuple]) -> Writing:
        cases: dict[str, Case] = {}
        for event, *_ in known:
            follow(cases, event)
        head = known[-1][2] if known else BEGINNING
        return Writing(cases, [event for event, *_ in known], head)

    def _insert(self, connection: sqlite3.Connection, added) -> None:
        connection.executemany(
            f"INSERT INTO event ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(event.seq, event.lead_id, event.kind, event.at, event.by),
                    *(canonical(event.body), before, link(before, event)),
                )
                for event, before in added
            ],
        )

    def _prepare(self) -> None:
        """Make the file where there is none, sealed empty before the first event."""
        seal.refuse_absence(self.root)
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
        with closing(self._connect()) as connection, self._reading():
            connection.execute("BEGIN IMMEDIATE")
            known = connection.execute("SELECT count(*) FROM sqlite_master")
            new = not known.fetchone()[0]
            for statement in SCHEMA if new else ():
                connection.execute(statement)
            connection.execute("COMMIT")
        if new:
            seal.write(self.root, 0, BEGINNING)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=PATIENCE_SECONDS)
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise StoreError(
                f"{self.path}: {error}",
                expected="a whole ledger",
                todo=f"run: anomaly store verify --store {self.root}",
            ) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the one who writes or verifies; StoreError after a minute's wait."""
        if not self.root.is_dir():
            raise UsageError(f"store '{self.root}': there is none")
        try:
            handle = os.open(self.root / LOCK, os.O_CREAT | os.O_WRONLY, 0o600)
        except OSError as error:
            raise StoreError(
                f"{self.root / LOCK}: cannot be opened ({error.strerror})",
                expected="a store that may be written",
            ) from None
        until = time.monotonic() + PATIENCE_SECONDS
        try:
            while not _took(handle):
                if time.monotonic() >= until:
                    raise StoreError(
                        f"{self.path} is being written by another process",
                        todo="wait until it has finished, then try again",
                    )
                time.sleep(LOOK_AGAIN_SECONDS)
            yield
        finally:
            os.close(handle)


def _took(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def rows(connection: sqlite3.Connection) -> Iterator[tuple[Event, str, str]]:
    """Yield every event with the hash it follows and its own, as they are stored."""
    for *cells, body, previous, own in connection.execute(
        f"SELECT {COLUMNS} FROM event ORDER BY seq"
    ):
        yield Event(*cells, json.loads(body)), previous, own
