"""The case file over drawn worlds: every frame with numbers known beforehand."""

import re

import pandas as pd
import pytest
from drawn_case import DEAR, MONTH, OTHERS, case_world
from drawn_indicators import load_world
from drawn_rules import worlds

import anomaly
from anomaly.errors import UsageError
from anomaly.leads import case_advice
from anomaly.leads.case_words import masked, texts
from anomaly.policy.read import policy
from anomaly.rules.rule import rules


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return anomaly.open_store(load_world(tmp_path_factory.mktemp("case"), case_world()))


@pytest.fixture(scope="module")
def case(store):
    return store.case_file("doctor", "D00", month=MONTH)


def one(frame: pd.DataFrame, indicator: str) -> pd.Series:
    return frame[frame["indicator"] == indicator].iloc[0]


def test_who_is_the_row_of_the_list(store, case):
    row, lead = case.who.iloc[0], store.leads("doctor", MONTH).iloc[0]
    assert row["unit_name"] == "测试医师00"
    assert (row["department"], row["level"], row["district"]) == (
        "内科",
        "二级",
        "990101",
    )
    assert (row["rank"], row["ranked"]) == (1, OTHERS + 1)
    for name in ("risk", "tier", "line", "p", "excess_amount", "persistence"):
        assert row[name] == lead[name]


def test_the_reasons_are_those_of_the_list(store, case):
    assert "；".join(case.reasons) == case.who["reasons"].iloc[0]
    english = store.case_file("doctor", "D00", month=MONTH, language="en")
    assert "; ".join(english.reasons) == english.who["reasons"].iloc[0]
    assert len(english.reasons) == len(case.reasons)


def test_an_indicator_stands_beside_its_peers(case):
    row = one(case.indicators, "fee_per_visit_outpatient")
    # March and April at 90 + the visit's number, May at 400.
    assert row["value"] == pytest.approx((2 * 94.5 + 400) / 3)
    assert row["peer_rank"] == "第 1 位（共 25）"
    assert row["expected_low"] < row["expected"] < row["expected_high"] < row["value"]
    assert "次均费用" in row["sentence"]


def test_the_excess_is_that_of_the_list(case):
    notable = case.indicators[case.indicators["p"] < 0.05]
    assert notable["excess_amount"].max() == pytest.approx(
        case.who["excess_amount"].iloc[0], abs=0.01
    )


def test_the_peers_are_named_and_counted(store, case):
    row = one(case.peers, "fee_per_visit_outpatient")
    assert row["group"] == "内科·二级"
    assert row["compared_by"] == "科室×级别"
    assert (row["fallback"], row["few"], row["peers"]) == (0, False, OTHERS)
    # Doctors 1 to 24 have means of 94.5 + their number.
    assert row["median"] == pytest.approx(94.5 + 12.5)
    evidence = store.evidence("doctor", MONTH)
    own = evidence[evidence["unit_id"] == "D00"].set_index("indicator")
    told = case.peers.set_index("indicator")["peers"]
    assert told.to_dict() == own["peers"].astype(int).to_dict()


def test_the_history_is_told_month_by_month(case):
    rows = case.history[case.history["indicator"] == "fee_per_visit_outpatient"]
    assert rows["value"].tolist() == pytest.approx([94.5, 94.5, 400])
    assert rows["peers_median"].tolist() == pytest.approx([107.0] * 3)
    assert rows["peers"].tolist() == [OTHERS] * 3


def test_items_are_shares_of_the_yuan_of_the_window(case):
    (row,) = case.items.to_dict("records")
    assert row["national_item_code"] == "XJ01"
    assert row["amount"] == 2 * 945 + 10 * DEAR
    assert row["visits"] == 30
    assert row["share"] == row["peers_share"] == 1
    assert row["patients_share"] == 1


def test_visits_stand_in_the_order_of_what_they_add(case):
    assert len(case.visits) == 10
    assert (case.visits["total_fee"] == DEAR).all()
    expected = one(case.indicators, "fee_per_visit_outpatient")["expected"]
    added = case.visits["beyond"].tolist()
    assert added == pytest.approx([DEAR - expected] * 10, abs=0.01)


def test_lines_lead_back_to_the_export(case):
    assert set(case.lines["visit_id"]) == set(case.visits["visit_id"])
    assert case.lines["line_amount"].sum() == 10 * DEAR
    assert case.lines["line_id"].is_unique


