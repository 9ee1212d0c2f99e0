"""Distinct counts and maxima are never summed: over months, or over units."""

import re
from datetime import date

import pandas as pd
import pytest

from anomaly.errors import PolicyError
from anomaly.features.builder import all_steps
from anomaly.features.indicator import UNITS, Indicator, indicators, of_unit
from anomaly.leads import pooling, scoring

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
# Columns of steps that hold a distinct count or an extreme of something finer than
# a unit and month, which may be added: what each row of the step stands for.
FINER = {
    "doctor_day.places": "places of one day, asked only whether they are several",
    "stay_fact.has_infection": "of one stay",
    "stay_fact.has_complication": "of one stay",
    "visit_fact.has_watched": "of one visit",
    "visit_fact.insured_district": "of one visit",
    "visit_fact.prescriptions": "orders of one visit",
    "visit_fact.visit_class": "of one visit",
}
AGGREGATE = re.compile(r"(?:count\(\s*DISTINCT|\bmax\(|\bmin\()")


def rows(indicator: str, months=(MAY, JUNE)) -> pd.DataFrame:
    cells = {"unit_id": "D1", "indicator": indicator, "spread": float("nan")}
    cells |= {"numerator": 3.0, "denominator": 1.0, "n": 4, "value": 3.0}
    return pd.DataFrame([cells | {"month": pd.Timestamp(month)} for month in months])


def columns_of_extremes(sql: str) -> set[str]:
    """Return the columns that a step makes by a distinct count or an extreme."""
    found = set()
    for match in AGGREGATE.finditer(sql):
        depth, end = 0, match.start()
        for end in range(match.start(), len(sql)):
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            if sql[end] == ")" and not depth:
                break
        named = re.match(r"\)\s*AS (\w+)", sql[end:])
        if named:
            found.add(named[1])
    return found


def test_months_of_an_additive_indicator_add_up():
    (row,) = pooling.pooled(rows("visits"), [MAY, JUNE]).to_dict("records")
    assert (row["numerator"], row["n"]) == (6, 8)


@pytest.mark.parametrize(
    "indicator", [name for name, one in indicators().items() if not one.additive]
)
def test_months_of_any_other_are_refused(indicator):
    with pytest.raises(PolicyError, match=f"{indicator}: months of them are not added"):
        pooling.pooled(rows(indicator), [MAY, JUNE])


def test_persons_of_two_months_are_not_added_among_others():
    frame = pd.concat([rows("visits"), rows("patients")])
    with pytest.raises(PolicyError, match="patients"):
        pooling.pooled(frame, [MAY, JUNE])


@pytest.mark.parametrize("unit", UNITS)
def test_evidence_and_growth_rest_on_additive_indicators(unit):
    assert all(test.indicator.additive for test in scoring.tests_of(unit))
    assert all(record.additive for record in of_unit(unit) if record.growth)


@pytest.mark.parametrize("key", ["alert", "growth"])
def test_a_record_that_adds_what_does_not_add_is_refused(key):
    cells = vars(indicators()["patients"]) | {key: True}
    with pytest.raises(PolicyError, match="these do not add"):
        Indicator(**cells)


def test_an_additive_indicator_adds_no_distinct_count_of_its_step():
    found = {}
    for record in indicators().values():
        words = set(re.findall(r"\w+", record.texts))
        for unit in record.units if record.additive else ():
            step = all_steps()[record.step_of(unit)]
            for column in words & columns_of_extremes(step.sql):
                found.setdefault(f"{step.name}.{column}", set()).add(record.id)
    assert set(found) == set(FINER), found


def test_the_search_sees_what_it_should():
    sql = all_steps()["district_enrolled"].sql
    assert columns_of_extremes(sql) == {"persons"}
    assert not indicators()["admit_rate"].additive
