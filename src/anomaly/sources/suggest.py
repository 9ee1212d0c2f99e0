"""A mapping proposed for unknown headers, by their names and their values."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from anomaly.errors import DataRefusedError
from anomaly.sources.dictionaries import of_column
from anomaly.sources.hangs import Fit
from anomaly.sources.likeness import Values, alike, content, shapes
from anomaly.sources.mapping import Mapping, plain, undated
from anomaly.sources.source import TextOptions
from anomaly.sources.textfile import TextFile
from anomaly.tables import Column, Table, tables

MOST_ROWS = 2000
# A name nearer than this speaks for itself; values then only object.
NAME_SPEAKS = 0.5
# What is less sure than this is left for the analyst to write in.
SURE = 0.6
LEAST = 0.3
SURELY_PERSONAL = r"\d{17}[\dXx]|1[3-9]\d{9}"
NAME_OF_PERSON = r"[\u4e00-\u9fff]{2,4}"
MASK = "***"


@dataclass(frozen=True)
class Suggestion:
    """What one header may be; ``column`` is '' where nothing fits.

    ``confidence`` runs from 0 to 1 (1: the mapping knows the header).
    """

    header: str
    column: str
    zh: str
    why: str
    confidence: float
    example: str


def read_head(path: Path) -> tuple[tuple[str, ...], list[Values]]:
    """Return the header of a text file and its first rows' cells by column.

    Raises DataRefusedError where it is no text or has no row.
    """
    source = TextFile(path, TextOptions())
    lines = (line for line in _lines(source.chunks()) if line.strip())
    rows = list(islice(csv.reader(lines, delimiter=source.delimiter), MOST_ROWS + 1))
    if len(rows) < 2:
        raise DataRefusedError(f"{path.name}: has no row", expected="a header and rows")
    width = len(source.header)
    sound = [row for row in rows[1:] if len(row) == width]
    cells = pd.DataFrame(sound, columns=range(width), dtype=str)
    return source.header, [Values(cells[i].str.strip()) for i in range(width)]


def _lines(chunks):
    """Yield lines from chunks of UTF-8 that end anywhere."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode("utf-8") + "\n"
    if rest:
        yield rest.decode("utf-8")


def name_score(header: str, column: Column, known: Sequence[str]) -> float:
    """Return how near a header comes to any name of a column."""
    return max(alike(header, name) for name in (column.zh, column.name, *known))


def names_of(table: Table, mapping: Mapping) -> dict[str, list[str]]:
    """Return the names a mapping knows of each column of a table."""
    known: dict[str, list[str]] = {column.name: [] for column in table.columns}
    for name, column in mapping.columns[table.name].items():
        known[column].append(name)
    return known


@dataclass(frozen=True)
class Scores:
    """Headers by columns: nearness of names, fit of values."""

    table: Table
    columns: list[Column]
    names: np.ndarray
    contents: np.ndarray

    @property
    def single(self) -> np.ndarray:
        """What each pair is worth alone: a near name outweighs all values."""
        usual = shapes()["usual"].get(self.table.name, [])
        bonus = [0.15 * (column.name in usual) for column in self.columns]
        order = np.abs(
            np.linspace(0, 1, self.names.shape[0])[:, None]
            - np.linspace(0, 1, len(self.columns))[None, :]
        )
        values = np.where(self.contents > LEAST, self.contents + bonus, 0)
        # Exports tend to keep the platform's order: it decides between equals.
        values = values * (1 - 0.02 * order)
        named = np.where(self.names >= NAME_SPEAKS, 3 * self.names, 0)
        return named + values


def scores(
    table: Table, header: Sequence[str], values: list[Values], mapping: Mapping
) -> Scores:
    """Score every header against every column of a table."""
    columns = [column for column in table.columns if not column.derived]
    known = names_of(table, mapping)
    names = [
        [name_score(cell, column, known[column.name]) for column in columns]
        for cell in header
    ]
    contents = [[content(one, column) for column in columns] for one in values]
    return Scores(table, columns, np.array(names), np.array(contents))


