"""Rows as plain records: choosing months, grouping, adding where cells are unknown."""

from collections.abc import Iterable
from datetime import date

from anomaly.periods import shift

Row = dict[str, object]
Tables = dict[str, list[Row]]


def of(rows: list[Row], month: date, months: int = 1) -> list[Row]:
    """Return the rows of a month, or of so many that end with it."""
    first = shift(month, 1 - months)
    return [row for row in rows if first <= row["month"] <= month]


def by(rows: Iterable[Row], *names: str) -> dict[tuple, list[Row]]:
    """Return rows by the values of some columns; an unknown value is one too."""
    found: dict[tuple, list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found


def index(rows: Iterable[Row], name: str) -> dict[object, Row]:
    """Return rows by a column that no two of them share."""
    found = {}
    for row in rows:
        assert row[name] not in found, (name, row[name])
        found[row[name]] = row
    return found


def known(rows: Iterable[Row], name: str) -> list:
    return [row[name] for row in rows if row[name] is not None]


def total(rows: Iterable[Row], name: str):
    """Return the sum of what is known; None where nothing is."""
    values = known(rows, name)
    return sum(values[1:], values[0]) if values else None


def most(rows: Iterable[Row], name: str):
    return max(known(rows, name), default=None)


def least(rows: Iterable[Row], name: str):
    return min(known(rows, name), default=None)


def first_known(*values):
    return next((value for value in values if value is not None), None)


def keyed(names: str, key: tuple) -> Row:
    """Return the cells of a key under the names of its columns."""
    return dict(zip(names.split(), key, strict=True))


def as_flag(value: bool | None) -> int | None:
    return None if value is None else int(value)
