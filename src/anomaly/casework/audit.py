"""Is the ledger whole? Its chain, its file, its seal, and what was attached."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from anomaly.casework import seal
from anomaly.casework.attachments import place
from anomaly.casework.case import Event
from anomaly.casework.cases import fold
from anomaly.casework.chain import BEGINNING, broken
from anomaly.casework.ledger import FILE, SCHEMA, Ledger, rows
from anomaly.errors import StoreError
from anomaly.store.store import digest
from anomaly.store.verify import Fault


@dataclass(frozen=True)
class Verdict:
    """What a look at the ledger found; ``told`` is no fault, but worth knowing."""

    faults: list[Fault]
    events: int = 0
    head: str = ""
    told: str = ""


def verify(root: Path | str) -> Verdict:
    """Look at every event, byte and attachment of a store's ledger."""
    root = Path(root)
    ledger = Ledger(root)
    try:
        sealed = seal.read(root)
    except StoreError as error:
        return Verdict([Fault(seal.FILE, error.found, error.expected)])
    if not ledger.path.is_file():
        events = sealed.events if sealed else 0
        gone = Fault(FILE, "the file is missing", f"{events} events, as sealed")
        return Verdict([gone] if events else [])
    with ledger.locked():
        return _looked_at(root, sealed and seal.read(root))


def _looked_at(root: Path, sealed: seal.Seal | None) -> Verdict:
    try:
        with closing(sqlite3.connect(root / FILE)) as connection:
            faults = _of_file(connection)
            known = [] if _is_new(connection) else list(rows(connection))
    except (sqlite3.Error, ValueError, TypeError) as error:
        return Verdict([Fault(FILE, f"it cannot be read ({error})", "a whole ledger")])
    faults += _chained(known)
    told = ""
    if sealed is None:
        if known:
            found = f"{len(known)} events without a seal"
            faults.append(Fault(seal.FILE, found, "the seal of the last event"))
    else:
        faults += _against_seal(root, sealed, known)
        behind = len(known) - sealed.events
        if behind > 0 and not faults:
            told = f"{behind} events after the seal, as a crash leaves them; whole"
    if not faults:
        faults += _attached(root, [event for event, *_ in known])
    return Verdict(faults, len(known), known[-1][2] if known else "", told)


def _is_new(connection: sqlite3.Connection) -> bool:
    return not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _of_file(connection: sqlite3.Connection) -> list[Fault]:
    """Return what SQLite finds wrong, and a schema that is not ours."""
    told = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    if told != ["ok"]:
        return [Fault(FILE, told[0], "a whole SQLite file")]
    found = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master")]
    if found and sorted(map(str, found)) != sorted(SCHEMA):
        return [Fault(FILE, "its table or triggers were changed", "those it came with")]
    return []


def _chained(known: Sequence[tuple[Event, str, str]]) -> list[Fault]:
    wrong = broken(known)
    if wrong is None:
        return []
    event, found, expected = wrong
    return [Fault(f"{FILE}, event {event.seq} of {event.lead_id}", found, expected)]


def _against_seal(root: Path, sealed: seal.Seal, known: Sequence[tuple]) -> list[Fault]:
    if sealed.events > len(known):
        last = known[-1][0].seq if known else 0
        return [Fault(FILE, f"it ends at event {last}", f"{sealed.events}, as sealed")]
    head = known[sealed.events - 1][2] if sealed.events else BEGINNING
    if head != sealed.head:
        where = f"{FILE}, event {sealed.events}"
        return [Fault(where, f"hash {head[:12]}...", f"{sealed.head[:12]}... sealed")]
    if sealed.events == len(known) and digest(root / FILE) != sealed.sha256:
        return [Fault(FILE, "its bytes were changed", f"SHA-256 {sealed.sha256[:12]}")]
    return []


def _attached(root: Path, events: Sequence[Event]) -> Iterator[Fault]:
    """Yield what was attached to a case and is not there as it was."""
    for case in fold(events).values():
        for sha256, name in case.attachments.items():
            path = place(root, sha256)
            where = f"{path.relative_to(root)} ({name}) of {case.lead_id}"
            if not path.is_file():
                yield Fault(where, "the file is missing", "the file attached")
            elif digest(path) != sha256:
                yield Fault(where, "its bytes were changed", f"SHA-256 {sha256[:12]}")
