"""Typed cells become the text that the checks cast back, exactly."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from anomaly.errors import DataRefusedError
from anomaly.sources.mapping import Mapping
from anomaly.tables import Table

# The national platform keeps Beijing time; an instant is shown by that clock.
BEIJING = timezone(timedelta(hours=8))
# A double keeps 15 decimal digits; a longer integer held as one has lost some.
FIRST_INEXACT = 10**15
# Excel counts days from here; plausible days end before 2101.
EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel knows no time zone
EXCEL_DAYS = range(1, 73416)
DAY_MILLISECONDS = 86_400_000
SPECIAL = ('"', ",", "\n", "\r")


@dataclass(frozen=True)
class Field:
    """One column of the source: its header, and what the table makes of it.

    ``type`` is '' for a column that the store does not keep: unknown to the
    mapping, or personal. Its cells are not even written down. One that is digested
    need not be exact to be taken: a number that has lost digits is left empty.
    """

    header: str
    name: str = ""
    type: str = ""
    is_id: bool = False
    is_digested: bool = False


def fields_of(header: Sequence[str], table: Table, mapping: Mapping) -> list[Field]:
    """Return what each column of a header is."""
    fields = [Field(cell) for cell in header]
    for name, position in mapping.match(table, tuple(header)).items():
        column = table.column(name)
        if not column.drop:
            fields[position] = Field(
                header[position], name, column.type, column.is_id, column.digest
            )
    return fields


def refuse_lost_digits(name: str, field: Field, line: int) -> None:
    raise DataRefusedError(
        f"{name}, column '{field.header}', row {line}: an id of more than 15 digits"
        " is held as a number and has already lost digits",
        expected="ids as text",
        todo="format the column as text and export again",
    )


def number_text(value: float) -> str:
    """Return a number without '.0', and without the noise of its binary form.

    Spreadsheets keep 15 digits; what stands beyond is noise of their sums.
    """
    if -FIRST_INEXACT < value < FIRST_INEXACT:
        return f"{value:.15g}"
    return str(int(value)) if value.is_integer() else repr(value)


def serial_text(value: float) -> str:
    """Return the date or time that Excel's day number stands for."""
    if not 1 <= value < EXCEL_DAYS.stop:
        return number_text(value)
    milliseconds = round(value * DAY_MILLISECONDS)
    return time_text(EXCEL_EPOCH + timedelta(milliseconds=milliseconds))


def time_text(value: datetime) -> str:
    """Return a time to the second, finer only where it is not whole."""
    if value.tzinfo:
        value = value.astimezone(BEIJING).replace(tzinfo=None)
    return value.isoformat(" ")


def sheet_time_text(value: datetime) -> str:
    """As `time_text`, to the millisecond that a spreadsheet's day number holds."""
    if value.microsecond:
        half = timedelta(microseconds=500)
        value += half
        value = value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value.isoformat(" ")


def double_text(value: float) -> str:
    """Return a database's double exactly, an integer without '.0'."""
    return str(int(value)) if value.is_integer() else repr(value)


# How a cell of each type is written; any other type by str().
COMMON = {
    str: str,
    type(None): lambda _: "",
    bool: lambda value: "true" if value else "false",
    int: str,
    date: str,
    time: str,
    timedelta: str,
    Decimal: lambda value: f"{value:f}",
}


class CellWriter:
    """Writes rows of typed cells as CSV.

    ``name`` is the source's, for messages. Columns that the store does not keep
    are written empty.
    """

    texts = COMMON | {float: double_text, datetime: time_text}
    time_texts = texts
    inexact: tuple[type, ...] = (float,)

    def __init__(self, name: str, fields: Sequence[Field]) -> None:
        self.name, self.fields = name, fields

    def columns(self, rows: Sequence[Sequence], lines: Sequence[int]) -> list:
        """Return the rows as columns of text; ``lines`` are the rows' places."""
        return [
            self._column(cells, field, lines)
            for cells, field in zip(zip(*rows, strict=True), self.fields, strict=True)
        ]

    def _column(
        self, cells: Sequence, field: Field, lines: Sequence[int]
    ) -> Sequence[str]:
        if not field.type:
            return [""] * len(cells)
        types = set(map(type, cells))
        if types == {str}:
            return cells
        if field.is_id and types.intersection(self.inexact):
            self._refuse_inexact(cells, field, lines)
        if field.is_digested:
            cells = ["" if self._has_lost(cell) else cell for cell in cells]
            types = set(map(type, cells))
        is_time = field.type in {"date", "timestamp"}
        texts = self.time_texts if is_time else self.texts
        if len(types) == 1:
            return self._alike(cells, texts.get(types.pop(), str))
        return [texts.get(type(cell), str)(cell) for cell in cells]

    def _alike(self, cells: Sequence, text: Callable[[Any], str]) -> list[str]:
        """Write a column whose cells are all of one type."""
        return list(map(text, cells))

    def _refuse_inexact(
        self, cells: Sequence, field: Field, lines: Sequence[int]
    ) -> None:
        for cell, line in zip(cells, lines, strict=True):
            if self._has_lost(cell):
                refuse_lost_digits(self.name, field, line)

    def _has_lost(self, cell: Any) -> bool:
        return type(cell) in self.inexact and abs(cell) >= FIRST_INEXACT


class SheetWriter(CellWriter):
    """As `CellWriter` for a spreadsheet, whose numbers are doubles, dates too."""

    texts = COMMON | {float: number_text, datetime: sheet_time_text}
    time_texts = texts | {float: serial_text, int: serial_text}
    inexact = (float, int)

    def _alike(self, cells: Sequence, text: Callable[[Any], str]) -> list[str]:
        # What most cells of a book are, without a call of Python for each.
        if text is number_text and -FIRST_INEXACT < min(cells) <= max(cells) < (
            FIRST_INEXACT
        ):
            text = "%.15g".__mod__
        return list(map(text, cells))


def _quoted(cell: str) -> str:
    """Quote a cell where it must be; a line end inside becomes a blank.

    So that a record is one line, whatever people typed into a cell.
    """
    if not any(mark in cell for mark in SPECIAL):
        return cell
    plain = cell.replace("\r\n", " ").replace("\r", " ").replace("\n", " ")
    return '"' + plain.replace('"', '""') + '"'


def csv_bytes(columns: Iterable[Sequence[str]]) -> bytes:
    """Return columns of text as comma-separated records.

    Whether anything needs quotes is asked once a column, not once a cell.
    """
    ready = []
    for cells in columns:
        joined = "".join(cells)
        special = any(mark in joined for mark in SPECIAL)
        ready.append(list(map(_quoted, cells)) if special else cells)
    text = "\n".join(map(",".join, zip(*ready, strict=True))) + "\n"
    return text.replace("\0", "\ufffd").encode("utf-8", "replace")


def header_bytes(header: Sequence[str]) -> bytes:
    """Return the header as one record."""
    return csv_bytes([[cell] for cell in header])
