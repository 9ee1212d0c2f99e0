"""Looks across the files of a batch, and at what was in the store before."""

from collections.abc import Callable, Sequence
from pathlib import Path

from anomaly.store import remarks
from anomaly.store.catalog import Part
from anomaly.store.duckdb_engine import DuckDBEngine
from anomaly.store.remarks import Remark
from anomaly.store.store import latest_of, stored_columns
from anomaly.tables import tables

Coming = Sequence[tuple[Path, Part]]
# (dataset, month or '' for all) -> files, those of the batch included.
AllPaths = Callable[[str, str], list[Path]]


def look_across(
    engine: DuckDBEngine, coming: Coming, all_paths: AllPaths
) -> list[Remark]:
    """Return the remarks on a batch that no single file could give."""
    datasets = {part.dataset for _, part in coming}
    shown = {}
    for table in datasets & set(remarks.MASTERS):
        paths = [path for path, part in coming if part.dataset == table]
        shown[table] = _show(engine, f"coming_{table}", table, paths)
    masters = {m for columns in remarks.MASTERS.values() for m in columns.values()}
    for master in sorted({name for names in masters for name in names}):
        if paths := all_paths(master, ""):
            view = _show(engine, f"known_{master}", master, paths)
            shown[f"master:{master}"] = view
    found = remarks.absent_from_masters(engine.connection, shown)
    if "settlement" in shown:
        known = _show(
            engine, "known_settlement", "settlement", all_paths("settlement", "")
        )
        found += remarks.odd_refunds(engine.connection, shown["settlement"], known)
    touched = {p.month for _, p in coming if p.dataset in {"settlement", "charge"}}
    return found + _sums(engine, touched, all_paths)


def _sums(engine: DuckDBEngine, months: set[str], all_paths: AllPaths) -> list[Remark]:
    """Add settlements up month by month, so that one month is held at a time."""
    found: list[Remark] = []
    for month in sorted(months):
        views = [
            _show(engine, f"month_{table}", table, all_paths(table, month))
            for table in ("settlement", "charge")
        ]
        found += remarks.sums(engine.connection, *views)
    if not found:
        return []
    rows = sum(one.rows for one in found)
    amount = sum(one.amount for one in found)
    first = found[0]
    return [Remark(first.table, "", "sums", "total_fee", rows, amount, first.example)]


def _show(engine: DuckDBEngine, view: str, name: str, paths: Sequence[Path]) -> str:
    table = tables()[name]
    engine.view(view, paths, stored_columns(table), latest_of(table))
    return view
