"""Rows of an engine and of the reference: read, paired, compared cell by cell."""

import math
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow.parquet as pq

from anomaly.periods import parse_month
from anomaly.store.store import Store
from anomaly.tables import tables
from reference.rows import Row, Tables

TOLERANCE = 1e-9
# Where a difference is all that is left of two doubles, nought is not exact.
NOUGHT = 1e-12
SHOWN = 3


def stored(store: Store, scratch: Path) -> Tables:
    """Return every table and step that a store holds; rows by month say theirs."""
    found: Tables = {}
    parts = store.catalog.all_parts()
    for name in {*tables(), *(part.dataset for part in parts)}:
        if name in tables() and not tables()[name].month:
            found[name] = _read(store, name, None, scratch)
            continue
        months = sorted({part.month for part in parts if part.dataset == name})
        found[name] = [
            row | {"month": parse_month(month)}
            for month in months
            for row in _read(store, name, month, scratch)
        ]
    return found


def _read(store: Store, name: str, month: str | None, scratch: Path) -> list[Row]:
    """Return rows with their cells as they are: decimals exact, times as times."""
    view = store.show(name, None if month is None else [month])
    path = scratch / "read.parquet"
    store.engine.write(f"SELECT * FROM {view}", path)
    rows = pq.read_table(path).to_pylist()
    assert all(r.get("month", month) in (month, _day(month)) for r in rows if month)
    return rows


def _day(month: str | None) -> date | None:
    return month and parse_month(month)


def differences(found: Sequence[Row], expected: Sequence[Row]) -> str:
    """Return how two lists of rows differ, '' where they agree.

    A Fraction expected is a quotient that the engine rounds to its decimals: it
    must be the nearest one.
    """
    found = [{k: v for k, v in row.items() if k != "month"} for row in found]
    expected = [{k: v for k, v in row.items() if k != "month"} for row in expected]
    names = {frozenset(row) for row in [*found, *expected]}
    if len(names) > 1:
        return f"columns: {sorted(map(sorted, names), key=str)}"
    rough = {
        name
        for row in [*found, *expected]
        for name, cell in row.items()
        if isinstance(cell, float | Fraction)
    }
    exact = sorted({*(names.pop() if names else ())} - rough)
    order = sorted(rough)
    left, right = (
        sorted(rows, key=lambda row: _place(row, exact, order))
        for rows in (found, expected)
    )
    if len(left) == len(right) and all(map(_alike, left, right)):
        return ""
    return _told(left, right)


def _place(row: Row, exact: list[str], rough: list[str]) -> tuple:
    """Rows are paired by their exact cells, and then by the size of the others."""
    sizes = [-math.inf if row[name] is None else float(row[name]) for name in rough]
    return [_text(row[name]) for name in exact], sizes


def _text(cell: object) -> str:
    if isinstance(cell, Decimal | int) and not isinstance(cell, bool):
        return f"{Decimal(cell):.9f}"
    return repr(cell)


def _alike(one: Row, other: Row) -> bool:
    return all(same(cell, other[name]) for name, cell in one.items())


def same(found: object, expected: object) -> bool:
    """Say whether a cell is the expected one."""
    if found is None or expected is None:
        return found is expected
    if isinstance(expected, Fraction) and isinstance(found, Decimal):
        unit = Fraction(10) ** found.as_tuple().exponent
        apart = abs(Fraction(found) - expected)
        return apart <= unit / 2 + abs(expected) * Fraction(TOLERANCE) + Fraction(
            NOUGHT
        )
    if isinstance(expected, float) or isinstance(found, float):
        close = {"rel_tol": TOLERANCE, "abs_tol": NOUGHT}
        return math.isclose(float(found), float(expected), **close)
    return found == expected


def _told(found: list[Row], expected: list[Row]) -> str:
    missing = [r for r in expected if not any(_alike(f, r) for f in found)]
    extra = [r for r in found if not any(_alike(r, e) for e in expected)]
    lines = [f"{len(found)} rows, {len(expected)} expected"]
    for row, twin in zip(extra[:SHOWN], missing[:SHOWN], strict=False):
        odd = {k: (v, twin[k]) for k, v in row.items() if not same(v, twin[k])}
        lines.append(f"found, expected: {odd} of {row}")
    lines += [f"missing {row}" for row in missing[len(extra) : len(extra) + SHOWN]]
    lines += [f"unasked {row}" for row in extra[len(missing) : len(missing) + SHOWN]]
    return "\n".join(lines)
