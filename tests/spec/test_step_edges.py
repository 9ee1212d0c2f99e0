"""Steps at their edges, one small world: what counts once, what is not known."""

from datetime import date
from decimal import Decimal

import pytest
from drawn_indicators import tables_of
from reference.agreement import stored
from reference.rows import of
from reference.settings import steps
from worlds import load_tables

from anomaly.store.steps import Runner
from anomaly.store.store import Store

MAY = date(2026, 5, 1)
BILLS = """
id, insured_id, institution_id, attending_doctor_id, visit_type, settled_at, total_fee, fund_pay, pay_account, hospital_level, admitted_at, discharged_at
a1, PA, H1, D1, 11, 2026-05-06 10:00:00, 100, 60, , , ,
a2, PA, H1, D1, 11, 2026-05-06 11:00:00, 100, 60, , , ,
b1, PB, H1, D1, 11, 2026-05-06 10:00:00, 100, 60, , , ,
c1, PC, H1, D1, 21, 2026-04-28 10:00:00, 100, 60, , , 2026-04-20 08:00:00, 2026-04-28 09:00:00
c2, PC, H1, D1, 21, 2026-05-12 10:00:00, 100, 60, , , 2026-04-20 08:00:00, 2026-04-28 09:00:00
d1, PD, H1, D1, 21, 2026-04-10 10:00:00, 100, 60, , , 2026-04-02 08:00:00, 2026-04-10 09:00:00
d2, PD, H1, D1, 21, 2026-05-12 10:00:00, 100, 60, , , 2026-05-10 08:00:00, 2026-05-12 09:00:00
g1, PG, H1, D1, 21, 2026-05-12 10:00:00, 100, 60, , , 2026-05-10 08:00:00, 2026-05-12 09:00:00
g2, PG, H1, D1, 21, 2026-05-12 11:00:00, 100, 60, , , 2026-05-10 08:00:00, 2026-05-12 09:00:00
h1, PH, H1, D1, 21, 2026-05-04 10:00:00, 100, 60, , , 2026-01-30 08:00:00, 2026-05-04 09:00:00
i1, PI, H1, D1, 11, 2026-02-06 10:00:00, 100, 60, , , ,
j1, PJ, H1, D1, 11, 2026-05-06 10:00:00, 100, 60, 31, , ,
k1, PK, H9, DK, 11, 2026-05-06 10:00:00, 100, 60, , 01, ,
k2, PK, H9, DK, 11, 2026-05-07 10:00:00, 100, 60, , 08, ,
l1, PL, H1, D1, 11, 2026-04-30 10:00:00, 100, 60, , , ,
l2, PL, H1, D1, 11, 2026-05-01 10:00:00, 100, 60, , , ,
m1, PM, H1, D1, 11, 2026-05-06 10:00:00, 100, 60, , , ,
n1, PN, H1, D1, 11, 2026-05-06 10:00:00, 100, 60, , , ,
n2, PN, H1, D1, 11, 2026-05-06 11:00:00, -30, -10, , , ,
n3, PN, H1, D1, 11, 2026-05-08 10:00:00, 100, 60, , , ,
n4, PN, H1, D1, 11, 2026-05-08 11:00:00, -100, -60, , , ,
n5, PN, H1, D1, 11, 2026-05-09 10:00:00, 100, 60, , , ,
o1, PO, H7, D1, 11, 2026-05-06 10:00:00, 100, 60, , , ,
"""  # noqa: E501 - a table reads better whole
LINES = """
bill, national_item_code, fee_category, quantity, line_amount, order_no, charged_at, local_item_name
a1, XA10B1, 09, 1,  50, OX, ,
a2, XA10B1, 09, 1,  50, OX, ,
b1, ,       03, 1,  60, OB, , 头颅CT
b1, ,       03, 1,  40, OB, , 血常规
l1, XL0001, 09, 1,  10, OL, 2026-04-30 09:00:00,
l2, XL0001, 09, 1,  20, OM, 2026-04-30 09:00:00,
m1, XM0001, 09, 3,  30, OP, 2026-05-05 09:00:00,
m1, XM0001, 09, -1, -10, OP, 2026-05-06 09:00:00,
"""  # noqa: E501
TABLES = {
    "institution": """
institution_id, institution_name, district, level, longitude, latitude, approved_beds
H1, 甲区测试医院, 990101, 2, 120.0, 30.0, 10
H7, 甲区测试七院, 990101, 2, 120.0, ,
H9, 甲区测试九院, 990101, , 120.0, ,
""",
    "doctor": """
doctor_id, doctor_name
D1, 测试医师一
DK, 测试医师二
""",
    "case_group": """
settlement_id, group_code, cc_level
Sg1, GJ31, MCC
Sg2, GJ31, none
""",
    "stock": """
institution_id, national_item_code, month, opening, purchased
H1, XM0001, 2026-05, 1,
""",
    "budget": """
district, month, budget, balance
990101, 2026-02, 1, 5000
990101, 2026-03, 10, 5000
990101, 2026-04, 100, 5000
990101, 2026-05, 1000, 5000
""",
    "trace_code": """
trace_code, settlement_id, scanned_at
T1, Sn1, 2026-05-06 10:00:00
T1, Sn2, 2026-05-06 11:00:00
T2, Sn3, 2026-05-08 10:00:00
T2, Sn5, 2026-05-09 10:00:00
T3, Sn1, 2026-05-06 10:00:00
T3, Sn5, 2026-05-09 10:00:00
""",
}


