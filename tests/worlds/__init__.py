"""Drawn worlds of a few hundred rows: the canonical tables of a small bureau.

A world is expanded from a seed and a few shape parameters, so that drawing it costs
nothing and a failure shrinks towards fewer bills, months and columns.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from anomaly.periods import shift
from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store
from anomaly.tables import tables
from worlds.bills import Bills
from worlds.masters import masters

# The last month: a leap day, the turn of a year, holidays, a year not announced.
LAST = (date(2026, 5, 1), date(2026, 1, 1), date(2024, 2, 1), date(2025, 10, 1))
LAST = (*LAST, date(2026, 3, 1), date(2027, 2, 1), date(2025, 12, 1))
# How far back the other months may lie; a look-back of a year ends between 11 and 13.
BACK = (1, 2, 3, 4, 11, 12, 13)
OPTIONAL = (
    "institution pharmacy doctor enrolment diagnosis case_group list_upload review"
    " stock trace_code finding budget"
).split()
REQUIRED = ("settlement", "visit", "charge")


@dataclass(frozen=True)
class Shape:
    """What a world is expanded from.

    ``sameness`` is how often a choice falls on the first of its values: from 0, all
    sorts of everything, to 1, one doctor who does one thing. ``bulk`` adds a batch
    uploaded twice; ``mismapped``, an institution that confuses fee categories.
    """

    seed: int
    last: date
    back: tuple[int, ...]
    bills: int
    persons: int
    places: int
    sameness: float
    bulk: bool
    mismapped: bool
    without: frozenset[str]

    @property
    def months(self) -> list[date]:
        return sorted(shift(self.last, -back) for back in {0, *self.back})


# A world with something for every step.
RICH = Shape(
    seed=813651,
    last=date(2026, 5, 1),
    back=(1, 2, 12),
    bills=180,
    persons=12,
    places=3,
    sameness=0.3,
    bulk=True,
    mismapped=True,
    without=frozenset(),
)


@cache
def droppable() -> list[str]:
    """Return the columns that a world has and a bureau's exports may lack."""
    plain = Shape(0, LAST[0], (1,), 60, 5, 3, 0.0, True, False, frozenset())
    return [
        f"{name}.{column.name}"
        for name, rows in drawn(plain).items()
        for column in tables()[name].stored
        if not column.required
        and column.name not in tables()[name].key
        and any(column.name in row for row in rows)
    ]


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """Draw what a world is made from; small and plain where it shrinks."""
    gone = st.sampled_from([*OPTIONAL, *droppable()])
    return Shape(
        seed=draw(st.integers(0, 10**6)),
        last=draw(st.sampled_from(LAST)),
        back=tuple(draw(st.lists(st.sampled_from(BACK), max_size=3, unique=True))),
        bills=draw(st.integers(10, 180)),
        persons=draw(st.integers(1, 14)),
        places=draw(st.integers(1, 4)),
        sameness=draw(st.sampled_from([0.0, 0.3, 0.6, 0.9])),
        bulk=draw(st.booleans()),
        mismapped=draw(st.booleans()),
        without=frozenset(draw(st.lists(gone, max_size=8, unique=True))),
    )


def drawn(shape: Shape) -> dict[str, list[dict[str, str]]]:
    """Expand a world: canonical tables whose cells are text, as an export has them."""
    rng = Random(shape.seed)  # noqa: S311 - drawn data, nothing secret
    bills = Bills(rng, shape)
    bills.draw()
    return bills.tables() | masters(rng, shape, bills)


def write(
    folder: Path, given: dict[str, list[dict]], without: Iterable[str] = ()
) -> Path:
    """Write tables as CSV files under canonical names, some of them or of their
    columns left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in given.items():
        if name in without or not rows:
            continue
        used = {key for row in rows for key in row}
        header = [
            column.name
            for column in tables()[name].stored
            if column.name in used and f"{name}.{column.name}" not in without
        ]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, header, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def load_tables(
    given: dict[str, list[dict]], folder: Path, without: Iterable[str] = ()
) -> Path:
    """Load tables into a fresh store; return where it lies.

    What stays outside would leave the world poorer than it says: nothing may.
    """
    store = Store.create(folder / "store")
    report = load(store, [write(folder / "export", given, without)], load_mapping())
    lost = {n: a for n, a in report.accounts.items() if a.quarantined or a.duplicate}
    store.close()
    assert not lost, lost
    return folder / "store"


def load_into(shape: Shape, folder: Path) -> Path:
    """Load a world into a fresh store; return where it lies."""
    return load_tables(drawn(shape), folder, shape.without)
