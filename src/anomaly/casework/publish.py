"""What the ledger decides flows back as data: FINDINGS and TIPS of the store."""

import csv
import gzip
import io
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from anomaly.casework.amounts import shared
from anomaly.casework.case import Case, Event
from anomaly.casework.cases import fold
from anomaly.casework.ledger import Ledger
from anomaly.casework.tips import Tip, fold_tips
from anomaly.errors import StoreError
from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store

MAPPING = "ledger"
FINDINGS, TIPS = "ledger_findings.csv.gz", "ledger_tips.csv.gz"
FINDING_COLUMNS = (
    "unit_kind",
    "unit_id",
    "month",
    "rule",
    "indicator",
    "tier",
    "state",
    "amount",
    "decided_on",
)
TIP_COLUMNS = ("tip_id", "unit_kind", "unit_id", "channel", "received_on", "amount")
PATIENCE_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 0.25


def finding_rows(cases: Iterable[Case]) -> list[tuple[str, ...]]:
    """Return FINDINGS, one row a rule or indicator of a case, amounts shared out.

    Where two cases speak of the same unit, month and rule, the one last changed
    stands.
    """
    found: dict[tuple, tuple[str, ...]] = {}
    for case in sorted(cases, key=lambda case: case.last_seq):
        unit = (case.unit_kind, case.unit_id, case.month)
        weights = {(one.rule, one.indicator): one.amount for one in case.parts}
        amounts = shared(case.amount, weights or {("", ""): case.amount})
        decided_on = case.decided_on.isoformat() if case.decided_on else ""
        for (rule, indicator), amount in amounts.items():
            key = (*unit, rule, indicator)
            found[key] = (*key, case.tier, case.state, str(amount), decided_on)
    return sorted(found.values())


def tip_rows(tips: Iterable[Tip]) -> list[tuple[str, ...]]:
    """Return TIPS, one row a tip that names a unit."""
    return sorted(
        (
            *(tip.tip_id, tip.unit_kind, tip.unit_id, tip.channel),
            *(tip.received_on.isoformat(), str(tip.amount)),
        )
        for tip in tips
        if tip.unit_id
    )


def publish(store: Store) -> bool:
    """Write what the ledger holds into the store; return whether anything changed.

    All of it takes the place of what was written before, in one batch; findings
    that came by `anomaly load` stay, but for those of the same key.
    """
    changed, ledger = False, Ledger(store.root)
    while True:
        events = ledger.events()
        tables = _tables(events)
        if not tables or not store.has("settlement") or _stands(store, tables):
            return changed
        with TemporaryDirectory(prefix=".publish-", dir=store.root) as folder:
            for name, (columns, rows) in tables.items():
                Path(folder, name).write_bytes(_packed(columns, rows, len(events)))
            _load(store, Path(folder))
        changed = True
        # Whoever wrote later may have been overtaken by what we had read before.
        if len(ledger.events()) == len(events):
            return changed


def _tables(events: list[Event]) -> dict[str, tuple[tuple, list]]:
    """Return columns and rows of each file that has any."""
    found = {
        FINDINGS: (FINDING_COLUMNS, finding_rows(fold(events).values())),
        TIPS: (TIP_COLUMNS, tip_rows(fold_tips(events).values())),
    }
    return {name: table for name, table in found.items() if table[1]}


def _packed(columns: tuple, rows: list, number: int) -> bytes:
    """Return a CSV as gzip; the header's number makes a state that returns news."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return gzip.compress(text.getvalue().encode("utf-8-sig"), mtime=number)


def _batch(store: Store) -> str:
    """Return the batch that was written before, '' where there was none."""
    known = store.catalog.source_files()
    mine = [file.batch for file in known if file.file_name in (FINDINGS, TIPS)]
    return mine[-1] if mine else ""


def _load(store: Store, folder: Path) -> None:
    """Load, waiting for another writer; what is refused then is told plainly."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            load(store, [folder], load_mapping(MAPPING), replaces=_batch(store))
            return
        except StoreError as error:
            if "another process" not in str(error) or time.monotonic() >= until:
                raise
            time.sleep(LOOK_AGAIN_SECONDS)


def _stands(store: Store, tables: dict) -> bool:
    """Tell whether the store holds every row already, and none it should not."""
    wanted = [("finding", FINDINGS), ("tip", TIPS)]
    for table, name in wanted:
        columns, rows = tables.get(name, ((), []))
        if name not in tables:
            continue
        shown = store.show(table)
        cells = ", ".join(f"coalesce(CAST({c} AS VARCHAR), '')" for c in columns)
        query = f"SELECT concat_ws(chr(31), {cells}) AS row FROM {shown}"
        have = set(store.engine.frame(query)["row"])
        if not {"\x1f".join(row) for row in rows} <= have:
            return False
    return _rows_written(store) == {
        name: len(rows) for name, (_, rows) in tables.items()
    }


def _rows_written(store: Store) -> dict[str, int]:
    mine = [f for f in store.catalog.source_files() if f.file_name in (FINDINGS, TIPS)]
    return {file.file_name: int(file.account["read"]) for file in mine}
