"""Loading exports: one batch, wholly in or wholly out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from anomaly.errors import DataRefusedError, UsageError
from anomaly.sources.dialects import SUFFIXES, sniff
from anomaly.sources.mapping import Mapping
from anomaly.store import staging, verdict
from anomaly.store.account import Account
from anomaly.store.catalog import Part, SourceFile
from anomaly.store.commit import commit, files_of_batch, made_from, refuse_poor
from anomaly.store.staging import Incoming
from anomaly.store.store import LOADED_NO, Store, latest_of, stored_columns
from anomaly.tables import Table, tables

Progress = Callable[[str, int, int], None]


@dataclass
class LoadReport:
    """What a load did: accounts by table, and what it did not understand."""

    accounts: dict[str, Account] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    not_recognised: list[str] = field(default_factory=list)

    def book(self, table: str, account: Account) -> None:
        self.accounts[table] = self.accounts.get(table, Account()) + account


def discover(paths: Sequence[Path]) -> list[Path]:
    """Return the text files among paths and in folders, in a fixed order."""
    found = []
    for path in paths:
        if not path.exists():
            raise UsageError(f"'{path}' does not exist", expected="a file or folder")
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [p for p in inside if p.is_file() and p.name.endswith(SUFFIXES)]
    return found


def describe(paths: Sequence[Path], mapping: Mapping) -> tuple[list[Incoming], list]:
    """Sniff and match every file; return the known ones in table order."""
    incoming, not_recognised = [], []
    for path in discover(paths):
        table = mapping.table_of(path)
        if table is None:
            not_recognised.append(path.name)
            continue
        dialect = sniff(path)
        columns = mapping.match(table, dialect.header)
        _refuse_missing(path, table, columns, mapping)
        incoming.append(Incoming(path, table, dialect, columns, staging.digest(path)))
    order = list(tables())
    incoming.sort(key=lambda file: (order.index(file.table.name), file.path.name))
    return incoming, not_recognised


def _refuse_missing(
    path: Path, table: Table, columns: dict[str, int], mapping: Mapping
) -> None:
    for column in table.columns:
        if column.required and column.name not in columns:
            own = mapping.columns[table.name].items()
            names = [k for k, v in own if v == column.name and k != v]
            raise DataRefusedError(
                f"{path.name}: required column '{column.name}' is missing",
                expected=f"a column headed {' or '.join(names) or column.name}",
                todo="export it, or name its header in a mapping file",
            )


def _refuse_absent_tables(store: Store, files: list[Incoming]) -> None:
    given = {file.table.name for file in files}
    for table in tables().values():
        if table.required and table.name not in given and not store.has(table.name):
            raise DataRefusedError(
                f"table '{table.name}' ({table.zh}) is missing",
                expected="files for settlement, visit and charge"
                " (setl_d, mdtrt_d, fee_list_d)",
                todo="put its export beside the others and load again",
            )


def load(
    store: Store,
    paths: Sequence[Path],
    mapping: Mapping,
    progress: Progress | None = None,
    *,
    replaces: str = "",
    strict: bool = False,
) -> LoadReport:
    """Take exports into the store as one batch.

    ``replaces`` names an earlier batch whose rows all leave in the same
    transaction; ``strict`` refuses a batch with more quarantined rows than the
    policy allows. Raises UsageError for a path or batch that is not there,
    DataRefusedError for a missing table or column, an unreadable file or a
    batch refused; then nothing was written.
    """
    files, not_recognised = describe(paths, mapping)
    report = LoadReport(not_recognised=not_recognised)
    with store.locked():
        _refuse_absent_tables(store, files)
        batch = Batch(store, mapping, report, replaces)
        for done, file in enumerate(files):
            if progress:
                progress(file.path.name, done, len(files))
            batch.take(file)
        batch.commit(replaces=replaces, strict=strict)
        if progress:
            progress("", len(files), len(files))
    return report


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
        self.parts: list[tuple[Path, Part]] = []
        self.files: list[SourceFile] = []
        self.connection.execute("SET preserve_insertion_order = true")

    def take(self, file: Incoming) -> None:
        """Stage, judge and write one file; the same file again changes nothing."""
        table = file.table
        if file.sha256 in self.known:
            earlier = Account.from_json(self.known[file.sha256].account)
            self.report.book(table.name, earlier.as_duplicate())
            return
        folder = self.store.scratch / file.sha256[:16]
        folder.mkdir()
        staging.stage(self.connection, file, self.mapping, folder)
        self._view("stored", table.name, stored_columns(table), latest_of(table))
        if table.month == "settlement":
            self._view_settlement_months()
        verdict.judge(self.connection, table)
        account = verdict.account(self.connection, table)
        self._write(file, folder)
        self._note(file, account)

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
        if not table.month:
            number = len(self.known) + len(self.files)
            return f"SELECT {columns}, {number} AS {LOADED_NO} {accepted}".format(
                join=""
            )
        month, join = _month_sql(table)
        return f"SELECT {columns}, {month} AS month {accepted.format(join=join)}"

    def _part_key(self, file: Incoming) -> str:
        return sha256(f"{file.sha256}{self.mapping.digest}".encode()).hexdigest()[:16]

    def _write(self, file: Incoming, folder: Path) -> None:
        table = file.table
        name = self._part_key(file)
        if table.month:
            self._write_by_month(table, folder / "months", name)
        else:
            self._write_one(self._accepted(table), table.name, folder, name)
        if table.name == "settlement":
            ignored = (
                "SELECT settlement_id, visit_id FROM judged WHERE fate = 'ignored'"
            )
            self._write_one(ignored, "ignored_settlement", folder, name)
        quoted = file.path.name.replace("'", "''")
        quarantine = (
            f"SELECT '{table.name}' AS table_name, '{quoted}' AS file, line, reason,"
            " raw, NULL::BIGINT AS byte_offset, NULL AS digest"
            " FROM judged WHERE fate = 'quarantined'"
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
        mapped = set(file.columns.values())
        unknown = [h for i, h in enumerate(file.dialect.header) if i not in mapped]
        self.report.book(file.table.name, account)
        self.report.missing[file.path.name] = file.missing
        self.report.unknown[file.path.name] = unknown
        self.files.append(
            SourceFile(
                sha256=file.sha256,
                batch="",
                part_key=self._part_key(file),
                table_name=file.table.name,
                file_name=file.path.name,
                account=account.as_json(),
                missing=file.missing,
                unknown=unknown,
            )
        )

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
    began = "CAST(date_trunc('month', j.admitted_at) AS DATE)"
    first = (
        "(SELECT visit_id, min(month) AS month FROM settlement_month GROUP BY visit_id)"
    )
    fallback = f", {began}" if table.name == "visit" else ""
    return f"coalesce(m.month{fallback})", f"LEFT JOIN {first} m USING (visit_id)"