def edges() -> dict[str, list[dict]]:
    """Return the world's tables; what a block of rows cannot say is put in here."""
    found = tables_of({"bills": BILLS, "lines": LINES, "tables": TABLES})
    visits = {row["visit_id"]: row for row in found["visit"]}
    for again, first in (("a2", "a1"), ("c2", "c1"), ("g2", "g1")):
        del visits[f"V{again}"]
        for row in [*found["settlement"], *found["charge"]]:
            if row["visit_id"] == f"V{again}":
                row["visit_id"] = f"V{first}"
    visits["Vd2"]["admitted_at"] = ""
    for row in found["settlement"]:
        if row["settlement_id"] in ("Sn2", "Sn4"):
            original = {"Sn2": "Sn1", "Sn4": "Sn3"}[row["settlement_id"]]
            row |= {"is_refund": "1", "original_settlement_id": original}
    for row in found["charge"]:
        if row["settlement_id"] == "Sb1":
            row["national_item_code"] = ""
    return found | {"visit": [*visits.values()]}


@pytest.fixture(scope="module")
def step(tmp_path_factory):
    """A function that returns the rows of a step in May, with some cells."""
    folder = tmp_path_factory.mktemp("edges")
    store = Store.open(load_tables(edges(), folder))
    Runner(store, steps()).run([MAY])
    tables = stored(store, folder)
    store.close()

    def rows(name: str, **cells: object) -> list[dict]:
        of_month = of(tables[name], MAY)
        return [row for row in of_month if cells.items() <= row.items()]

    return rows


def test_an_order_billed_in_two_settlements_of_a_visit_is_one_prescription(step):
    (visit,) = step("visit_fact", visit_id="Va1")
    assert (visit["total_fee"], visit["prescriptions"]) == (200, 1)


def test_without_a_national_code_items_are_told_by_name(step):
    (bill,) = step("settlement_net", settlement_id="Sb1")
    assert (bill["exam_fee"], bill["ct_fee"]) == (100, 60)


def test_a_stay_settled_in_two_months_is_one_stay_of_the_year(step):
    (person,) = step("insured_year", insured_id="PC")
    assert person["stays"] == 1


def test_a_stay_settled_in_two_months_lies_in_one_bed(step):
    # PC's stay, and PH's that began in January.
    (night,) = step("institution_census", day=date(2026, 4, 25))
    assert (night["patients"], night["beds"]) == (2, 10)


def test_of_a_stay_that_began_nobody_knows_when_no_gap_is_told(step):
    assert step("insured_gap", insured_id="PD") == []


def test_a_stay_of_unknown_length_has_no_bed_days(step):
    (stay,) = step("stay_fact", visit_id="Vd2")
    assert (stay["days"], stay["bed_days"]) == (None, None)


def test_the_worst_of_a_stays_groups_counts(step):
    (stay,) = step("stay_fact", visit_id="Vg1")
    assert stay["has_complication"] == 1


def test_a_month_cut_short_has_no_share_of_days_off(step):
    (stay,) = step("stay_fact", visit_id="Vh1")
    assert (stay["is_rest_admission"], stay["rest_share"]) == (None, None)


def test_a_month_without_settlements_is_not_planned_for(step):
    (district,) = step("district_budget", district="990101")
    assert district["budget"] == 1101


def test_a_mean_week_runs_to_the_last_day_of_the_month(step):
    (person,) = step("insured_burst", insured_id="PJ")
    assert person["mean_of_a_week"] == 7


def test_a_tie_between_places_is_broken_the_same_way_each_time(step):
    (doctor,) = step("unit_doctor", unit_id="DK")
    assert (doctor["institution_id"], doctor["level"]) == ("H9", "1")


def test_a_day_settled_in_two_months_stands_in_their_order(step):
    (day,) = step("item_jump", national_item_code="XL0001")
    assert day["jump"] == 1


def test_what_is_given_back_is_taken_off_what_was_paid(step):
    (item,) = step("item_fact", national_item_code="XM0001")
    assert (item["quantity"], item["paid_quantity"]) == (Decimal(2), Decimal(2))


def test_of_purchases_not_known_nothing_is_missing(step):
    assert step("stock_balance", national_item_code="XM0001") == []


def test_a_code_given_back_is_not_scanned_twice(step):
    told = {row["trace_code"]: row["is_repeated"] for row in step("trace_use")}
    assert told == {"T1": 0, "T2": 0, "T3": 1}


def test_a_place_without_latitude_is_nowhere(step):
    (visit,) = step("insured_move", insured_id="PO")
    assert visit["is_impossible"] is None
