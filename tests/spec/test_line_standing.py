"""Alert lines: which hold, who passes them, what moved ones would have done."""

import json

import pytest
from drawn_indicators import load_world
from drawn_lines import world
from typer.testing import CliRunner

import anomaly
from anomaly.cli.main import app
from anomaly.errors import PolicyError, UsageError
from anomaly.leads.lines import lines

RECORD = """
[[lines]]
indicator = "visits"
units = ["institution"]
notice = 1.5
warning = 2.0
inspect = 2.2
basis = "本地"
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return load_world(tmp_path_factory.mktemp("lines"), world())


@pytest.fixture
def store(path):
    opened = anomaly.open_store(path)
    yield opened
    opened.store.close()
    (path / "lines.toml").unlink(missing_ok=True)


def passed(store, unit="institution", month="2026-06"):
    rows = store.lines(unit, month).set_index(["unit_id", "name"])
    return rows[rows["line"] != ""]


def test_units_pass_the_highest_line_they_reach(store):
    rows = passed(store)
    assert rows["line"].to_dict() == {
        ("H01", "fee_per_visit_outpatient"): "warning",
        ("H01", "fee_per_visit_outpatient_change"): "warning",
        ("H02", "fee_per_visit_outpatient"): "notice",
        ("H02", "fee_per_visit_outpatient_change"): "notice",
        ("H03", "visits"): "notice",
        ("H03", "visits_change"): "warning",
    }


def test_a_row_says_value_threshold_clause_and_how_near_the_next_line_is(store):
    row = passed(store).loc[("H03", "visits_change")]
    assert row["value"] == pytest.approx(28 / 12 - 1)
    assert (row["threshold"], row["next"], row["next_at"]) == (1.0, "inspect", 2.0)
    assert row["nearness"] == pytest.approx((28 / 12 - 1) / 2.0)
    assert "淄人社字〔2014〕297号" in row["basis"]
    row = passed(store).loc[("H02", "fee_per_visit_outpatient")]
    assert row["value"] == pytest.approx(145, rel=0.02)
    assert row["measured"] == pytest.approx(row["value"] / row["expected"])
    assert row["nearness"] == pytest.approx((row["measured"] - 1) / 0.5)


def test_the_leads_column_keeps_its_words(store):
    found = store.leads("institution", "2026-06").set_index("unit_id")["line"]
    assert found[found != ""].to_dict() == {"H01": "预警", "H02": "提示", "H03": "预警"}


def test_a_stores_own_line_takes_the_place_of_the_shipped_one(store, path):
    before = store.leads("institution", "2026-06").set_index("unit_id")["line"]
    (path / "lines.toml").write_text(RECORD, "utf-8")
    row = passed(store).loc[("H03", "visits")]
    assert (row["line"], row["threshold"], row["basis"]) == ("inspect", 2.2, "本地")
    after = store.leads("institution", "2026-06").set_index("unit_id")["line"]
    assert (before["H03"], after["H03"]) == ("预警", "重点检查")
    sources = store.alert_lines().set_index(["unit", "line"])["source"]
    assert sources["institution", "visits"] == "lines.toml"
    assert sources["doctor", "visits"] == "policy/lines.toml"


def test_a_groups_line_overrides_the_general_one(store, path):
    group = RECORD + 'group = { kind = "卫生院" }\n'
    (path / "lines.toml").write_text(group, "utf-8")
    assert passed(store).loc[("H03", "visits@kind=卫生院"), "line"] == "inspect"
    assert ("H03", "visits") not in passed(store).index
    (path / "lines.toml").write_text(group.replace("卫生院", "药店"), "utf-8")
    assert passed(store).loc[("H03", "visits"), "line"] == "notice"


def test_a_value_and_points_are_measured_as_they_say(store, path):
    text = RECORD.replace("1.5", "20").replace("2.0", "27").replace("2.2", "31")
    (path / "lines.toml").write_text(text + 'measure = "value"\n', "utf-8")
    row = passed(store).loc[("H03", "visits")]
    assert (row["measured"], row["line"]) == (28, "warning")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("visits", "visit"), "unknown indicator 'visit'; expected one of drug_share"),
        (("institution", "ward"), "unknown unit 'ward'; expected one of doctor"),
        (("2.0", "1.2"), "thresholds 1.5, 1.2, 2.2; expected 1 < notice < warning"),
        (("2.0", '"a"'), "warning is 'a'; expected a number"),
        (("basis", "bases"), "lines.toml, record 1: unknown key 'bases'"),
        (("units", 'measure = "z"\nunits'), "unknown measure 'z'; expected one of"),
        (("units", 'measure = "points"\nunits'), "points of no share"),
        (("units", "group = { ward = '1' }\nunits"), "unknown group 'ward'"),
        (("basis", "basis = "), "lines.toml: "),
        (("[[lines]]", RECORD + "[[lines]]"), "'visits' of institution stands twice"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(tmp_path, wrong, told):
    (tmp_path / "lines.toml").write_text(RECORD.replace(*wrong, 1), "utf-8")
    with pytest.raises(PolicyError) as error:
        lines(tmp_path)
    assert told in str(error.value)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("lines.toml")


def test_shipped_lines_say_that_they_are_examples():
    assert all("示例" in line.basis for line in lines())


def test_a_moved_line_gains_and_loses_units_month_by_month(store):
    found = store.backtest("institution", ["fee_per_visit_outpatient.warning=1.4"])
    rows = found.months.set_index(["month", "change"])
    # May pools nothing before 2026 but May itself: both dear houses are dear there too.
    for month in ("2026-05", "2026-06"):
        counts = rows.loc[month]["units"].to_dict()
        assert counts == {"present": 1, "moved": 2, "gained": 1, "lost": 0}
    assert rows.loc[("2025-06", "moved"), "units"] == 0
    assert rows.loc[("2026-06", "gained"), "confirmed"] == 1
    assert rows.loc[("2026-05", "present"), "dismissed"] == 1
    assert rows.loc[("2026-06", "gained"), "amount"] > 0
    total = found.sums.set_index("change")
    assert total.loc["gained", ["units", "distinct", "confirmed"]].tolist() == [2, 1, 1]
    assert set(found.units["unit_id"]) == {"H02"}
    assert total.loc["moved", "amount"] == pytest.approx(
        total.loc[["present", "gained"], "amount"].sum()
    )


def test_a_raised_line_loses_and_nothing_is_kept(store):
    before = store.alert_lines()
    found = store.backtest("institution", ["visits_change.warning=1.8"], months=1)
    assert found.sums.set_index("change")["units"].to_dict() == {
        "present": 1,
        "moved": 0,
        "gained": 0,
        "lost": 1,
    }
    assert found.months["month"].unique().tolist() == ["2026-06"]
    assert store.alert_lines().equals(before)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("visits.warning", "expected LINE.step=value"),
        ("visits.red=2", "notice|warning|inspect"),
        ("visit.warning=2", "no line 'visit'; expected one of"),
        ("visits.warning=x", "expected a number"),
        ("visits.warning=1.1", "thresholds 1.8, 1.1, 3.5"),
    ],
)
def test_a_move_that_cannot_be_is_refused(store, text, told):
    with pytest.raises(UsageError) as error:
        store.backtest("institution", [text])
    assert told in str(error.value)


def test_the_command_writes_who_passed(path, tmp_path):
    target = tmp_path / "passed.csv"
    command = ["lines", "passed", "--store", str(path), "--month", "2026-06"]
    command += ["--unit", "institution", "--out", str(target), "--json"]
    told = json.loads(CliRunner().invoke(app, command).stdout)
    counts = {(row["name"], row["line"]): row["units"] for row in told["counts"]}
    assert counts["fee_per_visit_outpatient", "warning"] == 1
    assert "H03" in target.read_text("utf-8-sig")


def test_the_commands_say_the_same(path):
    run = CliRunner().invoke(app, ["lines", "list", "--store", str(path), "--json"])
    told = json.loads(run.stdout)["lines"]
    assert told[0]["line"] == "fee_per_visit_outpatient"
    command = ["lines", "backtest", "--store", str(path), "--unit", "institution"]
    command += ["--set", "visits.notice=1.6", "--months", "2", "--json"]
    run = CliRunner().invoke(app, command)
    assert {row["month"] for row in json.loads(run.stdout)["months"]} == {
        "2026-05",
        "2026-06",
    }
    run = CliRunner().invoke(app, command[:-1])
    assert "in sum" in run.stdout
