"""What an export lacks is told: no indicator goes missing without a word."""

import pytest
from drawn_indicators import load_world, worlds

from anomaly.features.indicator import UNITS, indicators
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
