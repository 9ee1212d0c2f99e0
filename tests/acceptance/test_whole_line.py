"""The whole line on the sample: what a newcomer gets from one command."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import page_examples
import pandas as pd
import pytest
from cells import run_notebook
from pypdf import PdfReader

import anomaly
from anomaly.features.growth import growths_of
from anomaly.features.indicator import UNITS, of_unit

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample"
MONTH = "2026-06"
DISTRICTS = ("990101", "990102", "990103")
# The Chinese pages show the same examples: see test_doc_examples.
ENGLISH = [page for page in page_examples.pages() if "zh-CN" not in page.name]
# What the first indicators can see: joint mild schemes are mild in each of them.
VISIBLE = ("fee_per_visit", "visits", "drug_share", "growth")
FEWEST_VISITS = 5


def demo(out: Path) -> dict:
    command = "from anomaly.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", command, "demo", "--out", out, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    reports = demo(folder)["reports"]
    assert [report["status"] for report in reports] == ["done"] * len(DISTRICTS)
    return folder


@pytest.fixture(scope="module")
def store(out):
    return anomaly.open_store(out / "store")


@pytest.fixture(scope="module")
def truth():
    rows = pd.read_csv(SAMPLE / "truth.csv", dtype=str)
    running = (rows["from_month"] <= MONTH) & (rows["to_month"] >= MONTH)
    return rows[running]


def test_each_district_has_its_files(out):
    for district in DISTRICTS:
        for suffix in ("pdf", "ipynb", "json", "xlsx", "html"):
            assert (out / MONTH / f"{district}.{suffix}").stat().st_size > 500


def test_the_run_record_says_how_it_was_made(out, store):
    record = json.loads((out / MONTH / "990101.json").read_text("utf-8"))
    assert record["fingerprint"] == store.fingerprint()
    assert record["code_version"] == anomaly.__version__
    assert record["parameters"]["district"] == "990101"
    assert record["seconds"] > 0
    for rows in record["rows"].values():
        assert rows["read"] >= rows["accepted"]


def test_the_pdf_is_whole(out):
    for district in DISTRICTS:
        reader = PdfReader(out / MONTH / f"{district}.pdf")
        assert len(reader.pages) >= 3
        text = "".join(page.extract_text() for page in reader.pages)
        assert "疑点线索" in text
        assert "\ufffd" not in text
        assert "\x00" not in text


def test_a_second_run_changes_nothing(out):
    first = [(out / MONTH / f"{d}.pdf").read_bytes() for d in DISTRICTS]
    lists = (out / MONTH / "leads_doctor.csv").read_bytes()
    demo(out)
    assert [(out / MONTH / f"{d}.pdf").read_bytes() for d in DISTRICTS] == first
    assert (out / MONTH / "leads_doctor.csv").read_bytes() == lists


def test_every_row_of_the_sample_is_accounted_for(store):
    accounts = store.accounts().set_index("table")
    fates = ["accepted", "quarantined", "duplicate", "ignored"]
    assert (accounts["read"] == accounts[fates].sum(axis=1)).all()
    for table in ("settlement", "charge"):
        row = accounts.loc[table]
        amounts = [row[f"amount_{fate}"] for fate in fates]
        assert row["amount_read"] == sum(amounts)
        assert row["quarantined"] == 0
    assert (
        accounts.loc["settlement", "amount_read"]
        == accounts.loc["charge", "amount_read"]
    )


@pytest.mark.parametrize("district", [None, *DISTRICTS])
def test_half_of_the_visible_planted_doctors_lead_their_list(store, truth, district):
    leads = store.leads("doctor", MONTH, district=district)
    planted = truth[truth["scheme"].isin(VISIBLE) & (truth["unit_kind"] == "doctor")]
    seen = leads[
        leads["unit_id"].isin(planted["unit_id"]) & (leads["visits"] >= FEWEST_VISITS)
    ]
    assert len(seen) > 0
    assert (seen["rank"] <= 20).mean() >= 0.5


def test_chance_is_not_understated_for_those_nothing_was_planted_on(store):
    rows = pd.read_csv(SAMPLE / "truth.csv", dtype=str)
    leads = store.leads("doctor", MONTH)
    ordinary = leads[~leads["unit_id"].isin(rows["unit_id"])]
    p = ordinary["p"].dropna()
    # Of some 300 units 3 are expected below .01; 9 would be a surprise of .4 %.
    assert (p < 0.01).sum() <= 9


def test_placeholders_are_repaired_and_never_ranked(store, truth):
    placeholders = truth.loc[truth["scheme"] == "placeholder_id", "unit_id"]
    assert len(placeholders) > 0
    assert not store.leads("doctor", MONTH)["unit_id"].isin(placeholders).any()
    assert "placeholder_doctor" in set(store.repairs(MONTH)["artefact"])


@pytest.mark.parametrize(
    ("scheme", "artefact"),
    [("reuploaded_batch", "reuploaded_batch"), ("code_map_error", "code_map_error")],
)
def test_planted_artefacts_are_on_the_repair_list(store, scheme, artefact):
    rows = pd.read_csv(SAMPLE / "truth.csv", dtype=str)
    planted = rows[rows["scheme"] == scheme]
    assert len(planted) > 0
    for row in planted.itertuples():
        months = pd.period_range(row.from_month, row.to_month, freq="M")
        listed = pd.concat([store.repairs(str(month)) for month in months])
        mine = listed[listed["institution_id"] == row.unit_id]
        assert artefact in set(mine["artefact"]), row


@pytest.mark.parametrize(
    ("scheme", "rule"),
    [
        ("hung_beds", "R01"),
        ("split_admissions", "R02"),
        ("duplicate_charges", "R06"),
        ("swapped_items", "R09"),
        ("excess_supply", "R14"),
        ("excess_supply", "R16"),
        ("pharmacy_hopping", "R19"),
        ("card_trains", "R20"),
        ("impersonation", "R21"),
        ("minute_crowd", "R22"),
        ("outpatient_during_stay", "R24"),
        ("swaps", "R30"),
        ("swaps", "R31"),
        ("swapped_items", "R32"),
        ("small_round_tickets", "R43"),
        ("impersonation", "R45"),
    ],
)
def test_a_rule_hits_its_scheme_and_few_others(store, truth, scheme, rule):
    hits = store.hits(MONTH, rule)
    caught = set(hits.loc[~hits["excluded"], "unit_id"])
    planted = set(truth.loc[truth["scheme"] == scheme, "unit_id"])
    assert caught & planted
    # 46 pharmacies is the least there are of a kind; a thousand persons are seen.
    seen = 1000 if set(hits["unit_kind"]) == {"insured"} else 46
    assert len(caught - planted) <= 0.05 * seen


def test_no_rule_counts_an_honest_extreme(store, truth):
    hits = store.hits(MONTH)
    honest = truth[truth["benign"] == "true"][["unit_kind", "unit_id", "scheme"]]
    counted = hits[~hits["excluded"]].merge(honest, on=["unit_kind", "unit_id"])
    assert counted.empty, counted[["rule", "unit_id", "scheme"]]
    assert hits.loc[hits["excluded"], "exclusion"].notna().all()


@pytest.mark.parametrize("unit", UNITS)
def test_every_indicator_is_computed_and_tells_units_apart(store, unit):
    found = store.features(unit, MONTH, growth=True)
    values = found.groupby("indicator")["value"].nunique()
    growing = [g.id for record in of_unit(unit) for g in growths_of(record)]
    wanted = [*(record.id for record in of_unit(unit)), *growing]
    assert sorted(values.index) == sorted(wanted)
    assert values[values < 2].empty


def test_no_indicator_of_the_sample_waits_for_a_column(store):
    needs = store.needs()
    assert needs.loc[~needs["allowed"], ["id", "missing"]].empty
    assert set(store.coverage()["kind"]) <= {"unused"}


def test_nothing_personal_reaches_what_is_written(out):
    persons = pd.read_csv(
        SAMPLE / "psn_info_b.csv.gz",
        encoding="gb18030",
        dtype=str,
        usecols=["psn_name", "certno", "tel"],
    )
    names = persons.head(200).to_numpy().ravel().tolist()
    for path in [*out.rglob("*.csv"), *out.rglob("*.html"), *out.rglob("*.ipynb")]:
        text = path.read_text("utf-8")
        assert not any(name in text for name in names), path
    for path in [out / "key", *(out / MONTH).iterdir()]:
        assert os.stat(path).st_mode & 0o077 == 0, path


NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_runs_on_the_sample(path, out, monkeypatch, tmp_path):
    """As `anomaly lab` opens them, to the last cell; any warning is an error."""
    monkeypatch.setenv("ANOMALY_STORE", str(out / "store"))
    monkeypatch.chdir(tmp_path)
    given = {"store": str(out / "store"), "month": MONTH, "district": DISTRICTS[0]}
    _, shown = run_notebook(path, **given)
    assert any("text/html" in one or one["figures"] for one in shown)


@pytest.mark.parametrize("page", ENGLISH, ids=lambda page: page.stem)
def test_what_a_page_tells_to_type_does_what_it_says(page, out, tmp_path, monkeypatch):
    shutil.copytree(out / "store", tmp_path / "bureau")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    assert page_examples.run(page.read_text("utf-8")) == []
