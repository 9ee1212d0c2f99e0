"""One block on its way in: read quickly where it is plain, carefully where not.

What comes out are ``staged`` (a row per record that could be split: line, the
columns that are given, reason and raw, both null where the row is sound) and
``rejected`` (a row per line that could not: line, byte_offset, digest, reason).
Rows that follow settlements have their ``month`` too, null where there is none.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from anomaly.errors import DataRefusedError
from anomaly.sources import checks
from anomaly.sources.digests import keyed_digest
from anomaly.sources.mapping import Mapping
from anomaly.store.arrow_reading import QuickReading, months_of_links
from anomaly.store.blocks import Block
from anomaly.store.csv_reading import present, read_csv, run_reading
from anomaly.store.digesting import teach
from anomaly.store.incoming import Incoming
from anomaly.store.verdict import link_of

# With more doubtful rows than this share, a file is read carefully throughout.
FEW = 0.25
REJECTED = "(line BIGINT, byte_offset BIGINT, digest VARCHAR, reason VARCHAR)"


class Staging:
    """Stages the blocks of one source in turn.

    ``repairs`` counts, over all blocks, the rows repaired by ``code:column``. After
    each turn ``plain`` holds the rows read quickly, and ``looked_at`` is SQL for
    those read carefully, '' where there are none.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        incoming: Incoming,
        mapping: Mapping,
        folder: Path,
        *,
        key: bytes = b"",
        quickly: bool = True,
    ) -> None:
        self.connection, self.incoming, self.quickly = connection, incoming, quickly
        self.folder, self.key = folder, key
        self.table, self.source = incoming.table, incoming.source
        self.rules = mapping.derived.get(self.table.name, {})
        self.repairs: Counter[str] = Counter()
        left_out = () if key else incoming.digests
        stored = [c.name for c in self.table.stored if c.name not in left_out]
        # What is digested at once: canonical column -> function of its raw cell.
        self.digested = teach(connection, incoming.digests, key) if key else {}
        # The cells that are kept: canonical column -> position.
        self.cells = {
            name: incoming.columns[name] for name in stored if name in incoming.columns
        }
        # Of a row that waits, the cells that may be read.
        self.shown = {n: at for n, at in self.cells.items() if n not in self.digested}
        # The columns that come out: those, and what is derived from them.
        self.given = [
            name
            for name in stored
            if name in self.cells or self.rules.get(name, {}).get("from") in self.cells
        ]
        self.reading = QuickReading(
            self.source.delimiter,
            len(self.source.header) + self.source.numbered,
            {at: self.table.column(name) for name, at in self.cells.items()},
            self.source.numbered,
        )
        self.plain = pa.table({})
        self.looked_at = ""

    def each(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Stage block after block; each is read quickly while another is staged."""
        with ThreadPoolExecutor(1) as pool:
            coming: list[tuple[Block, Future]] = []
            for block in blocks:
                text = block.data if self.quickly else b""
                coming.append((block, pool.submit(self.reading.read, text)))
                if len(coming) > 1:
                    yield self._stage_next(*coming.pop(0))
            for one in coming:
                yield self._stage_next(*one)

    def _stage_next(self, block: Block, read: Future) -> Block:
        self.stage(block, read.result())
        return block

    def stage(self, block: Block, read: pa.Table) -> None:
        """Make ``staged`` and ``rejected`` of a block and what was read of it quickly.

        Raises DataRefusedError where a record was lost on the way.
        """
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE rejected {REJECTED}")
        plain = self._plain(block, read)
        closer = np.delete(np.arange(block.records), plain["nth"].to_numpy())
        if len(closer) > FEW * block.records:
            # What one block is like, the next will be.
            self.quickly = False
            plain, closer = plain.slice(0, 0), np.arange(block.records)
        self.plain = self._finished(block, plain)
        self.connection.register("plain", self.plain)
        self.looked_at = self._careful(block, closer) if len(closer) else ""
        none = "CAST(NULL AS VARCHAR)"
        views = [f"SELECT *, {none} AS reason, {none} AS raw FROM plain"]
        views += [self.looked_at] if self.looked_at else []
        self.connection.execute(
            f"CREATE OR REPLACE TEMP VIEW staged AS {' UNION ALL BY NAME '.join(views)}"
        )
        self._keep_broken(block)
        self._refuse_losses(block)

    def _plain(self, block: Block, read: pa.Table) -> pa.Table:
        """Return the rows read quickly in which nothing needs a closer look."""
        self.connection.register("quick", read)
        doubt = f"{self._repeats_header(self.table.key[0])} OR "
        doubt += checks.doubt(self.table, self.cells)
        query = f"SELECT nth FROM quick WHERE {doubt}"
        doubtful = self.connection.execute(query).fetchnumpy()["nth"]
        places = read["nth"].to_numpy()
        odd = np.isin(places, np.concatenate([doubtful, block.odd_places()]))
        return read.filter(pa.array(~odd)) if odd.any() else read

    def _repeats_header(self, cell: str) -> str:
        position = self.cells.get(self.table.key[0])
        if position is None:
            return "false"
        return checks.is_header(cell, self.source.header[position])

    @property
    def _name(self) -> str:
        return self.incoming.name

    def _finished(self, block: Block, plain: pa.Table) -> pa.Table:
        """Return plain rows as they are stored, with their lines and months."""
        changed = {
            name: sql
            for name in self.given
            if (sql := self._as_it_came(name)) != name or name not in plain.column_names
        }
        if changed:
            self.connection.register("quick", plain)
            values = ", ".join(f"{sql} AS {name}" for name, sql in changed.items())
            # In the order of the rows it is put beside: several threads keep none.
            made = self.connection.sql(
                f"SELECT {values} FROM quick ORDER BY nth"
            ).to_arrow_table()
            for name in changed:
                plain = _with(plain, name, made[name])
        if not self.source.numbered:
            lines = block.lines[plain["nth"].to_numpy()]
            plain = plain.append_column("line", pa.array(lines))
        if self.table.streams:
            link = link_of(self.table)
            months = months_of_links(self.connection, plain[link], link)
            plain = plain.append_column("month", months)
        return plain.drop_columns("nth")

    def _as_it_came(self, name: str) -> str:
        if name in self.digested:
            return f"{self.digested[name]}({name})"
        if name in self.cells:
            return checks.normalised(self.table.column(name), name)
        return checks.derived(self.rules[name])

    def _careful(self, block: Block, places: np.ndarray) -> str:
        """Read records as text, cell by cell; return SQL for the staged rows.

        Lines that cannot be split go to ``rejected``.
        """
        path = self.folder / "careful.csv"
        path.write_bytes(block.text(places))
        try:
            left_out = self._read_raw(path)
        finally:
            # Raw text, names of persons included, does not outlive its reading.
            path.unlink()
        gone = np.array(list(left_out), int)
        self._reject(block, places[gone], list(left_out.values()))
        kept = places[present(len(places), gone)]
        self._note_places(np.arange(len(kept)), block.lines[kept])
        self._look_closely()
        line = "own_line" if self.source.numbered else "p.line"
        month = ", month" if self.table.streams else ""
        return (
            f"SELECT {line} AS line, {', '.join(self.given)}, reason, raw{month}"
            " FROM careful JOIN careful_place p USING (nth)"
        )

    def _note_places(self, rows: np.ndarray, lines: np.ndarray) -> None:
        noted = pa.table({"nth": rows, "line": lines})
        self.connection.register("noted", noted)
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE careful_place AS FROM noted"
        )
        self.connection.unregister("noted")

    def _read_raw(self, path: Path) -> dict[int, str]:
        return run_reading(
            self.connection,
            "CREATE OR REPLACE TEMP TABLE as_text AS SELECT *"
            f" FROM {read_csv(self.source, path)}",
            self._name,
        )

    def _look_closely(self) -> None:
        """Make ``careful`` of ``as_text``, and count what was repaired."""
        # Personal cells are looked at for damage, but not kept.
        raw = {name: f"c{i}" for name, i in self.incoming.columns.items()}
        values = [f"{self._value(name, raw)} AS {name}" for name in self.given]
        again = self._repeats_header(raw[self.table.key[0]])
        month = ", CAST(NULL AS DATE) AS month" if self.table.streams else ""
        width = len(self.source.header)
        own = f"CAST(c{width} AS BIGINT)" if self.source.numbered else "NULL"
        # A cell under a header we do not know may be personal: it is not kept.
        cells = ", ".join(f"{name} := c{i}" for name, i in self.shown.items())
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE careful AS SELECT nth, own_line,"
            f" {', '.join(self.given)}, reason,"
            f" CASE WHEN reason IS NOT NULL THEN to_json(struct_pack({cells})) END raw"
            f"{month}"
            f" FROM (SELECT *, {checks.reason(self.table, raw, again)} AS reason"
            f" FROM (SELECT rowid AS nth, {own} AS own_line, {', '.join(values)}, *"
            " FROM as_text))"
        )
        self._find_months()
        found = checks.repairs(self.table, raw)
        counts = ", ".join(f"count(*) FILTER (WHERE {sql})" for sql in found.values())
        rows = self.connection.execute(
            f"SELECT {counts} FROM as_text JOIN careful ON as_text.rowid = careful.nth"
            " WHERE careful.reason IS NULL"
        ).fetchone()
        self.repairs.update(dict(zip(found, rows, strict=True)))

    def _find_months(self) -> None:
        """Give ``careful`` the months of the settlements its rows follow."""
        if self.table.streams:
            link = link_of(self.table)
            self.connection.execute(
                "UPDATE careful SET month = m.month FROM link_month m"
                f" WHERE m.{link} = careful.{link}"
            )

    def _value(self, name: str, raw: dict[str, str]) -> str:
        if name in self.digested:
            return f"{self.digested[name]}({raw[name]})"
        if name in raw:
            return checks.value(self.table.column(name), raw[name])
        rule = self.rules[name]
        return checks.derived(rule | {"from": checks.cleaned(raw[rule["from"]])})

    def _reject(self, block: Block, places: np.ndarray, why: list[str]) -> None:
        """A line that cannot be split keeps its place and a keyed digest, no text."""
        if not len(places):
            return
        rows, offsets = block.rows(places)
        lines = block.lines[places]
        for line, offset, row, reason in zip(lines, offsets, rows, why, strict=True):
            self._insert_rejected(int(line), int(offset), row, reason)

    def _insert_rejected(self, line: int, offset: int, row: bytes, why: str) -> None:
        self.connection.execute(
            "INSERT INTO rejected VALUES (?, ?, ?, ?)",
            [line, offset, keyed_digest(row, self.key), why],
        )

    def _keep_broken(self, block: Block) -> None:
        for one in block.kept_out:
            if one.content:
                self._insert_rejected(one.line, one.offset, one.content, "quote")

    def _refuse_losses(self, block: Block) -> None:
        """Count what came out against what went in: nothing may be lost unsaid."""
        found = self.connection.execute(
            "SELECT (SELECT count(*) FROM staged) + (SELECT count(*) FROM rejected)"
        ).fetchone()[0]
        expected = block.records + sum(bool(one.content) for one in block.kept_out)
        if found != expected:
            raise DataRefusedError(
                f"{self._name}: from line {block.first} on, {expected} lines, of which"
                f" {found} can be told",
                expected="one record a line, cells in double quotes where needed",
                todo="look for stray quotes in the export, or export it again",
            )


def _with(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    """Return a table with a column added or put in another's place."""
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, column)
    return table.append_column(name, column)
