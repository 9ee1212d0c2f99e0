"""One batch: its files staged, judged and written to scratch, then committed."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from anomaly.errors import DataRefusedError
from anomaly.sources.digests import key_mark
from anomaly.sources.mapping import Mapping
from anomaly.store.account import Account
from anomaly.store.across import look_across
from anomaly.store.blocks import blocks
from anomaly.store.catalog import Part, SourceFile
from anomaly.store.commit import commit, files_of_batch, made_from, refuse_poor
from anomaly.store.incoming import Incoming
from anomaly.store.remarks import Remark, outside_dictionaries, repaired
from anomaly.store.staging import Staging
from anomaly.store.store import Store, latest_of, stored_columns
from anomaly.store.taking import Taking
from anomaly.store.verdict import link_of
from anomaly.store.writing import Writer
from anomaly.tables import Table, tables


@dataclass
class LoadReport:
    """What a load did: accounts by table and file, and what it did not understand.

    ``keyless`` names by file the columns left out, as there was no key to digest them.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    not_recognised: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    files: dict[str, Account] = field(default_factory=dict)
    keyless: dict[str, list[str]] = field(default_factory=dict)

    def book(self, file: Incoming, account: Account) -> None:
        """Book a file's account, under its own name and its table's."""
        table = file.table.name
        self.files[file.name] = account
        self.accounts[table] = self.accounts.get(table, Account()) + account


class Batch:
    """The files of one load, held in scratch until all are judged."""

    def __init__(
        self,
        store: Store,
        mapping: Mapping,
        report: LoadReport,
        *,
        replaces: str = "",
        key: bytes = b"",
    ) -> None:
        self.store, self.mapping, self.report = store, mapping, report
        self.key = key
        self.connection = store.engine.connection
        self.leaving = files_of_batch(store, replaces)
        self.known = {
            file.sha256: file
            for file in store.catalog.source_files()
            if file not in self.leaving
        }
        self.batches = {sha256: file.batch for sha256, file in self.known.items()}
        # Later loads have higher numbers: the latest row of a key stands.
        self.number = store.catalog.loads() + 1
        self.parts: list[tuple[Path, Part]] = []
        self.files: list[SourceFile] = []
        self.connection.execute("SET preserve_insertion_order = true")

    def take(self, file: Incoming) -> None:
        """Stage, judge and write one source; the same again changes nothing."""
        # A file that has never been here is read once, and known when it is read.
        names = {known.file_name for known in self.known.values()}
        if file.name in names:
            self._give_way(file)
            if self._is_known(file):
                return
        folder = Path(mkdtemp(dir=self.store.scratch))
        self._show_neighbours(file.table)
        staging = Staging(self.connection, file, self.mapping, folder, key=self.key)
        writer = Writer(self.connection, folder)
        taking = Taking(self.connection, file.table, staging, writer, self.number)
        account = taking.take(blocks(file.source))
        if self._give_way(file):
            self.take(file)
            return
        if self._is_known(file):
            return
        self.report.remarks += self._remarks(file, staging, writer)
        self.parts += writer.parts(self.store, f"{self._part_key(file)}-{self.number}")
        self._note(file, account)

    def _remarks(
        self, file: Incoming, staging: Staging, writer: Writer
    ) -> list[Remark]:
        found = repaired(file.table, file.name, staging.repairs)
        if paths := writer.paths(file.table.name):
            found += outside_dictionaries(
                self.connection,
                file.table,
                file.name,
                paths,
                staging.given,
                self.mapping.dictionaries,
            )
        return found

    def _show_neighbours(self, table: Table) -> None:
        """Show what the rows of a table are judged beside."""
        self._view("stored", table.name, stored_columns(table), latest_of(table))
        if table.month != "settlement":
            return
        columns = stored_columns(tables()["settlement"])
        self._view("settlement_month", "settlement", columns)
        ids = {"settlement_id": "VARCHAR", "visit_id": "VARCHAR"}
        self._view("ignored_settlement", "ignored_settlement", ids)
        if table.streams:
            self._note_links(link_of(table))

    def _note_links(self, link: str) -> None:
        """Make ``link_month``, a table, for every block of a source asks it."""
        query = "SELECT settlement_id, month FROM settlement_month"
        if link != "settlement_id":
            query = (
                f"SELECT {link}, min(month) AS month FROM settlement_month"
                f" GROUP BY {link}"
            )
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE link_month AS {query}")

    def _is_known(self, file: Incoming) -> bool:
        """Whether its content is in the store already; then book duplicates.

        A file with quarantined rows is looked at again: the settlement that a
        line waited for may have come, or the mapping been put right.
        """
        known = self.known.get(file.source.digest())
        if known is None:
            return False
        if known.table_name != file.table.name:
            raise DataRefusedError(
                f"{file.name}: its content is that of {known.file_name}, which is"
                f" another table ('{known.table_name}')",
                expected="for each table its own export",
                todo="export the one again that is not what its name says",
            )
        earlier = Account.from_json(known.account)
        if earlier.quarantined and known.batch:
            return False
        self.report.book(file, earlier.as_duplicate())
        return True

    def _give_way(self, file: Incoming) -> bool:
        """Let a file that came without a key leave, to come in with digests."""
        known = self.known.get(file.source.digest())
        if not (self.key and known and set(file.digests) & set(known.missing)):
            return False
        self.leaving.append(self.known.pop(known.sha256))
        return True

    def _paths(self, dataset: str, month: str = "") -> list[Path]:
        """The parts of a dataset (of one month), those of this batch included."""
        stored = [
            (self.store.root / part.path, part)
            for part in self.store.parts(dataset)
            if not made_from(part, self.leaving)
        ]
        coming = [one for one in self.parts if one[1].dataset == dataset]
        return [p for p, part in stored + coming if month in ("", part.month)]

    def _view(
        self, name: str, dataset: str, columns: dict[str, str], latest=None
    ) -> None:
        self.store.engine.view(name, self._paths(dataset), columns, latest)

    def _part_key(self, file: Incoming) -> str:
        content = f"{file.source.digest()}{self.mapping.digest}"
        content += key_mark(self.key) if file.digests else ""
        return sha256(content.encode()).hexdigest()[:16]

    def _note(self, file: Incoming, account: Account) -> None:
        self.report.book(file, account)
        self.report.missing[file.name] = file.missing
        self.report.unknown[file.name] = file.unknown
        before = self.known.get(file.source.digest())
        left_out = [] if self.key else file.digests
        if left_out:
            self.report.keyless[file.name] = left_out
        if before:
            account = Account.from_json(before.account).after_another_look(account)
        noted = SourceFile(
            sha256=file.source.digest(),
            batch=self.batches.get(file.source.digest(), ""),
            part_key=self._part_key(file),
            table_name=file.table.name,
            file_name=file.name,
            account=account.as_json(),
            missing=[*file.missing, *left_out],
            unknown=file.unknown,
        )
        self.files.append(noted)
        self.known[noted.sha256] = noted

    def commit(self, *, replaces: str, strict: bool) -> None:
        """Write the batch down wholly, or refuse it and write nothing."""
        if strict:
            refuse_poor(self.files)
        self.report.remarks += look_across(self.store.engine, self.parts, self._paths)
        commit(
            self.store,
            self.parts,
            self.files,
            self.report.remarks,
            replaces=replaces,
            leaving=self.leaving,
            key_mark=key_mark(self.key),
        )
        self.connection.execute("SET preserve_insertion_order = false")
