"""Rows of a file that a person filled in: CSV or a workbook's first sheet."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from anomaly.errors import DataRefusedError, UsageError
from anomaly.sources.source import TextOptions
from anomaly.sources.textfile import TextFile

SHEETS = (".xlsx", ".xlsm", ".xls")


@dataclass(frozen=True)
class Row:
    """One row that holds anything, with its place in the file."""

    where: str
    cells: dict[str, object]

    def text(self, name: str) -> str:
        """Return a cell as text, '' where there is none."""
        cell = self.cells.get(name, "")
        if isinstance(cell, datetime | date):
            return cell.isoformat()[:10]
        if isinstance(cell, float) and cell.is_integer():
            return str(int(cell))
        return str(cell).strip()

    def at(self, name: str) -> str:
        """Return where a cell stands, as messages say it."""
        return f"{self.where}, column '{name}'"


def read_rows(path: Path, needed: tuple[str, ...]) -> tuple[list[str], list[Row]]:
    """Return the header and the rows of a file; DataRefusedError where it is none.

    CSV may be UTF-8, with or without BOM, or GB18030.
    """
    if not path.is_file():
        raise UsageError(f"'{path}' does not exist", expected="a CSV or XLSX file")
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".txt", *SHEETS):
        raise UsageError(
            f"'{path.name}': format '{suffix}'", expected="a name in .csv or .xlsx"
        )
    kind = "row" if suffix in SHEETS else "line"
    lines = _sheet(path) if suffix in SHEETS else _text(path)
    _, first = next(lines, (0, []))
    header = [str(cell).strip() for cell in first]
    _check_header(path, header, needed)
    rows = []
    for number, cells in lines:
        where = f"{path.name}, {kind} {number}"
        if not any(str(cell).strip() for cell in cells):
            continue
        if any(str(cell).strip() for cell in cells[len(header) :]):
            raise DataRefusedError(
                f"{where}: {len(cells)} cells",
                expected=f"{len(header)}, as in the header",
                todo="put a text that holds a comma in quotes",
            )
        rows.append(Row(where, dict(zip(header, cells, strict=False))))
    return header, rows


def read_frame(path: Path, needed: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of a file as texts, '' for none; DataRefusedError as above."""
    header, rows = read_rows(path, needed)
    cells = [[row.text(name) for name in header] for row in rows]
    return pd.DataFrame(cells, columns=header, dtype=object)


def _check_header(path: Path, header: list[str], needed: tuple[str, ...]) -> None:
    for name in needed:
        if name not in header:
            raise DataRefusedError(
                f"{path.name}: column '{name}' is missing",
                expected=f"a header with {', '.join(needed)}",
            )
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice:
        raise DataRefusedError(
            f"{path.name}: column '{twice}' stands twice", expected="each once"
        )


def _text(path: Path) -> Iterator[tuple[int, list]]:
    told = TextFile(path, TextOptions())
    try:
        text = path.read_bytes().decode(told.encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise DataRefusedError(
            f"{path.name}: {error}", expected="UTF-8 or GB18030"
        ) from None
    stream = io.StringIO(text.removeprefix("\ufeff"), newline="")
    reader = csv.reader(stream, delimiter=told.delimiter, strict=True)
    try:
        line = 1
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataRefusedError(
            f"{path.name}, line {line}: {error}", expected="a whole CSV file"
        ) from None


def _sheet(path: Path) -> Iterator[tuple[int, list]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise DataRefusedError(
            f"{path.name}: {error}", expected="a workbook as XLSX"
        ) from None
    yield from enumerate(rows, 1)


def refuse_all(path: Path, faults: list[str]) -> None:
    """DataRefusedError where any row is wrong: then nothing was taken in."""
    if not faults:
        return
    shown = "; ".join(faults[:5])
    more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""
    raise DataRefusedError(
        f"{shown}{more}",
        todo=f"nothing of {path.name} was taken in: correct it and import again",
    )
