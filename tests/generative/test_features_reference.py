"""A random world: FEATURES of every kind of unit against plain loops over its steps."""

from dataclasses import replace
from datetime import date

import pytest
from reference.agreement import same, stored
from reference.features import alike, features
from reference.settings import steps
from worlds import RICH, Shape, load_into

from anomaly.features.builder import datasets, features_step, formula
from anomaly.features.indicator import UNITS, Indicator, of_unit
from anomaly.periods import month_text, shift
from anomaly.store.steps import Runner
from anomaly.store.store import Store

# Fewer bills and columns, at the turn of a year.
POOR = replace(
    RICH,
    last=date(2026, 1, 1),
    back=(1,),
    bills=90,
    places=2,
    sameness=0.6,
    without=frozenset({"charge.order_no", "visit.stay_days"}),
)
RECORDS = [(unit, record) for unit in UNITS for record in of_unit(unit)]
ADDITIVE = [(unit, record) for unit, record in RECORDS if record.additive]
# Of a spread that is nought, what doubles leave: squared sums of a few thousand.
NOUGHT = 1e-12


def _name(value: str | Indicator) -> str:
    return value.id if isinstance(value, Indicator) else value


class Built:
    """A world with all that is made of it, for its last two months."""

    def __init__(self, shape: Shape, folder) -> None:
        self.months = [shift(shape.last, -1), shape.last]
        self.store = Store.open(load_into(shape, folder))
        made = [
            features_step(unit, records, name)
            for unit in UNITS
            for name, records in datasets(unit).items()
        ]
        Runner(self.store, [*steps(), *made]).run(self.months)
        self.tables = stored(self.store, folder)

    def rows(self, unit: str, indicator: str, month: date) -> dict[str, dict]:
        return {
            row["unit_id"]: row
            for name in datasets(unit)
            for row in self.tables[name]
            if row["month"] == month and row["indicator"] == indicator
        }

    def sums(
        self, unit: str, record: Indicator, months: list[date]
    ) -> dict[str, tuple]:
        """Return numerator and denominator by unit, over months taken together."""
        texts = [month_text(month) for month in months]
        self.store.show(record.step_of(unit), texts)
        frame = self.store.engine.frame(
            f"SELECT unit_id, CAST({record.id}__num AS DOUBLE) AS num,"
            f" CAST({record.id}__den AS DOUBLE) AS den"
            f" FROM ({formula(record, unit)}) f"
        )
        return {row.unit_id: (row.num, row.den) for row in frame.fillna(0).itertuples()}


@pytest.fixture(scope="module", params=[RICH, POOR], ids=["rich", "poor"])
def world(request, tmp_path_factory):
    found = Built(request.param, tmp_path_factory.mktemp("world"))
    yield found
    found.store.close()


@pytest.mark.parametrize(("unit", "record"), RECORDS, ids=_name)
def test_features_equal_the_plain_reference(world, unit, record):
    month = world.months[-1]
    found = world.rows(unit, record.id, month)
    expected = features(record, unit, world.tables, month)
    assert set(found) == set(expected)
    for name, cells in expected.items():
        row = found[name]
        assert row["n"] == cells["n"], name
        assert same(row["value"], cells["value"]), (name, row, cells)
        for column in ("numerator", "denominator"):
            assert abs(float(row[column]) - float(cells[column])) < 1e-4, (name, column)
        assert alike(row["spread"], cells["spread"], NOUGHT), (name, row, cells)


@pytest.mark.parametrize(("unit", "record"), ADDITIVE, ids=_name)
def test_additive_indicators_add_up_over_months(world, unit, record):
    before, now = (world.sums(unit, record, [month]) for month in world.months)
    both = world.sums(unit, record, world.months)
    for name in both:
        one, other = before.get(name, (0, 0)), now.get(name, (0, 0))
        assert both[name][0] == pytest.approx(one[0] + other[0], rel=1e-9, abs=1e-9)
        if record.kind not in ("count", "amount"):
            assert both[name][1] == pytest.approx(one[1] + other[1], rel=1e-9)


def test_what_does_not_add_would_be_wrong_if_added(world):
    """Persons seen in both months are one person of the two."""
    (patients,) = (one for one in of_unit("doctor") if one.id == "patients")
    before, now = (world.sums("doctor", patients, [month]) for month in world.months)
    both = world.sums("doctor", patients, world.months)
    added = sum(n for n, _ in [*before.values(), *now.values()])
    assert sum(n for n, _ in both.values()) < added
