"""One block on its way in: read quickly where it is plain, carefully where not.

What comes out are ``staged`` (a row per record that could be split: line, the
columns that are given, reason and raw, both null where the row is sound) and
``rejected`` (a row per line that could not: line, byte_offset, digest, reason).
Rows that follow settlements have their ``month`` too, null where there is none.
"""

import os
from collections import Counter
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from anomaly.errors import DataRefusedError
from anomaly.sources import checks
from anomaly.sources.lines import keyed_digest
from anomaly.sources.mapping import Mapping
from anomaly.store.blocks import Block
from anomaly.store.csv_reading import present, read_csv, run_reading
from anomaly.store.incoming import Incoming
from anomaly.store.verdict import link_of

# The key of digests and hashes: never in the store.
KEY_VARIABLE = "ANOMALY_KEY"
# With more doubtful rows than this share, a file is read carefully throughout.
FEW = 0.02
REJECTED = "(line BIGINT, byte_offset BIGINT, digest VARCHAR, reason VARCHAR)"


class Staging:
    """Stages the blocks of one source in turn.

    ``repairs`` counts, over all blocks, the rows repaired by ``code:column``.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        incoming: Incoming,
        mapping: Mapping,
        *,
        quickly: bool = True,
    ) -> None:
        self.connection, self.incoming, self.quickly = connection, incoming, quickly
        self.table, self.source = incoming.table, incoming.source
        self.rules = mapping.derived.get(self.table.name, {})
        self.repairs: Counter[str] = Counter()
        self.key = os.environ.get(KEY_VARIABLE, "").encode()
        stored = [column.name for column in self.table.stored]
        # The cells that are kept: canonical column -> position.
        self.cells = {
            name: incoming.columns[name] for name in stored if name in incoming.columns
        }
        # The columns that come out: those, and what is derived from them.
        self.given = [
            name
            for name in stored
            if name in self.cells or self.rules.get(name, {}).get("from") in self.cells
        ]

    def stage(self, block: Block) -> None:
        """Make ``staged`` and ``rejected`` of a block.

        Raises DataRefusedError where a record was lost on the way.
        """
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE rejected {REJECTED}")
        places, closer = self._quick(block)
        if len(closer) > FEW * block.records:
            # What one block is like, the next will be.
            self.quickly = False
            places, closer = places[:0], np.arange(block.records)
        views = [self._taken(block, places)] if len(places) else []
        if len(closer) or not views:
            views.append(self._careful(block, closer))
        self.connection.execute(
            f"CREATE OR REPLACE TEMP VIEW staged AS {' UNION ALL '.join(views)}"
        )
        self._keep_broken(block)
        self._refuse_losses(block)

    def _quick(self, block: Block) -> tuple[np.ndarray, np.ndarray]:
        """Read a block into ``quick`` as it comes.

        Return the places of the rows in ``quick``, with -1 for those not to be
        taken, and the places that need the closer look.
        """
        if not self.quickly or not block.records:
            return np.arange(0), np.arange(block.records)
        types = {
            position: (name, self.table.column(name).sql_type)
            for name, position in self.cells.items()
        }
        values = [f"{self._as_it_came(name)} AS {name}" for name in self.given]
        if self.source.numbered:
            types[len(self.source.header)] = ("line", "BIGINT")
            values.append("line")
        values += self._month
        sql = (
            f"CREATE OR REPLACE TEMP TABLE quick AS SELECT {', '.join(values)}"
            f" FROM {read_csv(self.source, block.path, types)}"
        )
        left_out = np.array(list(run_reading(self.connection, sql, self._name)), int)
        self._find_months("quick")
        doubt = checks.doubt(self.table, self.cells)
        query = f"SELECT rowid FROM quick WHERE {doubt}"
        doubtful = self.connection.execute(query).fetchnumpy()["rowid"]
        places = present(block.records, left_out)
        closer = np.concatenate([left_out, places[doubtful], block.odd_places()])
        places[np.isin(places, closer)] = -1
        return places, np.unique(closer)

    @property
    def _month(self) -> list[str]:
        return ["CAST(NULL AS DATE) AS month"] if self.table.streams else []

    def _find_months(self, rows: str) -> None:
        """Give rows the month of the settlement they follow, from ``link_month``."""
        if self.table.streams:
            link = link_of(self.table)
            self.connection.execute(
                f"UPDATE {rows} SET month = m.month FROM link_month m"
                f" WHERE m.{link} = {rows}.{link}"
            )

    @property
    def _name(self) -> str:
        return self.incoming.name

    def _as_it_came(self, name: str) -> str:
        if name in self.cells:
            return checks.normalised(self.table.column(name), name)
        return checks.derived(self.rules[name])

    def _taken(self, block: Block, places: np.ndarray) -> str:
        """Return SQL for the rows of ``quick`` that are plain, with their lines."""
        none = "CAST(NULL AS VARCHAR)"
        rest = f"{', '.join(self.given)}, {none} AS reason, {none} AS raw"
        rest += ", month" if self._month else ""
        if not block.kept_out and len(places) == block.records and places.min() >= 0:
            line = "line" if self.source.numbered else f"rowid + {block.first} AS line"
            return f"SELECT {line}, {rest} FROM quick"
        rows = np.flatnonzero(places >= 0)
        self._note_places("quick_place", rows, block.lines[places[rows]])
        line = "line" if self.source.numbered else "p.line"
        return (
            f"SELECT {line} AS line, {rest} FROM quick"
            " JOIN quick_place p ON quick.rowid = p.nth"
        )

    def _note_places(self, name: str, rows: np.ndarray, lines: np.ndarray) -> None:
        noted = pa.table({"nth": rows, "line": lines})
        self.connection.register("noted", noted)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM noted")
        self.connection.unregister("noted")

    def _careful(self, block: Block, places: np.ndarray) -> str:
        """Read records as text, cell by cell; return SQL for the staged rows.

        Lines that cannot be split go to ``rejected``.
        """
        path, some = block.path, len(places) < block.records
        if some:
            path = block.path.with_name("careful.csv")
            rows, _ = block.rows(places)
            path.write_bytes(b"".join(row + b"\n" for row in rows))
        try:
            left_out = self._read_raw(path)
        finally:
            if some:
                path.unlink()
        gone = np.array(list(left_out), int)
        self._reject(block, places[gone], list(left_out.values()))
        kept = places[present(len(places), gone)]
        self._note_places("careful_place", np.arange(len(kept)), block.lines[kept])
        self._look_closely()
        line = "own_line" if self.source.numbered else "p.line"
        month = ", month" if self._month else ""
        return (
            f"SELECT {line} AS line, {', '.join(self.given)}, reason, raw{month}"
            " FROM careful JOIN careful_place p USING (nth)"
        )

    def _read_raw(self, path: Path) -> dict[int, str]:
        return run_reading(
            self.connection,
            "CREATE OR REPLACE TEMP TABLE as_text AS SELECT *"
            f" FROM {read_csv(self.source, path, {})}",
            self._name,
        )

    def _look_closely(self) -> None:
        """Make ``careful`` of ``as_text``, and count what was repaired."""
        # Personal cells are looked at for damage, but not kept.
        raw = {name: f"c{i}" for name, i in self.incoming.columns.items()}
        values = [f"{self._value(name, raw)} AS {name}" for name in self.given]
        month = ", ".join(["", *self._month])
        width = len(self.source.header)
        own = f"CAST(c{width} AS BIGINT)" if self.source.numbered else "NULL"
        # A cell under a header we do not know may be personal: it is not kept.
        cells = ", ".join(f"{name} := c{i}" for name, i in self.cells.items())
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE careful AS SELECT nth, own_line,"
            f" {', '.join(self.given)}, reason,"
            f" CASE WHEN reason IS NOT NULL THEN to_json(struct_pack({cells})) END raw"
            f"{month}"
            f" FROM (SELECT *, {checks.reason(self.table, raw)} AS reason"
            f" FROM (SELECT rowid AS nth, {own} AS own_line, {', '.join(values)}, *"
            " FROM as_text))"
        )
        self._find_months("careful")
        found = checks.repairs(self.table, raw)
        counts = ", ".join(f"count(*) FILTER (WHERE {sql})" for sql in found.values())
        rows = self.connection.execute(
            f"SELECT {counts} FROM as_text JOIN careful ON as_text.rowid = careful.nth"
            " WHERE careful.reason IS NULL"
        ).fetchone()
        self.repairs.update(dict(zip(found, rows, strict=True)))

    def _value(self, name: str, raw: dict[str, str]) -> str:
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
