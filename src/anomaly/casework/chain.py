"""Events as a chain: each carries the hash of all before it."""

import json
from collections.abc import Mapping
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
