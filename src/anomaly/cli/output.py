"""What commands print and write: tables, one JSON object, progress."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from rich.console import Console, ConsoleDimensions
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from anomaly.errors import UsageError

FORMATS = (".csv", ".parquet", ".xlsx")
PRIVATE = 0o600
# Spreadsheets would run a text that begins like this as a formula.
FORMULA_MARKS = ("=", "+", "-", "@")

# A log or a pipe has no edge: folded at a terminal's 80, a table cannot be searched.
WIDE = 200


class Page(Console):
    """A console as wide as COLUMNS says, else as its terminal, else wide."""

    @property
    def size(self) -> ConsoleDimensions:
        """The width and height to print in, asked anew at each print."""
        asked = os.environ.get("COLUMNS", "")
        if asked.isdigit() and int(asked):
            return ConsoleDimensions(int(asked), 25)
        if self.is_terminal and not self.is_dumb_terminal:
            return super().size
        return ConsoleDimensions(WIDE, 25)


err = Page(stderr=True)
out = Page()


def say_json(record: dict) -> None:
    """Print one object on standard output."""
    sys.stdout.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")


def show_table(frame: pd.DataFrame, title: str = "") -> None:
    """Print a frame as a table a person can read."""
    table = Table(title=title or None, title_justify="left")
    for name in frame.columns:
        number = pd.api.types.is_numeric_dtype(frame[name])
        table.add_column(str(name), justify="right" if number else "left")
    for row in frame.itertuples(index=False):
        # A cell is text as it stands: brackets in a name are no markup.
        table.add_row(*(Text("" if pd.isna(cell) else str(cell)) for cell in row))
    out.print(table)


@contextmanager
def progress(quiet: bool = False) -> Iterator:
    """Yield a function of (stage) that returns a callback (what, done, total)."""
    columns = (
        TextColumn("[bold]{task.description:<8}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}"),
    )
    with Progress(*columns, console=err, disable=quiet) as display:

        def stage(name: str):
            task = display.add_task(name, total=None, what="")

            def update(what: str, done: int, total: int) -> None:
                display.update(task, completed=done, total=total, what=what)

            return update

        yield stage


def file_mode(text: str) -> int:
    """Return a file mode from octal text such as 0640."""
    try:
        return int(text, 8)
    except ValueError:
        raise UsageError(f"--mode '{text}'", expected="octal, such as 0640") from None


def check_out(path: Path) -> None:
    """Refuse an output of an unknown format before any work is done."""
    if path.suffix not in FORMATS:
        raise UsageError(
            f"--out {path}: format '{path.suffix}'",
            expected=f"a name that ends in {', '.join(FORMATS)}",
        )


def write_frame(frame: pd.DataFrame, path: Path, mode: int = PRIVATE) -> None:
    """Write a frame by its suffix: whole or not at all, readable by its owner.

    CSV is UTF-8 with BOM; a text that a spreadsheet would run is kept as text.
    """

    def write(partial: Path) -> None:
        match path.suffix:
            case ".csv":
                _inert(frame).to_csv(partial, index=False, encoding="utf-8-sig")
            case ".parquet":
                frame.to_parquet(partial, index=False)
            case _:
                _write_xlsx({"anomaly": frame}, partial)

    check_out(path)
    _write_whole(path, write, mode)


def write_book(sheets: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write frames to a workbook, a sheet each, as `write_frame` writes one."""
    _write_whole(path, lambda partial: _write_xlsx(sheets, partial), PRIVATE)


def _write_whole(path: Path, write: Callable[[Path], None], mode: int) -> None:
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        os.chmod(partial, mode)
        partial.replace(path)
    except OSError as error:
        raise UsageError(
            f"--out {path}: cannot be written ({error.strerror})",
            expected="a file in a folder that can be written",
        ) from None
    finally:
        if partial.is_file():
            partial.unlink()


def _inert(frame: pd.DataFrame) -> pd.DataFrame:
    texts = frame.select_dtypes(include=["object", "string"])
    return frame.assign(
        **{
            name: column.map(
                lambda cell: (
                    f"'{cell}"
                    if isinstance(cell, str) and cell.startswith(FORMULA_MARKS)
                    else cell
                )
            )
            for name, column in texts.items()
        }
    )


def _write_xlsx(sheets: Mapping[str, pd.DataFrame], path: Path) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with pd.ExcelWriter(
        path, engine="xlsxwriter", engine_kwargs={"options": options}
    ) as book:
        for name, frame in sheets.items():
            frame.to_excel(book, index=False, sheet_name=name, freeze_panes=(1, 0))
            book.sheets[name].autofit(max_width=400)
            book.sheets[name].autofilter(0, 0, len(frame), len(frame.columns) - 1)
