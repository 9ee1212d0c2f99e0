"""Rows of an engine and of the reference: read, paired, compared cell by cell."""

import math
from collections.abc import Sequence
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
    """Return all that a store holds; rows kept by month say theirs.

    Of steps, just what the engine wrote; of tables, what it sees.
    """
    found: Tables = {name: [] for name in tables()}
    for part in store.catalog.all_parts():
        if part.dataset not in tables():
            rows = pq.read_table(store.root / part.path).to_pylist()
            month = parse_month(part.month)
            assert all(row.get("month", month) == month for row in rows)
            kept = found.setdefault(part.dataset, [])
            kept += [row | {"month": month} for row in rows]
    for name, table in tables().items():
        months = {part.month for part in store.parts(name)}
        for month in sorted(months) if table.month else [None]:
            rows = _seen(store, name, month, scratch)
            more = {"month": parse_month(month)} if month else {}
            found[name] += [row | more for row in rows]
    return found


def _seen(store: Store, name: str, month: str | None, scratch: Path) -> list[Row]:
    """Return a table's rows with their cells as they are: decimals stay exact."""
    view = store.show(name, None if month is None else [month])
    path = scratch / "seen.parquet"
    store.engine.write(f"SELECT * FROM {view}", path)
    return pq.read_table(path).to_pylist()


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
