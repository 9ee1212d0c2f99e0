"""A source becomes judged rows, parts and an account.

Two ways lead there. Settlements, visits and masters are gathered first: a refund
needs its original, and a master's row the others of its key. Rows that only
follow settlements, which are by far the most, stream through block by block;
only keys that turn out to repeat are looked at together, at the end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.compute as pc

from anomaly.errors import StoreError
from anomaly.store import verdict
from anomaly.store.account import Account
from anomaly.store.blocks import Block
from anomaly.store.csv_reading import quoted
from anomaly.store.duckdb_engine import path_list
from anomaly.store.months import month_of
from anomaly.store.staging import REJECTED, Staging
from anomaly.store.store import LOADED_NO, SOURCE_LINE, latest_of
from anomaly.store.writing import Writer
from anomaly.tables import Table


@dataclass
class Taking:
    """What takes one source: its table, and where its rows go.

    Expects the views ``stored`` and, for rows that follow settlements,
    ``link_month`` and ``ignored_settlement``. ``number`` is that of the load.
    """

    connection: duckdb.DuckDBPyConnection
    table: Table
    staging: Staging
    writer: Writer
    number: int

    def take(self, blocks: Iterator[Block]) -> Account:
        """Write what is accepted and what waits; return the account of all rows."""
        if self.table.streams:
            return self._stream(blocks)
        self._gather(blocks)
        return self._judge_together()

    def _gather(self, blocks: Iterator[Block]) -> None:
        """Let ``staged`` and ``rejected`` stand for the rows of all blocks."""
        self._run(f"CREATE OR REPLACE TEMP TABLE all_rejected {REJECTED}")
        paths: list[Path] = []
        for _ in self.staging.each(blocks):
            paths.append(self.writer.folder / f"staged{len(paths)}.parquet")
            self._run(f"COPY staged TO '{paths[-1]}' (FORMAT parquet, COMPRESSION lz4)")
            self._run("INSERT INTO all_rejected FROM rejected")
        self._run("CREATE OR REPLACE TEMP TABLE rejected AS FROM all_rejected")
        self._show_staged(paths)

    def _show_staged(self, paths: list[Path]) -> None:
        """Let ``staged`` be rows of files, with nulls in the columns not given."""
        self._run(
            f"CREATE OR REPLACE TEMP VIEW staged AS SELECT *{self._absent()}"
            f" FROM read_parquet({path_list(paths)})"
        )

    def _absent(self) -> str:
        """Return SQL for the columns not given, to follow those that are."""
        return "".join(
            f", CAST(NULL AS {column.sql_type}) AS {column.name}"
            for column in self.table.stored
            if column.name not in self.staging.given
        )

    def _judge_together(self) -> Account:
        verdict.judge(self.connection, self.table)
        book = verdict.account(self.connection, self.table)
        write = self.writer.dealt_out if self.table.month else self.writer.whole
        self._agree(write(self._accepted(), self.table.name), book)
        if self.table.name == "settlement":
            gone = "SELECT settlement_id, visit_id FROM judged WHERE fate = 'ignored'"
            self.writer.whole(gone, "ignored_settlement")
        self._keep_waiting()
        return book

    def _accepted(self) -> str:
        """Return SQL for the accepted rows, with their month where they have one."""
        given = [name for name in self.staging.given if name != "is_refund"]
        columns = ", ".join([f"j.{name}" for name in given])
        if self.table.name == "settlement":
            # A bureau may not export the flag: what takes an original back is one.
            columns += (
                ", coalesce(j.is_refund, j.original_settlement_id IS NOT NULL"
                " AND j.total_fee < 0) AS is_refund"
            )
        columns += f", j.line AS {SOURCE_LINE}"
        if latest_of(self.table):
            columns += f", {self.number} AS {LOADED_NO}"
        month, join = month_of(self.table)
        return f"SELECT {columns}{month} FROM judged j {join} WHERE j.fate = 'accepted'"

    def _agree(self, written: int, book: Account) -> None:
        """What was written must be what was booked, or nothing is."""
        shown = self.table.latest and written > book.accepted
        if written != book.accepted and not shown:
            raise StoreError(
                f"table '{self.table.name}': {written} rows written",
                expected=f"{book.accepted}, as were accepted",
                todo="report this; nothing was loaded",
            )

    def _keep_waiting(self) -> None:
        """Write down what waits, with the cells that may be kept, as text."""
        name = quoted(self.staging.incoming.name)
        cells = ", ".join(f"{cell} := {cell}" for cell in self.staging.shown)
        self.writer.whole(
            f"SELECT '{self.table.name}' AS table_name, {name} AS file, line, reason,"
            f" coalesce(raw, CAST(to_json(struct_pack({cells})) AS VARCHAR)) AS raw,"
            " NULL::BIGINT AS byte_offset, NULL::VARCHAR AS digest"
            " FROM judged WHERE fate = 'quarantined'"
            f" UNION ALL SELECT '{self.table.name}', {name}, line, reason, NULL,"
            " byte_offset, digest FROM rejected ORDER BY line",
            "quarantine",
        )

    def _stream(self, blocks: Iterator[Block]) -> Account:
        book = Account()
        if self.table.money:
            book.open_amounts()
        # Decoding, reading and writing go on beside: more threads would only get
        # in each other's way.
        self._run("SET threads = 1")
        try:
            for _ in self.staging.each(blocks):
                book += self._pass_on()
        finally:
            self._run("RESET threads")
        self.writer.finish()
        return self._without_repeats(book)

    def _pass_on(self) -> Account:
        """Write the rows of one block that have a settlement; account for all."""
        given = self.staging.given
        months = verdict.months_of(self.connection, self.table, given)
        written = self._write_plain(months)
        if self.staging.looked_at:
            written += self.writer.by_month(
                f"SELECT {', '.join(given)}, line AS {SOURCE_LINE}, month"
                f" FROM ({self.staging.looked_at}) WHERE {verdict.goes_in(given)}",
                self.table.name,
                months,
            )
        if written == self._count("staged") and not self._count("rejected"):
            return sum(months.values(), start=Account())
        verdict.judge_followers(self.connection, self.table, given)
        book = verdict.account(self.connection, self.table)
        self._agree(written, book)
        if book.quarantined:
            self._keep_waiting()
        return book

    def _write_plain(self, months: Iterable[date]) -> int:
        """Hand the rows read quickly to the writer, month by month."""
        given = self.staging.given
        rows = self.staging.plain.select([*given, "line", "month"])
        rows = rows.rename_columns([*given, SOURCE_LINE, "month"])
        if "is_valid" in given:
            rows = rows.filter(pc.fill_null(rows["is_valid"], True))
        return sum(
            self.writer.later(
                rows.filter(pc.equal(rows["month"], month)), self.table, month
            )
            for month in sorted(months)
        )

    def _count(self, table: str) -> int:
        return self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    def _without_repeats(self, book: Account) -> Account:
        """Judge the rows whose keys repeat together, and correct the account."""
        name = self.table.name
        new = path_list(self.writer.paths(name))
        if not self.writer.paths(name) or not self._find_repeated(new):
            return book
        # A part of the key that the source does not have is null in every row.
        same = " AND ".join(
            f"r.{column} IS NOT DISTINCT FROM"
            f" {f't.{column}' if column in self.staging.given else 'NULL'}"
            for column in self.table.key
        )
        path = self.writer.folder / "contested.parquet"
        self._run(
            f"COPY (SELECT t.* EXCLUDE ({SOURCE_LINE}), {SOURCE_LINE} AS line,"
            " CAST(NULL AS VARCHAR) AS reason, CAST(NULL AS VARCHAR) AS raw"
            f" FROM read_parquet({new}) t SEMI JOIN repeated r ON {same})"
            f" TO '{path}' (FORMAT parquet, COMPRESSION lz4)"
        )
        touched = {
            path
            for (path,) in self.connection.execute(
                f"SELECT DISTINCT filename FROM read_parquet({new}, filename = true) t"
                f" SEMI JOIN repeated r ON {same}"
            ).fetchall()
        }
        for part in [p for p in self.writer.written if str(p.path) in touched]:
            rows = f"read_parquet('{part.path}') t"
            self.writer.replace(
                part, f"SELECT t.* FROM {rows} ANTI JOIN repeated r ON {same}"
            )
        self._run("DELETE FROM rejected")
        self._show_staged([path])
        again = self._judge_together()
        return book.without_accepted(again.read, again.amount_read) + again

    def _find_repeated(self, new: str) -> int:
        """Make ``repeated``: keys met twice in the source, or stored before.

        Whole keys are compared only where their hashes meet.
        """
        key = ", ".join(self.table.key)
        rows = f"(SELECT *{self._absent()} FROM read_parquet({new}))"
        seen = f"SELECT hash({key}) AS h FROM {rows}"
        self._run(
            "CREATE OR REPLACE TEMP TABLE repeated AS"
            f" SELECT {key} FROM {rows} WHERE hash({key}) IN"
            f" (SELECT h FROM ({seen}) GROUP BY h HAVING count(*) > 1)"
            f" GROUP BY {key} HAVING count(*) > 1"
            f" UNION SELECT {key} FROM {rows} INTERSECT"
            f" SELECT {key} FROM stored WHERE hash({key}) IN ({seen})"
        )
        return self._count("repeated")

    def _run(self, sql: str) -> None:
        self.connection.execute(sql)
