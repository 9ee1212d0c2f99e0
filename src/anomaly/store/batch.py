"""One batch: its files staged, judged and written to scratch, then committed."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from anomaly.sources.mapping import Mapping
from anomaly.store import staging, verdict
from anomaly.store.account import Account
from anomaly.store.catalog import Part, SourceFile
from anomaly.store.commit import commit, files_of_batch, made_from, refuse_poor
from anomaly.store.staging import Incoming
from anomaly.store.store import LOADED_NO, Store, latest_of, stored_columns
from anomaly.tables import Table, tables


@dataclass
class LoadReport:
    """What a load did: accounts by table, and what it did not understand."""

    accounts: dict[str, Account] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    not_recognised: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    def book(self, table: str, account: Account) -> None:
        self.accounts[table] = self.accounts.get(table, Account()) + account


class Batch:
    """The files of one load, held in scratch until all are judged."""

    def __init__(
        self, store: Store, mapping: Mapping, report: LoadReport, replaces: str = ""
    ) -> None:
        self.store, self.mapping, self.report = store, mapping, report
        self.connection = store.engine.connection
        self.leaving = files_of_batch(store, replaces)
        self.known = {
            file.sha256: file
            for file in store.catalog.source_files()
            if file not in self.leaving
        }
        # Later loads have higher numbers: the latest row of a key stands.
        self.number = store.catalog.loads() + 1
        self.parts: list[tuple[Path, Part]] = []
        self.files: list[SourceFile] = []
        self.connection.execute("SET preserve_insertion_order = true")

    def take(self, file: Incoming) -> None:
        """Stage, judge and write one source; the same again changes nothing."""
        if self._is_known(file):
            return
        folder = Path(mkdtemp(dir=self.store.scratch))
        try:
            text = staging.decode(file, folder)
            # Of a stream, only now is it clear what it holds.
            if self._is_known(file):
                return
            staging.stage(self.connection, file, self.mapping, text)
        finally:
            # Raw text, names of persons included, does not outlive its reading.
            (folder / staging.DECODED).unlink(missing_ok=True)
        self._judge(file.table)
        account = verdict.account(self.connection, file.table)
        self._write(file, folder)
        self._note(file, account)

    def _judge(self, table: Table) -> None:
        self._view("stored", table.name, stored_columns(table), latest_of(table))
        if table.month == "settlement":
            self._view_settlement_months()
        verdict.judge(self.connection, table)

    def _is_known(self, file: Incoming) -> bool:
        """Whether its content is in the store already; then book duplicates.

        A file with quarantined rows is looked at again: the settlement that a
        line waited for may have come, or the mapping been put right.
        """
        known = self.known.get(file.source.digest())
        if known is None:
            return False
        earlier = Account.from_json(known.account)
        if earlier.quarantined and known.batch:
            return False
        self.report.book(file.table.name, earlier.as_duplicate())
        return True

    def _paths(self, dataset: str) -> list[Path]:
        """The parts of a dataset, those of this batch included."""
        stored = [
            self.store.root / part.path
            for part in self.store.parts(dataset)
            if not made_from(part, self.leaving)
        ]
        return stored + [path for path, part in self.parts if part.dataset == dataset]

    def _view(
        self, name: str, dataset: str, columns: dict[str, str], latest=None
    ) -> None:
        self.store.engine.view(name, self._paths(dataset), columns, latest)

    def _view_settlement_months(self) -> None:
        columns = stored_columns(tables()["settlement"])
        self._view("settlement_month", "settlement", columns)
        ids = {"settlement_id": "VARCHAR", "visit_id": "VARCHAR"}
        self._view("ignored_settlement", "ignored_settlement", ids)

    def _accepted(self, table: Table) -> str:
        """Return SQL for the accepted rows, with their month where they have one."""
        columns = ", ".join(f"j.{column.name}" for column in table.stored)
        accepted = "FROM judged j {join} WHERE j.fate = 'accepted'"
        if table.name == "settlement":
            # A bureau may not export the flag: what takes an original back is one.
            columns = columns.replace(
                "j.is_refund",
                "coalesce(j.is_refund, j.original_settlement_id IS NOT NULL"
                " AND j.total_fee < 0) AS is_refund",
            )
        if latest_of(table):
            columns += f", {self.number} AS {LOADED_NO}"
        if not table.month:
            return f"SELECT {columns} {accepted.format(join='')}"
        month, join = _month_sql(table)
        return f"SELECT {columns}, {month} AS month {accepted.format(join=join)}"

    def _part_key(self, file: Incoming) -> str:
        content = f"{file.source.digest()}{self.mapping.digest}"
        return sha256(content.encode()).hexdigest()[:16]

    def _write(self, file: Incoming, folder: Path) -> None:
        table = file.table
        name = f"{self._part_key(file)}-{self.number}"
        if table.month:
            self._write_by_month(table, folder / "months", name)
        else:
            self._write_one(self._accepted(table), table.name, folder, name)
        if table.name == "settlement":
            ignored = (
                "SELECT settlement_id, visit_id FROM judged WHERE fate = 'ignored'"
            )
            self._write_one(ignored, "ignored_settlement", folder, name)
        quoted = file.name.replace("'", "''")
        quarantine = (
            f"SELECT '{table.name}' AS table_name, '{quoted}' AS file,"
            f" {'line' if file.source.numbered else staging.PLACED} AS line, reason,"
            " raw, NULL::BIGINT AS byte_offset, NULL AS digest"
            " FROM judged j WHERE fate = 'quarantined'"
            f" UNION ALL SELECT '{table.name}', '{quoted}', line, reason, NULL,"
            " byte_offset, digest FROM rejected ORDER BY line"
        )
        self._write_one(quarantine, "quarantine", folder, name)

    def _write_one(self, sql: str, dataset: str, folder: Path, name: str) -> None:
        path = folder / f"{dataset}.parquet"
        if self.store.engine.write(sql, path):
            self._add(path, dataset, "", name)

    def _write_by_month(self, table: Table, folder: Path, name: str) -> None:
        self.connection.execute(
            f"COPY (SELECT *, strftime(month, '%Y-%m') AS part"
            f" FROM ({self._accepted(table)})) TO '{folder}'"
            " (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (part))"
        )
        for path in sorted(folder.glob("part=*/*.parquet")):
            month = path.parent.name.removeprefix("part=")
            self._add(path, table.name, month, f"{name}-{path.stem}")

    def _add(self, path: Path, dataset: str, month: str, name: str) -> None:
        target = self.store.part_path(dataset, month, name)
        part = self.store.part_of(path, target, dataset, month, name)
        self.parts.append((path, part))

    def _note(self, file: Incoming, account: Account) -> None:
        self.report.book(file.table.name, account)
        self.report.missing[file.name] = file.missing
        self.report.unknown[file.name] = file.unknown
        before = self.known.get(file.source.digest())
        if before:
            account = Account.from_json(before.account).after_another_look(account)
        noted = SourceFile(
            sha256=file.source.digest(),
            batch=before.batch if before else "",
            part_key=self._part_key(file),
            table_name=file.table.name,
            file_name=file.name,
            account=account.as_json(),
            missing=file.missing,
            unknown=file.unknown,
        )
        self.files.append(noted)
        self.known[noted.sha256] = noted

    def commit(self, *, replaces: str, strict: bool) -> None:
        """Write the batch down wholly, or refuse it and write nothing."""
        if strict:
            refuse_poor(self.files)
        commit(self.store, self.parts, self.files, replaces)
        self.connection.execute("SET preserve_insertion_order = false")


def _month_sql(table: Table) -> tuple[str, str]:
    """Return SQL for a row's month and the join that it needs.

    A refund belongs to the month of its original; a line or visit to the
    month of its settlement, a visit without one to the month it began.
    """
    if table.name == "settlement":
        own = "CAST(date_trunc('month', {}.settled_at) AS DATE)"
        originals = (
            "SELECT settlement_id, settled_at FROM stored UNION ALL"
            " SELECT settlement_id, settled_at FROM judged WHERE fate = 'accepted'"
        )
        month = f"coalesce({own.format('o')}, {own.format('j')})"
        join = (
            f"LEFT JOIN ({originals}) o"
            " ON j.is_refund AND j.original_settlement_id = o.settlement_id"
        )
        return month, join
    if table.name == "charge":
        return "m.month", "JOIN settlement_month m USING (settlement_id)"
    # A visit stands in every month it was settled in, and before that, open, in
    # the month it began; the rules for keys keep it from being counted twice.
    settled = "(SELECT DISTINCT visit_id, month FROM settlement_month)"
    began = "coalesce(j.admitted_at, j.discharged_at, TIMESTAMP '1970-01-01')"
    month = f"coalesce(m.month, CAST(date_trunc('month', {began}) AS DATE))"
    if table.name != "visit":
        settled = (
            "(SELECT visit_id, min(month) AS month FROM settlement_month"
            " GROUP BY visit_id)"
        )
        month = "m.month"
    return month, f"LEFT JOIN {settled} m USING (visit_id)"
