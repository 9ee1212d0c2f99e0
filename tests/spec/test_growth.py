"""Growth: derived from two months, told where the earlier one is not there."""

import json

import pandas as pd
import pytest
from drawn_indicators import load_world, worlds
from typer.testing import CliRunner

from anomaly.cli.main import app
from anomaly.features.growth import growths
from anomaly.features.indicator import UNITS
from anomaly.workspace import open_store

OWN = """
[mornings]
zh = "上午人次"
en = "Visits before noon"
units = ["doctor"]
kind = "count"
block = "volume"
direction = "context"
measure = "visits"
count = "*"
growth = true
why_it_matters = "本地关注。"
basis = "本地要求"
reviewed = 2026-11-22
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return load_world(tmp_path_factory.mktemp("growth"), worlds()["growth"])


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A store of one month, with nothing to measure growth against."""
    return open_store(load_world(tmp_path_factory.mktemp("alone"), worlds()["care"]))


def test_growth_comes_only_when_asked_for(root):
    store = open_store(root)
    plain = store.features("doctor", "2026-05")
    both = store.features("doctor", "2026-05", growth=True)
    assert set(plain["indicator"]).isdisjoint(growths())
    pd.testing.assert_frame_equal(both.iloc[: len(plain)], plain)
    grown = both.iloc[len(plain) :]
    assert set(grown["indicator"]) <= set(growths())
    assert (grown["month"] == plain["month"].iloc[0]).all()


def test_a_month_without_an_earlier_one_has_no_growth(root):
    store = open_store(root)
    found = store.features("doctor", "2025-05", growth=True)
    assert set(found["indicator"]).isdisjoint(growths())
    # The month before April is not in the store, nor is April a year ago.
    found = store.features("doctor", "2026-04", growth=True)
    assert set(found["indicator"]).isdisjoint(growths())


def test_each_month_of_all_has_its_own_growth(root):
    found = open_store(root).features("doctor", growth=True)
    grown = found[found["indicator"].isin(["visits_yoy", "visits_mom"])]
    assert set(grown["month"].astype(str).str[:7]) == {"2026-05"}


def test_who_had_nothing_before_has_no_growth(root):
    found = open_store(root).features("item", "2026-05", growth=True)
    ids = found.loc[found["indicator"] == "x_qty_yoy", "unit_id"]
    assert set(ids) == {"XJ01", "002101", "C03001"}
    assert found["value"].notna().all()


def test_what_cannot_be_derived_is_told(alone):
    for unit in UNITS:
        found = alone.features(unit, "2026-05", growth=True)
        assert set(found["indicator"]).isdisjoint(growths())
    told = alone.needs().set_index("id")
    for name, one in growths().items():
        assert not told.loc[name, "allowed"]
        assert told.loc[name, "kind"] == "growth"
        assert f"早 {-one.back} 个月的结算 (settlement)" in told.loc[name, "missing"]
    english = alone.needs("en").set_index("id")
    assert "12 months before" in english.loc["visits_yoy", "missing"][0]


def test_what_the_indicator_lacks_its_growth_lacks(alone, root):
    assert open_store(root).needs().set_index("id").loc["visits_yoy", "allowed"]
    told = open_store(root).needs().set_index("id")
    assert set(told.loc["x_qty", "missing"]) <= set(told.loc["x_qty_yoy", "missing"])


def test_an_analysts_own_record_grows_as_well(root, tmp_path):
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    store = open_store(root, indicators=tmp_path)
    found = store.features("doctor", "2026-05", growth=True).set_index("indicator")
    assert found.loc["mornings_yoy", "value"] == pytest.approx(0.5)
    wide = store.features("doctor", "2026-05", growth=True, wide=True, headers="zh")
    assert {"上午人次同比增长率", "服务人次环比增长率"} <= set(wide)


def test_the_command_writes_and_lists_growth(root, tmp_path):
    path = tmp_path / "doctors.csv"
    month = ["--month", "2026-05", "--unit", "doctor"]
    done = CliRunner().invoke(
        app,
        ["features", "write", "--store", str(root), *month, "--growth",
         "--out", str(path)],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "visits_mom" in set(pd.read_csv(path)["indicator"])
    done = CliRunner().invoke(app, ["features", "show", "visits_mom", "--json"])
    told = json.loads(done.output)
    assert (told["id"], told["zh"]) == ("visits_mom", "服务人次环比增长率")
    assert told["derived"] == "over the value 1 month ago, less 1"
    assert "FROM visit_fact" in told["formula"]["doctor"]
    done = CliRunner().invoke(app, ["features", "list", "--json"])
    rows = {row["indicator"]: row for row in json.loads(done.output)["indicators"]}
    # Leads ask for the change from a unit's own past, not for growth on one month.
    assert not rows["visits_yoy"]["alert"]
    assert not rows["visits_mom"]["alert"]
