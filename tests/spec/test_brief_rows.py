"""What a brief tells beside its list, on drawn worlds: leads, items, stages, draws."""

from datetime import date

import pandas as pd
import pytest
from drawn_case import MONTH, OTHERS, case_world
from drawn_indicators import load_world

import anomaly
from anomaly.casework.funnel import funnel

# District 990101 buys 80 of its 100 yuan of western drugs as item A, the two others
# 20 of 100 each; of Chinese drugs (Z) everybody buys the same.
LINES = """
bill, national_item_code, line_amount
1, XA01, 80
1, XB01, 20
2, XA01, 20
2, XB01, 80
3, XA01, 20
3, XB01, 80
1, ZC01, 10
2, ZC01, 10
3, ZC01, 10
"""
BILLS = """
id, institution_id, institution_district, total_fee
1, H1, 990101, 110
2, H2, 990102, 110
3, H3, 990103, 110
"""


@pytest.fixture(scope="module")
def case_store(tmp_path_factory):
    return anomaly.open_store(load_world(tmp_path_factory.mktemp("case"), case_world()))


def test_a_weighed_lead_says_ratio_place_checks_and_next_step(case_store):
    (row,) = case_store.weighed("doctor", ["D00"], MONTH).to_dict("records")
    assert row["indicator"] == "门诊次均费用"
    case = case_store.case_file("doctor", "D00", month=MONTH)
    found = case.indicators.set_index("indicator").loc["fee_per_visit_outpatient"]
    assert row["oe"] == pytest.approx(found["value"] / found["expected"])
    assert (row["place"], row["of"]) == (1, OTHERS + 1)
    assert row["checked"] == ["数据未见质量问题", "自身往期不足，未能与往期比较"]
    assert row["action"] == case.action["text"].iloc[0]
    assert row["basis"] == case.action["basis"].iloc[0]


def test_weighed_leads_keep_the_order_asked_for(case_store):
    asked = ["D05", "D00", "D03"]
    assert case_store.weighed("doctor", asked, MONTH)["unit_id"].tolist() == asked
    assert case_store.weighed("doctor", [], MONTH).empty


def test_an_ordinary_unit_has_its_place_and_no_clause(case_store):
    (row,) = case_store.weighed("doctor", ["D12"], MONTH).to_dict("records")
    assert 1 <= row["place"] <= row["of"]
    assert row["basis"] == "通知未规定"


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    world = {"bills": BILLS, "lines": LINES}
    store = anomaly.open_store(load_world(tmp_path_factory.mktemp("items"), world))
    return store.items(MONTH)


def test_an_item_is_held_to_the_mix_of_the_other_districts(items):
    row = items.set_index(["district", "item"]).loc[("990101", "XA01")]
    # Of 100 yuan the others spend a fifth on it.
    assert (row["amount"], row["expected"], row["oe"]) == (80, 20, 4)
    assert (row["excess_amount"], row["place"], row["of"]) == (60, 1, 3)
    assert row["persistence"] == 1
    assert pd.isna(row["amount_before"])
    assert (row["institution_name"], row["institution_share"]) == ("H1", 1)


def test_only_what_is_above_the_mix_is_listed(items):
    # The others' mix is half A, once the third district is one of them.
    listed = set(zip(items["district"], items["item"], strict=True))
    assert listed == {("990101", "XA01"), ("990102", "XB01"), ("990103", "XB01")}
    assert items["excess_amount"].is_monotonic_decreasing


def test_one_district_alone_is_compared_with_nobody(tmp_path):
    bills = "\n".join(BILLS.strip().splitlines()[:2])
    store = anomaly.open_store(
        load_world(tmp_path, {"bills": bills, "lines": LINES.replace("\n2,", "\n1,")})
    )
    assert store.items(MONTH).empty


def findings(*states: str, month: str = "2026-05") -> pd.DataFrame:
    rows = [("doctor", f"D{n}", month, s, 10.0) for n, s in enumerate(states)]
    columns = ["unit_kind", "unit_id", "month", "state", "amount"]
    return pd.DataFrame(rows, columns=columns)


def test_a_lead_counts_in_each_step_that_it_has_passed():
    found = findings("suspected", "notified", "decided", "dismissed", "restored")
    told = funnel(found, date(2026, 5, 1)).set_index("stage")
    assert told["count"].to_dict() == {
        "suspected": 5,
        "notified": 4,
        "decided": 3,
        "confirmed": 1,
        "dismissed": 1,
        "recovered": 1,
    }
    assert told["amount"]["suspected"] == 50


def test_twelve_months_count_and_no_more():
    old = findings("confirmed", month="2025-05")
    oldest = findings("confirmed", month="2025-06")
    future = findings("confirmed", month="2026-06")
    found = pd.concat([old, oldest, future])
    assert funnel(found, date(2026, 5, 1))["count"].max() == 1
    assert funnel(old, date(2026, 5, 1)).empty
