"""Rows whose month is only known later: moved, or shown there as well.

A refund is netted in the month of its original. Where that was not in the store
the refund waits in its own month, unmatched; when a later batch brings the
original, the refund's rows move there in the same transaction. A visit settled
again, in another month, is shown in that month too.
"""

from pathlib import Path

from anomaly.store.catalog import Part
from anomaly.store.duckdb_engine import path_list
from anomaly.store.store import Store, stored_columns
from anomaly.tables import tables

# Tables whose rows belong to one settlement.
MOVED = ("settlement", "charge")
SETTLEMENT = stored_columns(tables()["settlement"])
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
    store.engine.view("coming_original", originals, SETTLEMENT)
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
    for new, rows in moves.groupby("new"):
        mine = "', '".join(rows["settlement_id"])
        made += _write(
            store,
            part,
            new,
            f"SELECT * REPLACE (DATE '{new}-01' AS month) FROM {source}"
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


def visits_again(store: Store, coming: Coming, gone: list[Part]) -> Coming:
    """Return parts that show stored visits in further months they are settled in.

    ``gone`` are parts that leave with this batch; their visits are not shown.
    """
    settlements = [path for path, part in coming if part.dataset == "settlement"]
    left = {part.path for part in gone}
    visits = [part for part in store.parts("visit") if part.path not in left]
    if not settlements or not visits:
        return []
    store.engine.view("coming_settlement", settlements, SETTLEMENT)
    columns = ", ".join(
        f"v.{name}" for name in stored_columns(tables()["visit"]) if name != "month"
    )
    paths = [store.root / part.path for part in visits]
    store.engine.view("stored_visit", paths, stored_columns(tables()["visit"]))
    store.engine.execute(
        "CREATE OR REPLACE TEMP TABLE visit_again AS"
        f" SELECT {columns}, s.month FROM stored_visit v JOIN"
        " (SELECT DISTINCT visit_id, month FROM coming_settlement) s USING (visit_id)"
        " ANTI JOIN stored_visit o ON o.visit_id = v.visit_id AND o.month = s.month"
    )
    months = store.engine.frame(
        "SELECT DISTINCT strftime(month, '%Y-%m') AS m FROM visit_again ORDER BY m"
    )
    return [_show_again(store, month) for month in months["m"]]


def _show_again(store: Store, month: str) -> tuple[Path, Part]:
    """Write the visits shown in a further month, as a part of no single file."""
    key = f"again-{month}-{store.catalog.loads() + 1}"
    path = store.scratch / f"visit-{key}.parquet"
    store.engine.write(
        f"SELECT * FROM visit_again WHERE strftime(month, '%Y-%m') = '{month}'", path
    )
    target = store.part_path("visit", month, key)
    return path, store.part_of(path, target, "visit", month, key)