def guess_table(
    path: Path, header: Sequence[str], values: list[Values], mapping: Mapping
) -> Table:
    """Return the table a file most likely holds: by its name, else by its columns."""
    named = mapping.table_of(path.name)
    if named:
        return named
    worths = {}
    for table in tables().values():
        single = scores(table, header, values, mapping).single
        fit = Fit(values, [column.name for column in table.columns], single)
        rows, chosen = fit.matched()
        # A table that leaves many of its own columns empty is a worse guess.
        worths[table.name] = single[rows, chosen].sum() / np.sqrt(single.size)
    return tables()[max(worths, key=worths.__getitem__)]


def suggest(path: Path, mapping: Mapping, table: str = "") -> tuple[Table, list]:
    """Return the table of a file and a `Suggestion` for each of its headers.

    At most the first 2,000 rows are read. Raises DataRefusedError for a file
    that is no text or has no row.
    """
    header, values = read_head(path)
    chosen = tables()[table] if table else guess_table(path, header, values, mapping)
    scored = scores(chosen, header, values, mapping)
    names = [column.name for column in scored.columns]
    fit = Fit(values, names, scored.single)
    found = fit.solve()
    known = mapping.columns[chosen.name]
    return chosen, [
        _suggestion(cell, values[i], scored, i, found[i], known.get(plain(cell)))
        for i, cell in enumerate(header)
    ]


def _suggestion(
    header: str, values: Values, scored: Scores, at: int, found: int, known: str | None
) -> Suggestion:
    column = scored.columns[found] if found >= 0 else None
    if known:
        column = scored.table.column(known)
    if column is None:
        return Suggestion(
            header, "", "", "nothing fits", 0.0, _example(values, None, 0.0)
        )
    name = 1.0 if known else float(scored.names[at, found])
    fits = float(scored.contents[at, scored.columns.index(column)])
    why, confidence = _why(values, column, name, fits)
    example = _example(values, column, confidence)
    return Suggestion(header, column.name, column.zh, why, confidence, example)


def _why(values: Values, column: Column, name: float, fits: float) -> tuple[str, float]:
    if name == 1.0:
        return "name known", 1.0
    objects = len(values.filled) and fits < 0.2
    if name >= NAME_SPEAKS:
        why = f"name near '{column.zh}' or its code ({name:.2f})"
        note = "; but the values do not look like it" if objects else ""
        return why + note, round(name * (0.6 if objects else 1.0), 2)
    return f"values: {_looks(column)} {fits:.0%}", round(min(0.55, 0.55 * fits), 2)


def _looks(column: Column) -> str:
    dictionary = of_column(column.name)
    if dictionary and column.type == "text":
        return f"codes of {dictionary.name}"
    shaped = "pattern" in shapes()["columns"].get(column.name, {})
    return "its pattern" if shaped else column.type


def _example(values: Values, column: Column | None, confidence: float) -> str:
    """Return a value to show; what may be a person's is masked."""
    if not len(values.filled):
        return ""
    personal = column is not None and column.personal
    named = confidence < SURE and values.share(NAME_OF_PERSON) > 0.5
    numbered = values.share(SURELY_PERSONAL) > 0
    if personal or named or numbered:
        return MASK
    return str(values.filled.iloc[0])[:24]


def overlay(
    path: Path,
    table: Table,
    suggestions: list[Suggestion],
    extends: str = "national",
) -> str:
    """Return the text of an overlay for confirmation; doubtful lines are comments."""
    stem = undated(plain(path.name).split(".")[0])
    lines = [
        "# Proposed; look at every line. Those that begin with # are guesses: take the",
        "# mark away to accept one, or write another column.",
        f"extends = {_key(extends)}",
        "",
        "[tables]",
        f'{_key(stem)} = "{table.name}"' if stem else "# name the file by its table",
        "",
        f"[columns.{table.name}]",
    ]
    seen: set[str] = set()
    for one in suggestions:
        sure = one.confidence >= SURE and plain(one.header) not in seen
        if one.confidence < 1 and one.column:
            mark = "" if sure else "# "
            lines.append(
                f'{mark}{_key(one.header)} = "{one.column}"'
                f"  # {one.zh}; {one.confidence:.2f}"
            )
            seen.add(plain(one.header))
        elif not one.column:
            lines.append(f'# {_key(one.header)} = ""  # nothing fits')
    return "\n".join(lines) + "\n"


def _key(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
