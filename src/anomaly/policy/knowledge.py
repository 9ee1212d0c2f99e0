"""Tables of knowledge that rules read: shipped examples, or a bureau's own files."""

import csv
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from anomaly.errors import PolicyError
from anomaly.policy.read import as_record, policy

COLUMNS = ("item_code", "other_code", "limit", "valid_from", "valid_to", "source")
# Where a store keeps a bureau's own files.
FOLDER = "knowledge"


@dataclass(frozen=True)
class Knowledge:
    """What one table says; the texts tell what each of its columns holds."""

    id: str
    zh: str
    en: str
    item_code: str
    other_code: str
    limit: str
    requires: list[str]
    choices: list[str] = field(default_factory=list)


@cache
def knowledge() -> dict[str, Knowledge]:
    """Return every table of knowledge by id."""
    return {
        name: as_record(Knowledge, {"id": name} | cells, f"knowledge {name}")
        for name, cells in policy("knowledge").items()
    }


def own_file(name: str, root: Path | None) -> Path | None:
    """Return a bureau's own file for a table, None where there is none."""
    path = root / FOLDER / f"{name}.csv" if root else None
    return path if path and path.is_file() else None


def known_rows(name: str, root: Path | None = None) -> list[dict[str, str]]:
    """Return a table's rows: those of the store's own file, else the shipped ones.

    PolicyError tells the file, the line, what was found and what was expected.
    """
    shipped = files("anomaly.policy").joinpath(FOLDER, f"{name}.csv")
    own = own_file(name, root)
    return _read(own or shipped, str(own) if own else f"{FOLDER}/{name}.csv", name)


def _read(path: Path | Traversable, where: str, name: str) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PolicyError(f"{where}: not UTF-8", expected="a CSV in UTF-8") from None
    lines = csv.reader(text.splitlines())
    header = next(lines, [])
    if tuple(header) != COLUMNS:
        raise PolicyError(
            f"{where}, line 1: the columns are '{','.join(header)}'",
            expected=f"'{','.join(COLUMNS)}'",
        )
    rows = []
    for cells in lines:
        if not any(cells):
            continue
        at = f"{where}, line {lines.line_num}"
        if len(cells) != len(COLUMNS):
            raise PolicyError(
                f"{at}: {len(cells)} cells", expected=f"{len(COLUMNS)} cells"
            )
        row = dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=True))
        _check(row, knowledge()[name], at)
        rows.append(row)
    return rows


def _check(row: dict[str, str], table: Knowledge, at: str) -> None:
    for column in table.requires:
        if not row[column]:
            raise PolicyError(f"{at}: '{column}' is empty", expected=f"{table.zh}")
    limit = row["limit"]
    if limit and table.choices and limit not in table.choices:
        expected = f"one of {', '.join(table.choices)}"
        raise PolicyError(f"{at}: 'limit' is '{limit}'", expected=expected)
    if limit and not _is_number(limit):
        raise PolicyError(f"{at}: 'limit' is '{limit}'", expected="a number")
    for column in ("valid_from", "valid_to"):
        if row[column] and not _is_date(row[column]):
            raise PolicyError(
                f"{at}: '{column}' is '{row[column]}'", expected="a date YYYY-MM-DD"
            )
    if row["valid_to"] and row["valid_from"] > row["valid_to"]:
        raise PolicyError(f"{at}: 'valid_to' is before 'valid_from'")


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _is_date(text: str) -> bool:
    try:
        return len(text) == len("2026-01-01") and bool(date.fromisoformat(text))
    except ValueError:
        return False
