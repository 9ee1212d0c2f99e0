"""Refunds that came before their original: moved to its month once it is known.

A refund is netted in the month of its original. Where that was not in the store
the refund waits in its own month, unmatched; when a later batch brings the
original, the refund's rows move there in the same transaction.
"""

from pathlib import Path

from anomaly.store.catalog import Part
from anomaly.store.duckdb_engine import path_list
from anomaly.store.store import Store, stored_columns
from anomaly.tables import tables

# Tables whose rows belong to one settlement.
MOVED = ("settlement", "charge")
Coming = list[tuple[Path, Part]]


def unmatched(store: Store) -> str:
    """Return SQL for refunds whose original is not in the store."""
    name = store.show("settlement")
    return (
        f"SELECT r.settlement_id, r.original_settlement_id, r.institution_id,"
        f" r.settled_at, r.total_fee, r.month FROM {name} r"
        f" ANTI JOIN {name} o ON r.original_settlement_id = o.settlement_id"
        " WHERE r.is_refund ORDER BY r.settled_at, r.settlement_id"
    )


def rehome(store: Store, coming: Coming) -> tuple[Coming, list[Part]]:
    """Return the parts that stored refunds move into, and the parts they leave.

    ``coming`` are the files of the batch, not yet in place.
    """
    originals = [path for path, part in coming if part.dataset == "settlement"]
    if not originals or not store.has("settlement"):
        return [], []
    store.engine.view("coming_original", originals, {})
    stored = store.show("settlement")
    moves = store.engine.frame(
        "SELECT r.settlement_id, strftime(r.month, '%Y-%m') AS old,"
        f" strftime(o.month, '%Y-%m') AS new FROM {stored} r"
        " JOIN coming_original o ON r.original_settlement_id = o.settlement_id"
        " WHERE r.is_refund AND r.month <> o.month"
    )
    made: Coming = []
    left: list[Part] = []
    for dataset in MOVED:
        for old, rows in moves.groupby("old"):
            for part in store.parts(dataset, [old]):
                split = _split(store, part, rows)
                made += split
                left += [part] if split else []
    return made, left


def _split(store: Store, part: Part, moves) -> Coming:
    """Write a part anew without the moving rows, and those by their new month."""
    source = f"read_parquet({path_list([store.root / part.path])})"
    ids = "', '".join(moves["settlement_id"])
    if not store.scalar(
        f"SELECT count(*) FROM {source} WHERE settlement_id IN ('{ids}')"
    ):
        return []
    made = _write(
        store,
        part,
        part.month,
        f"SELECT * FROM {source} WHERE settlement_id NOT IN ('{ids}')",
    )
    columns = ", ".join(
        c for c in stored_columns(tables()[part.dataset]) if c != "month"
    )
    for new, rows in moves.groupby("new"):
        mine = "', '".join(rows["settlement_id"])
        made += _write(
            store,
            part,
            new,
            f"SELECT {columns}, DATE '{new}-01' AS month FROM {source}"
            f" WHERE settlement_id IN ('{mine}')",
        )
    return made


def _write(store: Store, part: Part, month: str, sql: str) -> Coming:
    """Write rows as a part that keeps the key of the file it came from."""
    key = f"{part.key}-{part.month}-{month}"
    path = store.scratch / f"{part.dataset}-{key}.parquet"
    if not store.engine.write(sql, path):
        path.unlink()
        return []
    target = store.part_path(part.dataset, month, key)
    return [(path, store.part_of(path, target, part.dataset, month, key))]
