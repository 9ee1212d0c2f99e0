"""Rule records, exclusions, knowledge and trial runs: what they take and refuse."""

import json

import pandas as pd
import pytest
from drawn_indicators import load_world
from drawn_rules import worlds
from typer.testing import CliRunner

from anomaly.cli.main import app
from anomaly.errors import PolicyError, UsageError
from anomaly.policy.knowledge import COLUMNS, knowledge, known_rows
from anomaly.rules.exclusions import chosen, columns, exclusions
from anomaly.rules.hits import every_step
from anomaly.rules.known import known_steps
from anomaly.rules.objects import at, is_outside, kinds_of, object_kinds, rules_of
from anomaly.rules.rule import Rule, rules
from anomaly.rules.trial import changed
from anomaly.store.store import Store
from anomaly.workspace import open_store

HEADER = ",".join(COLUMNS)


def record(**cells):
    plain = {
        "id": "R99",
        "zh": "甲",
        "en": "a",
        "basis": "x",
        "unit_kind": "doctor",
        "needs": ["episode"],
        "must_not_catch": "",
        "reviewed": None,
        "sql": {"text": "SELECT unit_id, amount, reason, reason_en FROM episode"},
    }
    return Rule(**plain | cells)


def test_a_code_that_is_cut_is_refused():
    with pytest.raises(PolicyError, match="fourteen digits"):
        record(official="GZ-101009")


def test_an_exclusion_is_of_the_catalogue_or_ones_own():
    own = {"when": "age > 90", "zh": "高龄", "en": "of great age"}
    assert [one.id for one in chosen(["death", own], "x")] == ["death", "own"]
    with pytest.raises(PolicyError, match="'deaths': there is none"):
        chosen(["deaths"], "x")
    assert "WHEN age > 90 THEN '高龄'" in columns(chosen([own], "x"))
    assert exclusions()["death"].zh == "死亡"


def test_what_a_text_never_names_is_empty():
    assert "CAST(NULL AS VARCHAR) AS line_id" in record().step.sql
    with pytest.raises(PolicyError, match="gives no 'amount'"):
        _ = record(sql={"text": "SELECT unit_id FROM episode"}).step


def test_knowledge_that_does_not_exist_is_refused():
    with pytest.raises(PolicyError, match="knowledge 'prices'"):
        record(knowledge=["prices"])


def test_shipped_knowledge_says_that_it_is_invented():
    for name in knowledge():
        assert {row["source"] for row in known_rows(name)} == {"示例（虚构）"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("XA01,,dear,,,局", "line 2: 'limit' is 'dear'; expected a number"),
        (",,3,,,局", "line 2: 'item_code' is empty"),
        ("XA01,,3,2026-02-30,,局", "line 2: 'valid_from' is '2026-02-30'"),
        ("XA01,,3,2026-02-01,2026-01-01,局", "line 2: 'valid_to' is before"),
        ("XA01,,3", "line 2: 3 cells; expected 6 cells"),
    ],
)
def test_a_bad_line_of_knowledge_is_told(tmp_path, line, words):
    path = tmp_path / "knowledge" / "price_caps.csv"
    path.parent.mkdir()
    path.write_text(f"{HEADER}\n{line}\n", "utf-8")
    with pytest.raises(PolicyError, match=words) as caught:
        known_rows("price_caps", tmp_path)
    assert str(path) in str(caught.value)


def test_a_bad_header_and_a_bad_encoding_are_told(tmp_path):
    path = tmp_path / "knowledge" / "price_caps.csv"
    path.parent.mkdir()
    path.write_text("code,cap\n", "utf-8")
    with pytest.raises(PolicyError, match="line 1: the columns are 'code,cap'"):
        known_rows("price_caps", tmp_path)
    path.write_bytes(f"{HEADER}\nXA,,3,,,局".encode("gb18030"))
    with pytest.raises(PolicyError, match="not UTF-8"):
        known_rows("price_caps", tmp_path)


def test_a_bureaus_own_file_takes_the_place_of_the_shipped_one(tmp_path):
    path = tmp_path / "knowledge" / "price_caps.csv"
    path.parent.mkdir()
    path.write_text(f"{HEADER}\nXA'01,,3.5,2026-01-01,,局\n", "utf-8")
    own, shipped = known_steps(tmp_path), known_steps()
    assert "XA''01" in own["known_price_caps"].sql
    assert own["known_price_caps"].sql != shipped["known_price_caps"].sql
    assert own["known_daily_caps"].sql == shipped["known_daily_caps"].sql


