"""The tables of pictures over drawn worlds: every number known beforehand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawn_case import DEAR, OTHERS
from drawn_case import MONTH as CASE_MONTH
from drawn_company import MONTH, company_world
from drawn_indicators import load_world

import anomaly
from anomaly.errors import UsageError
from anomaly.leads.contributions import contributions
from anomaly.leads.headings import FRAMES, headed, headings, kind_of, spelt
from anomaly.leads.ranking import judge
from anomaly.periods import parse_month

DEAREST = "fee_per_visit_outpatient"


@pytest.fixture(scope="module")
def store(case_store):
    return case_store


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    opened = anomaly.open_store(load_world(folder, company_world()))
    yield opened
    opened.store.close()


def test_visits_come_in_order_with_their_day_and_house(company):
    found = company.visits_of("PA", MONTH, months=1)
    days = found["day"].dt.strftime("%d").tolist()
    assert days == ["04", "05", "06", "06", "10"]  # the stay on the day it began
    assert found["institution_name"].tolist()[-1] == "乙区测试医院"
    assert found["visit_class"].tolist()[-1] == "inpatient"
    assert found["total_fee"].sum() == 4 * 100 + 900
    assert len(company.visits_of("PA", MONTH, months=2)) == 6


def pairs(found) -> dict:
    names = ["insured_id", "companion_id", "days"]
    return {(a, b): days for a, b, days in found[names].to_numpy().tolist()}


def test_companions_share_days_not_visits_nor_stays(company):
    """PB came twice on the 5th: a day is a day; PD's stay beside PA's is no company."""
    found = company.companions("PA", MONTH, days=1)
    assert pairs(found) == {("PA", "PB"): 3, ("PA", "PC"): 3, ("PB", "PC"): 2}
    (row,) = found[found["companion_id"] == "PB"].to_dict("records")
    assert str(row["first_day"])[:10] == "2026-04-29"
    assert row["institutions"] == 1
    both = found[(found["insured_id"] == "PA") & (found["companion_id"] == "PC")]
    assert both["institutions"].tolist() == [2]


def test_only_pairs_with_enough_days_are_told(company):
    assert set(pairs(company.companions("PA", MONTH))) == {("PA", "PB"), ("PA", "PC")}
    assert pairs(company.companions("PA", MONTH, months=1)) == {("PA", "PC"): 3}
    assert company.companions("PD", MONTH).empty


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda s: s.visits_of("PZ", MONTH), "insured 'PZ': no visit from"),
        (lambda s: s.companions("P'Z", MONTH), "insured 'P'Z': no visit"),
        (lambda s: s.companions("PA", MONTH, days=0), "days 0"),
        (lambda s: s.visits_of("PA", MONTH, months=0), "months 0"),
        (lambda s: s.visits_of("PA", "2020-01"), "month 2020-01"),
    ],
)
def test_what_cannot_be_told_is_refused(company, ask, told):
    with pytest.raises(UsageError, match=told):
        ask(company)


def test_a_unit_stands_among_the_peers_of_its_test(store):
    found = store.peer_values("doctor", "D00", CASE_MONTH, DEAREST)
    assert len(found) == OTHERS + 1
    (own,) = found[found["is_unit"]].to_dict("records")
    assert own["value"] == pytest.approx((2 * 94.5 + DEAR) / 3)
    assert own["expected_low"] < own["expected"] < own["expected_high"] < own["value"]
    assert found.loc[~found["is_unit"], "p"].isna().all()
    assert found["value"].is_monotonic_increasing
    assert set(found["name"]) == {"门诊次均费用"}


def test_the_course_is_the_unit_s_own_value_by_month(store):
    found = store.course("doctor", "D00", DEAREST, language="en")
    assert found["value"].tolist() == pytest.approx([94.5, 94.5, DEAR])
    assert set(found["name"]) == {"Fee per outpatient visit"}
    assert len(store.course("doctor", "D00", DEAREST, "2026-04")) == 2


def test_the_funnel_holds_every_unit_with_evidence(store):
    found = store.funnel_points("doctor", CASE_MONTH, DEAREST)
    assert len(found) == OTHERS + 1
    evidence = store.evidence("doctor", CASE_MONTH, DEAREST).set_index("unit_id")
    row = found.set_index("unit_id").loc["D00"]
    value, expected = evidence.loc["D00", ["value", "expected"]]
    assert row["oe"] == pytest.approx(value / expected)


def test_parts_add_up_to_the_risk_of_the_list(store):
    for lead in store.leads("doctor", CASE_MONTH).head(4).to_dict("records"):
        parts = store.contributions("doctor", lead["unit_id"], CASE_MONTH)
        assert parts["adds"].sum() == pytest.approx(lead["risk"], abs=1e-4)


def test_a_rule_is_a_part_with_its_yuan(store):
    """What was judged, with a rule's catch put in: it adds what risk counts for it."""
    found = judge(store.store, "doctor", parse_month(CASE_MONTH))
    caught = {"unit_id": "D00", "rule": "R22", "name": "单分钟多患者处方"}
    caught |= {"hits": 5, "amount": 999.0, "share": 0.5}
    sums = pd.DataFrame([caught])
    parts = contributions(replace(found, sums=sums), "D00")
    (rule,) = parts[parts["part"] == "rule"].to_dict("records")
    assert (rule["id"], rule["amount"]) == ("R22", 999)
    assert rule["name"] == "R22 单分钟多患者处方"
    # policy/tiers.toml: 1 x share x (5 + log10(1 + 999 / 1000))
    assert rule["adds"] == pytest.approx(0.5 * (5 + np.log10(1.999)))