@pytest.fixture(scope="module")
def hurried(tmp_path_factory):
    """A doctor who bills six persons within a minute, one of them for dialysis."""
    return anomaly.open_store(
        load_world(tmp_path_factory.mktemp("R22"), worlds()["R22"])
    )


def test_hits_stand_with_those_that_an_exclusion_lifts(hurried):
    case = hurried.case_file("doctor", "D1", month=MONTH)
    rows = case.hits[case.hits["rule"] == "R22"]
    counted = rows[~rows["excluded"]]
    assert sorted(counted["amount"]) == [10, 20, 30, 40, 50]
    (lifted,) = rows[rows["excluded"]].to_dict("records")
    assert (lifted["visit_id"], lifted["exclusion"]) == ("Va6", "透析")
    assert "hits" in set(case.action["action"])
    known = case.ordinary.set_index("reason")["explanations"]
    assert known["R22"] == rules()["R22"].must_not_catch
    check = case.checks.set_index("about").loc["R22"]
    assert (check["name"], check["basis"]) == (rules()["R22"].zh, rules()["R22"].basis)
    assert "R22" in case.lines["rules"].tolist()[0]


@pytest.mark.parametrize(
    ("unit", "unit_id"), [("institution", "H1"), ("insured", "P1"), ("doctor", "D3")]
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_few_and_small_units_have_case_files_too(hurried, unit, unit_id, language):
    case = hurried.case_file(unit, unit_id, month=MONTH, language=language)
    assert case.who["unit_id"].tolist() == [unit_id]
    assert len(case.visits)
    assert len(case._repr_html_()) > 1000


def test_what_would_make_it_ordinary_is_the_end_of_the_interval(case):
    row = case.ordinary[case.ordinary["reason"] == "fee_per_visit_outpatient"].iloc[0]
    known = one(case.indicators, "fee_per_visit_outpatient")
    assert row["limit"] == known["expected_high"]
    assert f"{known['expected_high']:,.2f}" in row["sentence"]
    assert "病情重" in row["explanations"]


def test_checks_and_actions_cite_a_clause(case):
    assert "price" in set(case.checks["about"])
    assert case.checks["basis"].str.len().min() > 0
    assert case.who["line"].iloc[0] == "预警"
    assert "warning" in set(case.action["action"])
    assert "297号 三" in case.action.set_index("action").loc["warning", "basis"]


def test_an_ordinary_unit_asks_for_nothing(store):
    case = store.case_file("doctor", "D12", month=MONTH, language="en")
    assert case.action["action"].tolist() == ["none"]
    assert case.action["basis"].tolist() == ["no notice provides for it"]
    assert len(case.ordinary) == 1  # the foremost is told anyway


@pytest.mark.parametrize(
    ("unit", "unit_id", "month", "language", "told"),
    [
        ("doctor", "D99", MONTH, "zh", "doctor 'D99': none in 2026-05"),
        ("doctor", "D00", "2020-01", "zh", "month 2020-01"),
        ("item", "XJ01", MONTH, "zh", "unit 'item'"),
        ("doctor", "D00", MONTH, "fr", "language 'fr'"),
    ],
)
def test_what_does_not_exist_is_refused_in_a_line(
    store, unit, unit_id, month, language, told
):
    with pytest.raises(UsageError, match=re.escape(told)) as refused:
        store.case_file(unit, unit_id, month=month, language=language)
    assert "\n" not in str(refused.value)


def test_frames_name_persons_and_pages_do_not(case):
    persons = set(case.visits["insured_id"])
    assert len(persons) == 10
    page = case._repr_html_()
    assert not [one for one in persons if one in page]
    assert masked(min(persons)) in page
    assert set(texts(case, "visits")["insured_id"]) == set(map(masked, persons))


def test_html_escapes_what_the_data_say(case):
    from dataclasses import replace

    odd = "<b>&amp;</b>"
    page = replace(case, who=case.who.assign(unit_name=odd))._repr_html_()
    assert odd not in page
    assert "&lt;b&gt;" in page


def test_every_block_and_rule_has_something_to_check():
    from anomaly.features.indicator import BLOCKS

    assert set(BLOCKS) <= set(policy("site_checks")["blocks"])
    assert set(case_advice.rule_checks()) == set(rules())
    for one in policy("actions")["actions"]:
        assert one["zh"]
        assert one["en"]
        assert one["basis"]