def test_every_step_has_a_name_of_its_own():
    names = [step.name for step in every_step()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("R02", "expected RULE.parameter=value"),
        ("R99.x=1", "rule 'R99'"),
        ("R02.days=1", "R02 has no parameter 'days'; expected one of within_days"),
        ("R02.within_days=soon", "expected a whole number"),
    ],
)
def test_a_wrong_setting_is_told(text, words):
    with pytest.raises(UsageError, match=words):
        changed([text])


def test_several_settings_of_a_rule_hold_together():
    rule = changed(["R02.within_days=7", "R02.same_letters=1"])["R02"]
    assert rule.parameters == {"within_days": 7, "same_letters": 1}
    assert rules()["R02"].parameters["within_days"] == 15


def test_every_kind_of_object_names_rules_that_exist():
    assert {"grade_two", "primary_care", "private", "elder_care"} < set(object_kinds())
    assert "R20" in rules_of("pharmacy")
    with pytest.raises(UsageError, match="object 'clinic'"):
        rules_of("clinic")


HITS = pd.DataFrame(
    [
        ("R47", "institution", "H1"),
        ("R47", "institution", "H2"),
        ("R47", "institution", "H3"),
        ("R06", "institution", "H1"),
        ("R20", "pharmacy", "R1"),
        ("R06", "pharmacy", "R1"),
        ("R45", "insured", "H1"),
        ("R22", "doctor", "H2"),
    ],
    columns=["rule", "unit_kind", "institution_id"],
)


@pytest.fixture
def places(tmp_path):
    world = worlds()["R02"]
    world["tables"] = {
        "institution": "institution_id, institution_name, level, nature,"
        " is_primary_care, district\n"
        "H1, 甲, 3, 1, 0, 990101\n"
        "H2, 乙, 2, 2, 0, 990101\nH3, 丙, , 1, 0, 990101"
    }
    return Store.open(load_world(tmp_path, world))


def test_a_rule_counts_where_the_set_of_the_object_names_it(places):
    # H1 is of grade three, H2 private besides, H3 of no kind that policy knows.
    outside = is_outside(places, HITS)
    assert HITS[outside].to_numpy().tolist() == [
        ["R47", "institution", "H1"],
        ["R06", "pharmacy", "R1"],
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("grade_two", [3, 7]),
        ("private", [1, 7]),
        ("pharmacy", [4]),
        ("insured", [6]),
        ("agency", []),
    ],
)
def test_hits_at_one_kind_of_object(places, kind, expected):
    assert at(places, HITS, kind).index.tolist() == expected


def test_every_rule_applies_to_an_object_of_its_own_kind():
    for rule in rules().values():
        own = {"pharmacy", "insured"} & {rule.unit_kind}
        assert set(kinds_of(rule.id)) - {"agency"}, rule.id
        assert own <= set(kinds_of(rule.id)), rule.id


@pytest.fixture
def split(tmp_path):
    world = worlds()["R02"]
    world["tables"] = {
        "finding": "unit_kind, unit_id, month, rule, indicator, state\n"
        "institution, H1, 2026-04, R02, x, confirmed\n"
        "institution, H1, 2026-03, R20, x, dismissed"
    }
    return open_store(load_world(tmp_path, world))


def test_a_trial_tells_what_is_gained_and_lost_and_keeps_nothing(split):
    before = split.hits("2026-05", "R02")
    rows, told = split.trial("2026-05", ["R02.within_days=3"])
    assert told.set_index("change")["hits"].to_dict() == {
        "gained": 0,
        "lost": 2,
        "kept": 0,
    }
    assert set(rows["change"]) == {"lost"}
    _, told = split.trial("2026-05", ["R02.within_days=20"])
    lines = told.set_index("change")
    assert lines.loc["gained", ["hits", "amount"]].tolist() == [1, 100.0]
    assert lines.loc["kept", ["decided", "confirmed"]].tolist() == [1, 1]
    assert split.hits("2026-05", "R02").equals(before)


def test_rules_are_listed_shown_and_tried(split, tmp_path):
    def said(*words):
        done = CliRunner().invoke(app, ["rules", *words, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    listed = said("list", "--object", "pharmacy")["rules"]
    assert "R20" in {one["rule"] for one in listed}
    assert "third-party" in said("show", "R02")["official"]
    where = ["--store", str(split.store.root), "--month", "2026-05"]
    where += ["--out", str(tmp_path / "x.csv")]
    told = said("run", *where, "--set", "R02.within_days=3", "--compare")
    assert {one["change"] for one in told["rules"]} == {"gained", "lost", "kept"}


def test_mapping_check_names_knowledge_that_is_only_an_example(split):
    told = split.needs().set_index("id")["missing"]
    for rule in rules().values():
        if rule.knowledge:
            assert any("knowledge/" in one for one in told[rule.id])
