"""What looking into a lead may bring: amount, probability and grounds, drawn."""

import pandas as pd
import pytest

from anomaly.leads.ranking import Judgement
from anomaly.leads.recovery import expected_recovery


def judged() -> Judgement:
    frame = pd.DataFrame(
        {
            "unit_name": ["甲", "乙", "丙", "丁"],
            "institution_id": "H1",
            "district": "990101",
            "tier": ["orange", "yellow", "", ""],
            "rules": ["R02", "", "R20", ""],
            "excess_amount": [100.0, 1000.0, float("nan"), 9000.0],
        },
        index=pd.Index(["D1", "D2", "D3", "D4"], name="unit_id"),
    )
    evidence = pd.DataFrame(
        {
            "unit_id": ["D1", "D2", "D2"],
            "indicator": ["drug_share", "visits", "drug_share"],
            "p": [0.001, 0.002, 0.5],
            "decided": [0, 12, 0],
            "confirmed": [0, 3, 0],
        }
    )
    sums = pd.DataFrame(
        {
            "unit_id": ["D1", "D3"],
            "rule": ["R02", "R20"],
            "amount": [500.0, 40.0],
            "decided": [18, 2],
            "confirmed": [16, 2],
        }
    )
    return Judgement(frame, evidence, sums)


def decided(rows) -> pd.DataFrame:
    columns = ["unit_id", "rule", "indicator", "tier", "is_confirmed"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture(scope="module")
def found():
    others = [("X", None, None, "red", n < 15) for n in range(20)]
    return expected_recovery(judged(), decided(others)).set_index("unit_id")


def test_leads_are_ordered_by_what_they_may_bring(found):
    assert found.index.tolist() == ["D1", "D2", "D3"]
    # 17 of 20 of 500 yuan; 4 of 14 of 1,000; 16 of 22 of 40.
    assert found["expected"].tolist() == [425.0, 285.71, 29.09]
    assert found["amount"].tolist() == [500, 1000, 40]


def test_the_narrowest_grounds_with_enough_decisions_speak(found):
    # Of R20 two were decided, of its tier none: all leads together speak.
    assert found["grounds"].tolist() == ["R02", "visits", "all"]
    assert found["decided"].tolist() == [18, 12, 20]


def test_the_interval_is_that_of_the_share(found):
    inside = found["probability"].between(
        found["probability_lower"], found["probability_upper"]
    )
    assert inside.all()
    assert (found["expected_lower"] < found["expected"]).all()
    assert (found["expected"] < found["expected_upper"]).all()
    # Beta(17, 3), from tables of the distribution.
    low, high = found.loc["D1", ["probability_lower", "probability_upper"]]
    assert (low, high) == pytest.approx((0.6686, 0.9662), abs=5e-4)


def test_nothing_decided_leaves_the_prior():
    told = expected_recovery(judged(), decided([])).set_index("unit_id")
    assert told.loc["D3", "probability"] == pytest.approx(3 / 4)
    assert told.loc["D3", "grounds"] == "R20"


def test_no_lead_nothing_to_recover():
    empty = judged()
    frame = empty.frame.assign(tier="", rules="")
    told = expected_recovery(Judgement(frame, empty.evidence, empty.sums), decided([]))
    assert told.empty
