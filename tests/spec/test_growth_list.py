"""Abnormal growth: who outgrew the peers, by how many yuan, and what is suggested."""

import json

import pandas as pd
import pytest
from drawn_indicators import load_world
from drawn_lines import world
from typer.testing import CliRunner

import anomaly
from anomaly.cli.main import app
from anomaly.leads.growing import COLUMNS


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return load_world(tmp_path_factory.mktemp("growth"), world())


@pytest.fixture(scope="module")
def grown(path):
    return anomaly.open_store(path).abnormal_growth("2026-06")


def test_those_that_grew_are_told_by_what_grew(grown):
    houses = grown[grown["unit_kind"] == "institution"]
    told = houses.groupby("unit_id")["indicator"].agg(sorted)
    assert told.to_dict() == {
        # Of 24 visits the total may well scatter so far, their mean may not.
        "H01": ["fee_per_visit_outpatient_change"],
        "H02": ["fee_per_visit_outpatient_change"],
        "H03": ["total_fee_change", "visits_change"],
    }
    doctors = grown[grown["unit_kind"] == "doctor"]
    assert set(doctors["unit_id"]) == {"D01", "D02", "D03"}
    assert list(grown.columns) == list(COLUMNS)


def test_growth_and_yuan_beyond_the_peers(grown):
    rows = grown.set_index(["unit_id", "indicator"])
    row = rows.loc[("H03", "total_fee_change")]
    # 12 visits a month of about 100 yuan, now 28: at most 1,600 yuan a month more.
    assert row["growth"] == pytest.approx(28 / 12 - 1, abs=0.02)
    assert row["peers_growth"] == pytest.approx(0, abs=0.06)
    assert row["peers"] == 23
    # Shrunk: of so few visits part may be chance.
    assert 0 < row["amount_beyond"] < 1600
    assert row["amount_lower"] <= row["amount_beyond"] <= row["amount_upper"]
    assert row["visits_yoy"] == pytest.approx(28 / 12 - 1)
    assert row["fee_per_visit_yoy"] == pytest.approx(0, abs=0.02)
    assert row["p"] < 0.01
    row = rows.loc[("H01", "fee_per_visit_outpatient_change")]
    assert row["growth"] == pytest.approx(0.9, abs=0.01)
    assert 800 < row["amount_beyond"] < 1150  # 12 visits a month, 90 yuan dearer each
    assert row["institution_id"] == "H01"
    assert row["district"] == "990101"


def test_the_suggestion_is_the_notices_own(grown, path):
    said = grown.groupby("unit_kind")[["suggestion", "basis"]].first()
    assert "补充协议" in said.loc["institution", "suggestion"]
    assert "预算" in said.loc["institution", "suggestion"]
    assert "杭州" in said.loc["institution", "basis"]
    assert "淄人社字〔2014〕297号 四" in said.loc["doctor", "basis"]
    english = anomaly.open_store(path).abnormal_growth("2026-06", "en")
    assert "supplementary agreement on cost control" in english["suggestion"].iloc[0]


def test_an_exception_spares_the_question(path):
    (path / "exceptions.csv").write_text(
        "unit_kind,unit_id,what,reason,owner,expires\n"
        "institution,H03,visits,new wing,me,2026-12-31\n"
        "institution,H03,total_fee,new wing,me,2026-12-31\n",
        "utf-8",
    )
    found = anomaly.open_store(path).abnormal_growth("2026-06")
    (path / "exceptions.csv").unlink()
    assert "H03" not in set(found["unit_id"])
    assert "D03" in set(found["unit_id"])


def test_without_a_year_before_nobody_has_grown(path):
    found = anomaly.open_store(path).abnormal_growth("2025-06")
    assert found.empty
    assert list(found.columns) == list(COLUMNS)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_the_command_writes_the_list(path, tmp_path, grown, suffix):
    target = tmp_path / f"growth{suffix}"
    command = ["lines", "growth", "--store", str(path), "--month", "2026-06"]
    run = CliRunner().invoke(app, [*command, "--out", str(target), "--json"])
    assert json.loads(run.stdout)["rows"] == len(grown)
    if suffix == ".csv":
        read = pd.read_csv(target)
    else:
        read = pd.read_excel(target, engine="calamine")
    assert read["unit_id"].tolist() == grown["unit_id"].tolist()
