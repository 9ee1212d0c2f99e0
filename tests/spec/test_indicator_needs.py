"""What an export lacks is told: no indicator goes missing without a word."""

import pytest
from drawn_indicators import load_world, tables_of, worlds

from anomaly.features.indicator import UNITS, indicators
from anomaly.leads.needs import columns_of, missing
from anomaly.tables import tables
from anomaly.workspace import open_store

# What every export has, and what tells institutions and items apart.
BARE = {
    "settlement": {
        "settlement_id",
        "visit_id",
        "insured_id",
        "institution_id",
        "settled_at",
        "visit_type",
        "total_fee",
        "fund_pay",
    },
    "visit": {"visit_id", "insured_id"},
    "charge": {"line_id", "settlement_id", "fee_category", "line_amount"},
}


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A store of an export that has nothing but what is required."""
    world = worlds()["persons"] | {"tables": {}, "keep": BARE}
    return open_store(load_world(tmp_path_factory.mktemp("bare"), world))


@pytest.fixture(scope="module")
def told(bare):
    return bare.needs().set_index("id")


def test_an_indicator_without_a_row_is_told_with_what_is_missing(bare, told):
    silent = [
        (unit, record.id)
        for unit in UNITS
        for found in [set(bare.features(unit, "2026-05")["indicator"])]
        for record in indicators().values()
        if unit in record.units
        and record.id not in found
        and not told.loc[record.id, "missing"]
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("name", "table", "column"),
    [
        ("persons", "charge", "national_item_code"),
        ("persons", "charge", "supply_days"),
        ("care", "review", "operator_id"),
        ("persons", "visit", "discharged_at"),
        ("beds", "visit", "discharged_at"),
    ],
)
def test_what_one_column_takes_along_is_told(tmp_path, name, table, column):
    world = worlds()[name]
    keep = {
        each: {one.name for one in tables()[each].columns} for each in tables_of(world)
    }
    keep[table].discard(column)
    store = open_store(load_world(tmp_path, world | {"keep": keep}))
    told = store.needs().set_index("id")["missing"]
    lost = [
        (unit, indicator)
        for unit, wanted in world["expect"].items()
        for found in [set(store.features(unit, world["month"])["indicator"])]
        for indicator in wanted
        if indicator not in found
    ]
    assert lost
    for _, indicator in lost:
        assert any(f"({table}.{column})" in text for text in told[indicator])


def test_a_column_is_named_by_both_its_names(told):
    assert told.loc["drug_hhi", "missing"]
    [text] = [one for one in told.loc["p_cap_usage", "missing"] if "insurance" in one]
    assert text == "结算·险种类型 (settlement.insurance_type)"


def test_an_absent_table_says_which_indicators_it_takes_along(bare):
    gaps = bare.coverage().set_index("what")["consequence"]
    assert " 项" in gaps["定点医疗机构 (institution)"]
    assert "可支付月数" in gaps["预算 (budget)"]
    english = bare.coverage("en").set_index("what")["consequence"]
    assert "Months the fund can pay" in english["预算 (budget)"]


def test_one_of_two_columns_that_stand_for_each_other_is_enough(tmp_path):
    world = worlds()["care"]
    store = open_store(load_world(tmp_path, world))
    told = store.needs().set_index("id")
    # No bill of that world says anyone's age or day of birth, nor their sex.
    missing = " ".join(told.loc["fee_oe", "missing"])
    assert "settlement.age" in missing
    assert "settlement.sex" in missing
    # The attending doctor is known, the district by the institution's master.
    assert told.loc["visits", "allowed"]
    assert told.loc["a_manual_share", "allowed"]


@pytest.mark.parametrize(
    ("table", "column", "indicator"),
    [
        ("visit", "discharged_at", "p_gap_min"),
        ("visit", "discharged_at", "bed_census_peak"),
        ("charge", "doctor_id", "ph_per_prescriber"),
        ("charge", "uploaded_at", "late_line_share"),
    ],
)
def test_what_nothing_in_the_formula_stands_in_for_is_told(table, column, indicator):
    used = columns_of(indicators()[indicator])
    assert missing(used, {(table, column)}) == {(table, column)}


@pytest.mark.parametrize(
    ("lacking", "indicator"),
    [
        (("visit", "discharged_at"), "alos"),
        (("visit", "stay_days"), "alos"),
        (("settlement", "age"), "fee_oe"),
        (("charge", "doctor_id"), "visits"),
        (("settlement", "agency_id"), "a_review_coverage"),
        (("pharmacy", "district"), "visits"),
    ],
)
def test_what_another_column_of_the_formula_gives_is_not_told(lacking, indicator):
    assert missing(columns_of(indicators()[indicator]), {lacking}) == set()
