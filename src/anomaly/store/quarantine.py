"""Rows that wait outside: why, and how they come back in.

A row waits with its reason and the text of the cells that may be kept. Written
out, a table is a CSV under the canonical names that any load takes; a row whose
key has come in since is left out, for it has been repaired.
"""

import csv
import json
from pathlib import Path

from anomaly.errors import UsageError
from anomaly.sources.checks import all_checks
from anomaly.store.store import Store
from anomaly.tables import Table, tables

QUARANTINE = "quarantine"
# Columns beside the table's own; no mapping knows them, so a load passes them over.
BESIDE = ("quarantine_reason", "quarantine_file", "quarantine_line")


def reasons(store: Store) -> list[dict]:
    """Return a record for each file and reason: rows, first line, and sentences."""
    if not store.has(QUARANTINE):
        return []
    known = all_checks()
    frame = store.engine.frame(
        "SELECT table_name AS table, file, reason, count(*) AS rows,"
        f" min(line) AS first_line FROM {store.show(QUARANTINE)}"
        " GROUP BY ALL ORDER BY table_name, file, rows DESC, reason"
    )
    found = []
    for row in frame.to_dict("records"):
        check = known[row["reason"].split(":")[0]]
        found.append(row | {"zh": check.zh, "en": check.en})
    return found


def write_waiting(store: Store, folder: Path) -> dict[Path, int]:
    """Write the waiting rows that have text, a CSV a table; return path -> rows.

    Raises UsageError where a file of that name is there already.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = {}
    for table in tables().values():
        rows = _waiting(store, table)
        if not rows:
            continue
        path = folder / f"{table.name}.csv"
        if path.exists():
            raise UsageError(f"'{path}' is there already", todo="name another folder")
        _write(path, table, rows)
        written[path] = len(rows)
    return written


def _waiting(store: Store, table: Table) -> list[tuple]:
    """Return (cells, reason, file, line) of a table's rows that still wait."""
    if not store.has(QUARANTINE):
        return []
    rows = store.engine.frame(
        f"SELECT raw, reason, file, line FROM {store.show(QUARANTINE)}"
        f" WHERE table_name = '{table.name}' AND raw IS NOT NULL ORDER BY file, line"
    )
    found = [
        (json.loads(raw), *rest)
        for raw, *rest in rows.itertuples(index=False, name=None)
    ]
    arrived = _arrived(store, table, [_key(table, cells) for cells, *_ in found])
    # What differs from a row of its key that is there still has to be decided.
    return [
        one
        for one in found
        if one[1].startswith("key:") or _key(table, one[0]) not in arrived
    ]


def _key(table: Table, cells: dict) -> tuple[str, ...]:
    return tuple(str(cells.get(column) or "").strip() for column in table.key)


def _arrived(store: Store, table: Table, keys: list[tuple]) -> set[tuple[str, ...]]:
    """Return which of the keys have come in since."""
    if not keys or not store.has(table.name):
        return set()
    import pandas as pd

    asked = pd.DataFrame(sorted(set(keys)), columns=list(table.key))
    return store.engine.matching(store.show(table.name), asked)


def _write(path: Path, table: Table, rows: list[tuple]) -> None:
    given = {name for cells, *_ in rows for name in cells}
    names = [column.name for column in table.stored if column.name in given]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        path.chmod(0o600)
        writer = csv.writer(stream)
        writer.writerow([*names, *BESIDE])
        for cells, reason, file, line in rows:
            texts = ["" if cells.get(n) is None else cells[n] for n in names]
            writer.writerow([*texts, reason, file, line])