def test_parts_follow_the_block_that_weighs_most(store):
    parts = store.contributions("doctor", "D00", CASE_MONTH)
    indicators = parts[parts["part"] == "indicator"]
    assert indicators["id"].iloc[0].startswith(DEAREST)
    assert indicators["adds"].is_monotonic_decreasing


def test_the_heat_map_holds_the_evidence_of_the_first_leads(store):
    heat = store.heat("doctor", CASE_MONTH, rows=3)
    leads = store.leads("doctor", CASE_MONTH).head(3)
    assert heat.index.tolist() == [
        f"{rank} {name}" for rank, name in leads[["rank", "unit_name"]].to_numpy()
    ]
    evidence = store.evidence("doctor", CASE_MONTH, DEAREST).set_index("unit_id")
    own = evidence.loc[leads["unit_id"]]
    assert heat["门诊次均费用"].tolist() == own["z"].tolist()
    p = store.heat("doctor", CASE_MONTH, rows=3, measure="p", language="en")
    told = p["Fee per outpatient visit"]
    assert told.tolist() == pytest.approx((-np.log10(own["p"])).tolist())


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda s: s.funnel_points("doctor", CASE_MONTH, "none"), "indicator 'none'"),
        (lambda s: s.peer_values("doctor", "D99", CASE_MONTH, DEAREST), "'D99': none"),
        (lambda s: s.peer_values("doctor", "D00", CASE_MONTH, "x"), "indicator 'x'"),
        (lambda s: s.contributions("doctor", "D99", CASE_MONTH), "'D99': none"),
        (lambda s: s.course("doctor", "D00", "none"), "indicator 'none'"),
        (lambda s: s.heat("doctor", CASE_MONTH, measure="q"), "measure 'q'"),
        (lambda s: s.leads("doctor", CASE_MONTH, headers="fr"), "headers 'fr'"),
        (lambda s: s.hits(CASE_MONTH, headers="fr"), "headers 'fr'"),
        (lambda s: s.features("doctor", headers="fr"), "headers 'fr'"),
    ],
)
def test_what_the_month_does_not_have_is_refused(store, ask, told):
    with pytest.raises(UsageError, match=told):
        ask(store)


def frames(store, company) -> dict[str, pd.DataFrame]:
    return {
        "leads": store.leads("doctor", CASE_MONTH),
        "evidence": store.evidence("doctor", CASE_MONTH),
        "hits": store.hits(CASE_MONTH),
        "features": store.features("doctor", CASE_MONTH),
        "cases": store.cases(),
        "visits": company.visits_of("PA", MONTH),
        "companions": company.companions("PA", MONTH),
        "contributions": store.contributions("doctor", "D00", CASE_MONTH),
        "tiers": store.tiers("doctor", CASE_MONTH),
        "repairs": store.repairs(CASE_MONTH),
        "coverage": store.coverage(),
        "accounts": store.accounts(),
        "rules": store.rules(),
        "recovery": store.expected_recovery("doctor", CASE_MONTH),
        "samples": store.samples(),
        "points": store.points_year(2026),
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_column_has_a_heading_of_its_own(store, company, language):
    known = frames(store, company)
    assert set(known) == set(FRAMES)
    for kind, frame in known.items():
        assert kind_of(frame) == kind
        names = headings(kind, language)
        assert [name for name in frame if name not in names] == []
        assert headed(frame, kind, language).columns.is_unique


def test_both_languages_name_the_same_columns():
    for kind in FRAMES:
        assert headings(kind, "zh").keys() == headings(kind, "en").keys()


def test_a_workspace_heads_its_frames_on_request(store, company):
    assert "风险" in store.leads("doctor", CASE_MONTH, headers="zh")
    assert "豁免理由" in store.hits(CASE_MONTH, headers="zh")
    assert "Numerator" in store.evidence("doctor", CASE_MONTH, headers="en")
    assert "抽样方差" in store.features("doctor", CASE_MONTH, headers="zh")
    assert "unit_id" in store.features("doctor", CASE_MONTH, wide=True, headers="zh")
    assert "日期" in company.visits_of("PA", MONTH, headers="zh")
    assert "同日同机构天数" in company.companions("PA", MONTH, headers="zh")
    assert "计入风险" in store.contributions("doctor", "D00", CASE_MONTH, headers="zh")
    # What is kept for the next question keeps its ids.
    assert "risk" in store.leads("doctor", CASE_MONTH)


def test_coded_cells_become_words():
    frame = pd.DataFrame(
        {
            "tier": ["red", "", "unknown"],
            "trend": ["new", "gone", ""],
            "peer_group": ["内科|2", None, "all"],
            "visits": [3.0, np.nan, 1.0],
            "excluded": [True, False, False],
        }
    )
    told = spelt(frame, "zh")
    assert told["tier"].tolist() == ["红色", "", "unknown"]
    assert told["trend"].tolist() == ["新出现", "已消失", ""]
    assert told["peer_group"].iloc[0] == "内科·二级"
    assert told["visits"].tolist() == [3, pd.NA, 1]
    assert told["excluded"].tolist() == ["是", "否", "否"]
