"""Events as a chain: each carries the hash of all before it."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

from anomaly.casework.case import Event

# What the first event follows.
BEGINNING = "0" * 64


def canonical(body: Mapping) -> str:
    """Return a body as the one JSON text that it has."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def link(previous: str, event: Event) -> str:
    """Return the hash of an event that follows another."""
    text = canonical({**vars(event), "body": dict(event.body)})
    return sha256(f"{previous}{text}".encode()).hexdigest()


def broken(
    known: Sequence[tuple[Event, str, str]],
) -> tuple[Event, str, str] | None:
    """Return the first event that is not what was written, found and expected.

    Each event comes with the hash it follows and its own, as they were stored.
    """
    head = BEGINNING
    for number, (event, previous, own) in enumerate(known, 1):
        if event.seq != number:
            return event, f"number {event.seq}", f"event {number}"
        if previous != head:
            return event, f"it follows {previous[:12]}...", f"{head[:12]}..."
        head = link(previous, event)
        if own != head:
            return event, f"hash {own[:12]}...", f"{head[:12]}..."
    return None
