"""The night-check list over a drawn world: hits, beds, nights, and what is missing."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from drawn_indicators import load_world
from drawn_visits import hits

from anomaly.inspection.night import COLUMNS, MONTH_SQL, STAYS_SQL, night_list
from anomaly.inspection.night_hits import lacking
from anomaly.inspection.units import BILLED_SQL, MASTER_SQL, units
from anomaly.policy.coverage import coverage_policy
from anomaly.store.store import Store

MAY = date(2026, 5, 1)
NIGHT = coverage_policy().night
# H1 has one bed and two in it from the 5th to the 9th, H2 ten beds, H9 no master's row.
# x ran over the month's end and was settled in June; y came and left on one day.
BILLS = """
id, institution_id, visit_type, settled_at, admitted_at, discharged_at, insured_id
a, H1, 21, 2026-05-09 12:00:00, 2026-05-05 09:00:00, 2026-05-09 11:00:00, P1
b, H1, 21, 2026-05-09 12:00:00, 2026-05-05 09:00:00, 2026-05-09 11:00:00, P2
c, H2, 21, 2026-05-23 12:00:00, 2026-05-13 09:00:00, 2026-05-23 11:00:00, P3
y, H2, 21, 2026-05-14 12:00:00, 2026-05-14 09:00:00, 2026-05-14 11:00:00, P4
d, H9, 21, 2026-05-09 12:00:00, 2026-05-09 09:00:00, 2026-05-09 11:00:00, P5
o, H7, 11, 2026-05-09 12:00:00, 2026-05-09 09:00:00, 2026-05-09 11:00:00, P6
p, R1, 41, 2026-05-09 12:00:00, 2026-05-09 09:00:00, 2026-05-09 11:00:00, P7
"""
LATER = "x, H2, 21, 2026-06-04 12:00:00, 2026-05-20 09:00:00, 2026-06-04 11:00:00, P8\n"
MASTERS = """
institution_id, institution_name, district, approved_beds, valid_from, valid_to
H1, 测试一院, 990101, 1, 2020-01-01,
H2, 测试二院, 990102, 10, 2026-05-20,
H8, 测试八院, 990102, 5, 2020-01-01, 2026-04-30
"""
WORLD = {"bills": BILLS + LATER, "tables": {"institution": MASTERS}}
FOUND = hits({"amount": 300.0}, {"rule": "R28", "amount": 100.01}, {"excluded": True})


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store.open(load_world(tmp_path_factory.mktemp("night"), WORLD))


@pytest.fixture(scope="module")
def listed(store):
    return night_list(store, MAY, FOUND)


def test_hung_beds_come_first_then_the_fullest(listed):
    assert tuple(listed.columns) == COLUMNS
    assert listed["institution_id"].tolist() == ["H1", "H2", "H9"]
    first = listed.iloc[0]
    assert first[["hung_bed_hits", "bed_hits", "rules"]].tolist() == [
        1,
        2,
        "R01×1 R28×1",
    ]
    assert first["bed_yuan"] == Decimal("400.01")
    assert listed["bed_yuan"].tolist()[1:] == [Decimal("0.00")] * 2


def test_beds_are_held_against_who_lay_in_them(listed):
    one, two, _ = listed.to_dict("records")
    # Two stays of four days over 31 days of one bed; ten days and one over 310.
    assert one["occupancy"] == round(8 / 31, 4)
    assert two["occupancy"] == round(11 / 310, 4)
    assert (one["peak_patients"], one["peak_occupancy"]) == (2, 2.0)
    assert one["peak_nights"] == "2026-05-05 2026-05-06 2026-05-07 2026-05-08"
    # The stay settled in June lay there in May; the stay of a day has no night.
    assert (two["peak_patients"], two["peak_nights"]) == (
        2,
        "2026-05-20 2026-05-21 2026-05-22",
    )
    # c came on a Wednesday, y on a Thursday.
    assert two["rest_admission_share"] == 0.0
    assert listed["rest_day_share"].between(0.2, 0.45).all()


def test_nights_to_go_lie_in_the_month_after(listed):
    for row in listed.to_dict("records")[:2]:
        nights = [date.fromisoformat(text) for text in row["go_on"].split()]
        assert len(nights) == NIGHT.nights
        assert {day.month for day in nights} == {6}
    # 5 to 8 May 2026 were Tuesday to Friday, each once of four or five in the month.
    assert listed.loc[0, "fullest_weekday"] in ("周二", "周三", "周四")
    assert listed.loc[0, "expected_patients"] == 0.5
    assert "核定床位 1 张" in listed.loc[0, "to_count"]


def test_what_could_not_be_told_is_said(listed):
    bare = listed.iloc[2]
    assert "approved_beds" in bare["missing"]
    assert bare[["beds", "occupancy", "peak_occupancy"]].isna().all()
    # Nobody lay there by night, and no rule caught anybody: no night is wasted on it.
    assert bare["go_on"] == ""
    assert "approved_beds" not in listed.loc[0, "missing"]
    assert "2026-06" not in " ".join(listed["missing"])


def test_a_month_whose_later_settlements_are_not_loaded_says_so(store):
    june = night_list(store, date(2026, 6, 1), FOUND, language="en")
    assert june["institution_id"].tolist() == ["H2"]
    assert "2026-07 is not loaded" in june.loc[0, "missing"]
    assert june.loc[0, "peak_nights"] == "2026-06-01 2026-06-02 2026-06-03"


def test_nights_that_are_not_settled_yet_do_not_lower_what_is_expected(store):
    policy = replace(NIGHT, fewest=0)
    june = night_list(store, date(2026, 6, 1), FOUND, policy)
    # One of the three Mondays up to the 20th; of all five it would be a fifth.
    assert june.loc[0, "expected_patients"] == 0.3
    assert night_list(store, date(2026, 6, 1), FOUND).loc[0, "go_on"] == ""


def test_a_store_without_beds_lists_all_the_same(tmp_path):
    keep = {
        "settlement": {
            *("settlement_id", "visit_id", "insured_id", "institution_id"),
            *("visit_type", "settled_at", "total_fee", "fund_pay"),
        },
        "visit": {"visit_id", "insured_id", "admitted_at"},
        "charge": {"line_id", "settlement_id", "fee_category", "line_amount"},
    }
    bare = Store.open(load_world(tmp_path, {"bills": BILLS, "keep": keep}))
    found = night_list(bare, MAY, FOUND)
    assert found["institution_id"].tolist() == ["H1", "H2", "H9"]
    assert found["occupancy"].isna().all()
    for word in ("approved_beds", "缺入院或出院时间", "charged_at", "R01"):
        assert found["missing"].str.contains(word).all(), word
    # What R01 caught is worth a visit, whatever else is unknown.
    assert "床位 未知" in found.loc[0, "to_count"]
    assert lacking(bare, NIGHT, "en")


def test_units_are_all_under_agreement_and_those_that_bill(store):
    found = units(store, date(2026, 5, 31)).set_index("unit_id")
    assert found["unit_kind"].to_dict() == {
        **dict.fromkeys(["H1", "H2", "H7", "H9"], "institution"),
        "R1": "pharmacy",
    }
    # Before the first month nothing is known; an agreement that is over has no row.
    assert found.loc["H1", "since"] == MAY
    assert found.loc["H2", "since"] == date(2026, 5, 20)
    # One that begins on the 20th is under agreement from then on.
    for day, begun in ((19, False), (20, True)):
        assert ("H2" in set(units(store, date(2026, 5, day))["unit_id"])) == begun
    assert "H8" in set(units(store)["unit_id"])


@pytest.mark.spark
@pytest.mark.parametrize("text", [STAYS_SQL, MONTH_SQL, MASTER_SQL, BILLED_SQL])
def test_its_questions_have_an_equal_in_spark(text):
    pytest.importorskip("sqlglot", reason="no sqlglot: make test-spark")
    from anomaly.store.transpile import to_spark

    assert to_spark(text).whole
