"""The seal of the ledger: how many events there are, and what its bytes come to."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from anomaly.casework.chain import broken
from anomaly.errors import StoreError
from anomaly.store.store import digest

FILE = "ledger.seal"
LEDGER = "ledger.sqlite"


@dataclass(frozen=True)
class Seal:
    """``events`` in number, the hash of the last (``head``), the file's SHA-256."""

    events: int
    head: str
    sha256: str


def read(root: Path) -> Seal | None:
    """Return the seal, None where there is none; StoreError where it is no seal."""
    path = root / FILE
    try:
        cells = json.loads(path.read_text("utf-8"))
        found = Seal(**cells)
        if not isinstance(found.events, int):
            raise TypeError("events is no number")
        return found
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise StoreError(
            f"{path}: {error}",
            expected="the seal of the ledger",
            todo=f"run: anomaly store verify --store {root}",
        ) from None


def write(root: Path, events: int, head: str) -> None:
    """Put a new seal in place of the old one, whole or not at all."""
    made = Seal(events, head, digest(root / LEDGER))
    partial = root / f".{FILE}.partial"
    handle = os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(made)) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(root / FILE)


def is_sealed(root: Path, events: Sequence) -> bool:
    """Tell whether the seal is that of so many events."""
    found = read(root)
    return found is not None and found.events == len(events)


def refuse_absence(root: Path) -> None:
    """StoreError where a seal speaks of events, and the ledger is gone."""
    found = read(root)
    if found and found.events and not (root / LEDGER).is_file():
        raise _damaged(root, "the file is missing", f"{found.events} events")


def refuse_damage(root: Path, known: Sequence[tuple]) -> None:
    """StoreError where what stands is not what was sealed: nothing is built on it.

    A seal that is behind is what a crash after a commit leaves.
    """
    found = read(root)
    if found is None:
        if known:
            raise _damaged(root, f"{len(known)} events without a seal", "the seal")
        return
    if found.events > len(known):
        raise _damaged(root, f"{len(known)} events", f"{found.events}, as sealed")
    if found.events == len(known) and digest(root / LEDGER) != found.sha256:
        raise _damaged(root, "bytes were changed from outside", "those sealed")
    if found.events < len(known):
        _refuse_other_past(root, found, known)


def _refuse_other_past(root: Path, found: Seal, known: Sequence[tuple]) -> None:
    """What was sealed must still be there, before what came after it."""
    refuse_broken(root, known)
    if found.events and known[found.events - 1][2] != found.head:
        raise _damaged(root, f"event {found.events} is another", "the one sealed")


def refuse_broken(root: Path, known: Sequence[tuple]) -> None:
    """StoreError where an event is not what was written."""
    wrong = broken(known)
    if wrong:
        event, found, expected = wrong
        where = f"event {event.seq} of {event.lead_id}"
        raise _damaged(root, f"{where}: {found}", expected)


def _damaged(root: Path, found: str, expected: str) -> StoreError:
    return StoreError(
        f"{root / LEDGER}: {found}",
        expected=expected,
        todo=f"run: anomaly store verify --store {root}, and restore from a copy",
    )
