"""Workbooks: each sheet that a mapping knows is a table."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from itertools import chain, islice, pairwise
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO
from weakref import finalize

from anomaly.errors import DataRefusedError
from anomaly.sources.cells import SheetWriter, csv_bytes, fields_of, header_bytes
from anomaly.sources.mapping import Mapping
from anomaly.sources.source import Found
from anomaly.sources.textfile import CHUNK_BYTES, sha256_of
from anomaly.tables import Table

SUFFIXES = (".xlsx", ".xls", ".xlsm", ".xlsb")
HEAD_ROWS = 20
# Few enough that a batch stays in the processor's cache.
BATCH_ROWS = 1000


class Sheet:
    """One worksheet; see `Source`.

    A sheet cannot be read twice cheaply nor held cheaply: it is turned to CSV
    once, here, and kept aside until the store takes it: in a file without a name,
    for cells that will be digested stand in it, and nothing must outlive us.
    """

    delimiter = ","
    numbered = True

    def __init__(
        self,
        name: str,
        stem: str,
        digest: str,
        rows: Iterator[list],
        table: Table,
        mapping: Mapping,
        scratch: Path,
    ) -> None:
        self.name, self.stem, self._digest = name, stem, digest
        head = list(islice(rows, HEAD_ROWS))
        self.header, above = find_header(head, table, mapping)
        self.first_line = above + 1
        self._writer = SheetWriter(name, fields_of(self.header, table, mapping))
        self._spool = TemporaryFile(dir=scratch)
        finalize(self, self._spool.close)
        self._fill(self._spool, chain(head[above:], rows))

    def _fill(self, spool: BinaryIO, rows: Iterator[list]) -> None:
        spool.write(header_bytes([*self.header, "line"]))
        line = self.first_line
        while batch := list(islice(rows, BATCH_ROWS)):
            lines: Sequence[int] = range(line, line + len(batch))
            line += len(batch)
            if not all(map(any, batch)):
                batch, lines = _held(batch, lines)
            if batch:
                columns = self._writer.columns(batch, lines)
                columns.append(list(map(str, lines)))
                spool.write(csv_bytes(columns))

    def digest(self) -> str:
        """Return a fingerprint of the workbook's bytes and the sheet's name."""
        return self._digest

    def chunks(self) -> Iterator[bytes]:
        """Yield the rows that hold anything, as CSV, each with its line."""
        self._spool.seek(0)
        while chunk := self._spool.read(CHUNK_BYTES):
            yield chunk


def _held(rows: list, lines: Sequence[int]) -> tuple[list, Sequence[int]]:
    """Return the rows that hold anything, a zero too, and their lines."""
    held = [i for i, row in enumerate(rows) if row.count("") < len(row)]
    return [rows[i] for i in held], [lines[i] for i in held]


def find_header(
    head: Sequence[Sequence], table: Table, mapping: Mapping
) -> tuple[tuple[str, ...], int]:
    """Return the header's cells and the number of rows down to its last.

    It is the row, or the two rows read as one, of which the mapping knows most
    columns: titles stand above it, and upper cells merged over several columns
    or two rows leave their text in one place.
    """
    found = [(0, (), 0)]
    for position, row in enumerate(head):
        cells = tuple(str(cell).strip() for cell in row)
        found.append((len(mapping.match(table, cells)), cells, position + 1))
    for position, (upper, lower) in enumerate(pairwise(head)):
        cells = tuple(
            str(low if low != "" else up).strip()
            for up, low in zip(upper, lower, strict=True)
        )
        found.append((len(mapping.match(table, cells)), cells, position + 2))
    known, cells, above = max(found, key=lambda one: one[0])
    if known:
        return cells, above
    first = next(i for i, row in enumerate(head) if any(row) or i == len(head) - 1)
    return tuple(str(cell).strip() for cell in head[first]), first + 1


class Workbook:
    """A workbook file and the table that each of its sheets is."""

    def __init__(self, path: Path, mapping: Mapping, scratch: Path) -> None:
        self.path, self.mapping, self.scratch = path, mapping, scratch
        self._book = self._asked(_calamine().from_path, path)
        self.names = [
            sheet.name
            for sheet in self._book.sheets_metadata
            if str(sheet.typ).endswith("WorkSheet")
        ]

    def _asked(self, ask: Callable, *given: object) -> Any:
        """Ask the reader; whatever it cannot do is one refusal."""
        try:
            return ask(*given)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # its panics are no Exception
            raise DataRefusedError(
                f"{self.path.name}: cannot be read as a workbook"
                f" ({str(error).splitlines()[0] if str(error) else error!r})",
                expected="an .xlsx or .xls file without a password",
                todo="open it, save it as .xlsx, and load that",
            ) from None

    @cached_property
    def _digest(self) -> str:
        return sha256_of(self.path)

    def label(self, sheet: str) -> str:
        return f"{self.path.name}, sheet '{sheet}'"

    def rows(self, sheet: str) -> Iterator[list] | None:
        """Return a sheet's rows from its first, or None where it is empty."""
        read = self._asked(self._book.get_sheet_by_name, sheet)
        return read.iter_rows() if read.height else None

    def found(self) -> Found:
        """Return the sheets that the mapping knows by name.

        Where it knows none, the only sheet that holds anything goes by the
        name of the file.
        """
        tables = {name: self.mapping.table_of(name) for name in self.names}
        known = [name for name, table in tables.items() if table]
        stem = self.path.name
        if known or not self.mapping.table_of(stem):
            found = Found(
                not_recognised=[self.label(n) for n in self.names if n not in known]
            )
            for name in known:
                self._take(found, name, name, self.rows(name))
            return found
        return self._found_by_file_name(stem)

    def _found_by_file_name(self, stem: str) -> Found:
        found = Found()
        rows = {name: self.rows(name) for name in self.names}
        held = [name for name, of_sheet in rows.items() if of_sheet]
        for name in self.names:
            if len(held) > 1 and name in held:
                found.not_recognised.append(self.label(name))
            else:
                self._take(found, name, stem, rows[name])
        return found

    def _take(
        self, found: Found, name: str, stem: str, rows: Iterator[list] | None
    ) -> None:
        if rows is None:
            found.empty.append(self.label(name))
            return
        mark = sha256(f"{self._digest}{name}".encode()).hexdigest()
        table = self.mapping.table_of(stem)
        label = self.label(name)
        found.sources.append(
            Sheet(label, stem, mark, rows, table, self.mapping, self.scratch)
        )


def open_workbook(path: Path, mapping: Mapping, scratch: Path) -> Found:
    """Return the sheets of a workbook that the mapping knows.

    Their rows are put aside in ``scratch``. Raises DataRefusedError where it
    cannot be read or an id has lost digits.
    """
    return Workbook(path, mapping, scratch).found()


def _calamine() -> Any:
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook
