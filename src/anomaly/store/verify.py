"""Is the store whole? Hashes of its files, strays, and sums against accounts."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from anomaly.store.account import Account
from anomaly.store.catalog import Part
from anomaly.store.store import Store, digest
from anomaly.tables import Table, tables


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where, what was found, what was expected."""

    where: str
    found: str
    expected: str


def verify(store: Store) -> list[Fault]:
    """Return every fault of a store, none where it is whole.

    Checked: each listed file is there with the bytes it was written with; no
    file lies there that neither the list nor the retired know; each table's
    rows and yuan are those of the accounts; and every line has its settlement.
    """
    parts = store.catalog.all_parts()
    faults = [fault for part in parts for fault in _file_faults(store.root, part)]
    faults += _strays(store, parts)
    if not faults:
        for table in tables().values():
            faults += _sum_faults(store, table)
        faults += _orphans(store)
    return faults


def _orphans(store: Store) -> list[Fault]:
    """Find lines whose settlement has left, as when its batch was replaced."""
    found = []
    for month in sorted({part.month for part in store.parts("charge")}):
        line = store.show("charge", [month])
        settlement = store.show("settlement", [month])
        rows = store.scalar(
            f"SELECT count(*) FROM {line} c ANTI JOIN {settlement} s"
            " USING (settlement_id)"
        )
        if rows:
            found.append(
                Fault(f"charge {month}", f"{rows} lines of no settlement", "none")
            )
    return found


def _file_faults(root: Path, part: Part) -> list[Fault]:
    path = root / part.path
    if not path.is_file():
        return [Fault(part.path, "the file is missing", "a file the catalog lists")]
    found = digest(path)
    if found != part.sha256:
        return [Fault(part.path, f"SHA-256 {found[:12]}...", part.sha256[:12] + "...")]
    return []


def _strays(store: Store, parts: list[Part]) -> list[Fault]:
    known = {part.path for part in parts} | set(store.catalog.retired())
    found = {
        str(p.relative_to(store.root)) for p in store.root.glob("data/**/*.parquet")
    }
    return [
        Fault(path, "an unlisted file", "none; the next load or build removes it")
        for path in sorted(found - known)
    ]


def _sum_faults(store: Store, table: Table) -> list[Fault]:
    """Compare what lies in a table's parts with what its files were booked at."""
    booked = Account()
    for file in store.catalog.source_files():
        if file.table_name == table.name:
            booked += Account.from_json(file.account)
    rows = sum(part.row_count for part in store.parts(table.name))
    faults = []
    # A visit stands once for each month it was settled in.
    if rows != booked.accepted and not (table.latest and rows > booked.accepted):
        faults.append(Fault(table.name, f"{rows} rows", f"{booked.accepted} accepted"))
    if table.money and rows:
        name = store.show(table.name)
        total = store.scalar(f"SELECT sum({table.money}) FROM {name}")
        if Decimal(total) != booked.amount_accepted:
            faults.append(
                Fault(table.name, f"{total} yuan", f"{booked.amount_accepted} accepted")
            )
    return faults
