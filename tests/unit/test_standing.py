"""How a lead stands beside the month before, and what decisions make of a rule."""

from datetime import date

import pandas as pd
import pytest
from drawn_indicators import load_world, worlds

from anomaly.leads.feedback import (
    confirmed_shares,
    of_others,
    of_record,
    precision,
    shrunk,
)
from anomaly.leads.ranking import trend
from anomaly.store.store import Store


def judged(**units: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        list(units.values()), index=list(units), columns=["tier", "rules", "risk"]
    )


def test_a_lead_is_new_rises_falls_stays_or_goes():
    now = judged(
        a=("yellow", "", 3.0), b=("", "R22", 3.0), c=("red", "", 3.0),
        d=("red", "", 3.0), e=("", "", 3.0), f=("", "", 0.1), g=("red", "", 3.0),
    )  # fmt: skip
    before = judged(
        a=("", "", 2.0), b=("", "R22", 2.0), c=("red", "", 4.0),
        d=("red", "", 3.1), e=("orange", "", 3.0), f=("", "", 0.1),
    )  # fmt: skip
    told = trend(now, before).to_dict()
    assert told == {
        "a": "new", "b": "rising", "c": "falling", "d": "steady", "e": "gone",
        "f": "", "g": "new",
    }  # fmt: skip


def test_a_confirmed_share_starts_at_the_prior_and_follows_decisions():
    confirmed, decided = pd.Series([0, 9, 0]), pd.Series([0, 10, 10])
    assert shrunk(confirmed, decided).tolist() == pytest.approx(
        [1 / 2, 10 / 12, 1 / 12]
    )


def test_only_what_was_decided_by_the_months_end_weighs(tmp_path):
    world = worlds()["care"] | {
        "tables": {
            "finding": "unit_kind, unit_id, month, rule, state, decided_on\n"
            "doctor, D1, 2026-04, R22, confirmed, 2026-05-10\n"
            "doctor, D2, 2026-04, R22, dismissed, 2026-06-02\n"
            "doctor, D3, 2026-04, R22, notified, 2026-05-02"
        }
    }
    store = Store.open(load_world(tmp_path, world))
    may, june = (confirmed_shares(store, date(2026, m, 1)) for m in (5, 6))
    assert may.loc["R22", ["decided", "confirmed"]].tolist() == [1, 1]
    assert june.loc["R22", ["decided", "confirmed"]].tolist() == [2, 1]


def decided(*rows) -> pd.DataFrame:
    columns = ["unit_id", "rule", "indicator", "tier", "is_confirmed"]
    return pd.DataFrame(rows, columns=columns)


def test_a_units_own_decisions_do_not_weigh_in_its_risk():
    found = decided(
        ("D1", "R22", None, "", True),
        ("D1", "R22", None, "", True),
        ("D2", "R22", None, "", False),
        ("D3", "R01", None, "", True),
    )
    asked = pd.DataFrame({"unit_id": ["D1", "D2", "D9"], "rule": ["R22"] * 3})
    told = of_others(found, asked, "rule")
    assert told["decided"].tolist() == [1, 2, 3]
    assert told["confirmed"].tolist() == [0, 2, 2]
    assert told["share"].tolist() == pytest.approx([1 / 3, 3 / 4, 3 / 5])
    nobody = of_others(decided(), asked, "rule")
    assert nobody["share"].tolist() == [0.5] * 3


def test_what_derives_from_an_indicator_counts_as_it():
    names = ["visits", "visits_change", "visits_yoy", "fee_per_visit_outpatient_mom"]
    told = [of_record(name) for name in names]
    assert told == ["visits", "visits", "visits", "fee_per_visit_outpatient"]


def test_precision_has_the_interval_of_its_beta_posterior():
    rows = [("D", "R22", None, "red", n < 9) for n in range(10)]
    told = precision(decided(*rows)).set_index(["by", "key"])
    assert set(told.index) == {("rule", "R22"), ("tier", "red")}
    row = told.loc[("rule", "R22")]
    assert (row["decided"], row["confirmed"]) == (10, 9)
    # Beta(10, 2): mean 5/6; quantiles from tables of the distribution.
    assert row["share"] == pytest.approx(10 / 12)
    assert (row["lower"], row["upper"]) == pytest.approx((0.5872, 0.9772), abs=5e-4)
