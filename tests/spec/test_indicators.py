"""Every indicator over a few drawn rows: what went in, the value that comes out."""

import pandas as pd
import pytest
from drawn_indicators import expectations, load_world, worlds

from anomaly.features.growth import growths
from anomaly.features.indicator import UNITS, indicators, of_unit
from anomaly.policy.read import policy
from anomaly.workspace import open_store

EXPECTED = expectations()


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """{(world, unit kind): FEATURES of its month}, each world loaded once."""
    found = {}
    for name, world in worlds().items():
        store = open_store(load_world(tmp_path_factory.mktemp(name), world))
        for unit in world["expect"]:
            growth = not growths().keys().isdisjoint(world["expect"][unit])
            frame = store.features(unit, world["month"], growth=growth)
            found[name, unit] = frame.set_index(["indicator", "unit_id"])
    return found


@pytest.mark.parametrize(
    ("world", "unit", "indicator", "unit_id", "value"),
    EXPECTED,
    ids=["-".join(case[:4]) for case in EXPECTED],
)
def test_the_value_is_the_drawn_one(computed, world, unit, indicator, unit_id, value):
    row = computed[world, unit].loc[(indicator, unit_id)]
    assert row["value"] == pytest.approx(value, rel=1e-9, abs=1e-9)
    assert row["numerator"] / row["denominator"] == pytest.approx(value, abs=1e-3)
    assert row["n"] > 0


def test_a_row_is_a_unit_and_an_indicator_once(computed):
    for frame in computed.values():
        assert not frame.index.duplicated().any()
        assert frame["value"].notna().all()


def test_every_indicator_is_drawn_for_a_unit_of_its_own():
    drawn = {(unit, indicator) for _, unit, indicator, *_ in EXPECTED}
    assert {name for _, name in drawn} == {*indicators(), *growths()}
    for unit, name in drawn:
        record = growths()[name].record if name in growths() else indicators()[name]
        assert unit in record.units


def test_every_indicator_says_what_why_and_on_which_clause():
    for record in indicators().values():
        for text in (record.zh, record.en, record.why_it_matters, record.basis):
            assert text.strip(), record.id
        assert record.units
        assert set(record.units) <= set(UNITS)


def test_only_calibrated_indicators_alert():
    care = {"drug_share", "fee_per_visit_inpatient", "fee_per_visit_outpatient"}
    stays = {"exam_share", "consumable_share", "one_day_stay_share", "readmit15_same"}
    expected = {
        "doctor": care | {"visits"},
        "institution": care | stays | {"visits"},
        "pharmacy": {"fee_per_visit_pharmacy", "visits"},
        "insured": {"p_visits"},
    }
    alerting = {
        unit: {record.id for record in of_unit(unit) if record.alerts(unit)}
        for unit in policy("peers")["chains"]
    }
    assert alerting == expected


def test_every_kind_of_unit_is_wide_with_headers_in_chinese(computed, tmp_path):
    store = open_store(load_world(tmp_path, worlds()["care"]))
    for unit in ("doctor", "doctor_item", "agency"):
        table = store.features(unit, "2026-05", wide=True, headers="zh")
        assert isinstance(table, pd.DataFrame)
        assert table["unit_id"].is_unique
        assert "indicator" not in table
    assert "服务人次" in store.features("doctor", "2026-05", wide=True, headers="zh")
