"""How much memory a process and all that it started hold, as /proc tells it."""

import os
from pathlib import Path

PROC = Path("/proc")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


def resident_mb(pid: int) -> float:
    """Return the resident MB of a process and its descendants; 0 without /proc.

    Pages shared with a parent count in each, so a forked child is told at its worst.
    """
    return sum(_own_mb(one) for one in family(pid))


def family(pid: int) -> list[int]:
    """Return a process and its descendants; without /proc the process alone."""
    children: dict[int, list[int]] = {}
    for entry in PROC.glob("[0-9]*/stat"):
        parent = _parent(entry)
        if parent is not None:
            children.setdefault(parent, []).append(int(entry.parent.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def _parent(stat: Path) -> int | None:
    """Return a process's parent; None where it has gone meanwhile."""
    try:
        # The name, in brackets, may hold blanks and brackets of its own.
        return int(stat.read_text("utf-8", "replace").rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _own_mb(pid: int) -> float:
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE_MB
    except (OSError, IndexError, ValueError):
        return 0.0
