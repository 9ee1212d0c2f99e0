"""What a brief says, from the frames of a store."""

import json

import pytest
import stand_in

from anomaly.briefs.contents import compose
from anomaly.briefs.facts import gather, keep_ready, printable
from anomaly.briefs.template import check_parameters, parameter_names, template_path
from anomaly.briefs.workbook import write_workbook
from anomaly.errors import UsageError


def facts_of(kind="plain", **options):
    options = {"district": "990102", "month": "2026-05"} | options
    return gather(stand_in.open_store(kind), **options)


@pytest.fixture(scope="module")
def facts():
    return facts_of()


@pytest.fixture(scope="module")
def brief(facts):
    return compose(facts)


def test_three_sentences_say_how_much_how_many_and_where_first(brief):
    how_much, how_many, where = brief["conclusion"]
    assert how_much.startswith("2026 年 5 月，甲测试区")
    assert "60 名医师、12 家机构" in how_many
    assert "仅凭偶然也会出现约 0.80 条" in how_many
    assert "95% 区间" in where


def test_lists_hold_ten_leads_at_most_in_order(brief):
    rows = brief["doctors"]["rows"]
    assert len(rows) == 10
    assert [int(row["rank"]) for row in rows] == sorted(int(r["rank"]) for r in rows)
    assert {row["tier"] for row in rows} <= {"red", "orange", "yellow", "rule"}


def test_money_counts_only_units_whose_figures_deviate(facts, brief):
    flagged = facts.flagged("doctor")["excess_amount"].sum()
    expected = facts.words.money(float(flagged))
    assert brief["money"][0]["amount"] == expected


def test_tiers_stand_beside_chance(brief):
    doctors = brief["tiers"][0]
    assert doctors["tested"] == "60"
    assert [cell["leads"] for cell in doctors["cells"]] == ["3", "1", "2", "6"]
    assert doctors["cells"][3]["chance"] == "0.60"


def test_a_section_without_data_is_empty_not_absent():
    bare = compose(facts_of("bare"))
    assert bare["repairs"] == []
    assert bare["money"] == []
    assert bare["conclusion"][2].startswith("没有金额达到统计线索的标准")
    assert bare["headline"][0]["change"] == "无上年同月"


def test_a_brief_is_plain_data(brief):
    assert json.loads(json.dumps(brief)) == brief


def test_the_brief_names_fingerprint_version_and_rows(brief, facts):
    told = dict(brief["reproduce"])
    assert told["数据指纹"] == "3f9a7c0d51be4e22"
    assert told["程序版本"] == facts.version
    assert "990102" in told["参数"]
    assert any("1,203,400" in line for _, line in brief["reproduce"])


def test_a_code_without_a_name_is_called_a_code():
    store = stand_in.open_store("plain")
    unnamed = store.districts().assign(name=lambda table: table["district"])
    store.districts = lambda: unnamed
    assert gather(store, district="990102", month="2026-05").name == "区划 990102"


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"district": "110000"}, "990102"),
        ({"month": "2030-01"}, "2024-06 to 2026-05"),
        ({"month": "五月"}, "YYYY-MM"),
        ({"language": "fr"}, "zh or en"),
    ],
)
def test_what_the_store_does_not_know_is_refused(wrong, expected):
    with pytest.raises(UsageError, match=expected):
        facts_of(**wrong)


def test_ready_facts_serve_the_same_state_of_the_store_only():
    mine = facts_of("plain", district="990121")
    keep_ready(mine)
    store = stand_in.open_store("plain")
    again = gather(store, district="990121", month="2026-05")
    assert again is mine
    store.fingerprint = lambda: "another"
    assert gather(store, district="990121", month="2026-05") is not mine


def test_characters_without_a_glyph_are_spelt_out():
    assert printable("张\U0001f600\x07三") == "张〔U+1F600〕 三"


def test_the_workbook_stores_text_as_text(tmp_path):
    for place in ("a", "b"):
        write_workbook(facts_of("odd"), tmp_path / f"{place}.xlsx")
    first = (tmp_path / "a.xlsx").read_bytes()
    assert first == (tmp_path / "b.xlsx").read_bytes()
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        sheets = [book.read(n) for n in book.namelist() if "worksheets/sheet" in n]
    assert len(sheets) == 8
    assert not any(b"<f>" in sheet for sheet in sheets)
    assert any(b"autoFilter" in sheet for sheet in sheets)


def test_formula_like_text_is_no_formula(tmp_path):
    import zipfile

    facts = facts_of("plain")
    leads = facts.leads["doctor"]
    facts.leads["doctor"] = leads.assign(unit_name="=1+1", reasons="@cmd")
    write_workbook(facts, tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        assert b"=1+1" in book.read("xl/sharedStrings.xml")
        assert b"<f>" not in book.read("xl/worksheets/sheet2.xml")


def test_the_template_takes_these_parameters():
    expected = ["store", "district", "month", "language", "out"]
    assert parameter_names(template_path()) == expected


@pytest.mark.parametrize("name", ["distrct", "x = 1\nimport os"])
def test_an_unknown_parameter_name_is_refused(name):
    with pytest.raises(UsageError, match="one of store, district"):
        check_parameters(template_path(), {name: "1"})


def test_a_parameter_that_is_not_plain_is_refused():
    with pytest.raises(UsageError, match="expected text"):
        check_parameters(template_path(), {"store": ["a"]})


@pytest.mark.parametrize(("language", "beginning"), [("zh", "医师"), ("en", "q of")])
def test_indicators_without_a_q_are_named_once(language, beginning):
    facts = facts_of(language=language)
    before = compose(facts)["coverage"]
    evidence = facts.evidence["doctor"]
    facts.evidence["doctor"] = evidence.assign(listable=False)
    (row,) = [row for row in compose(facts)["coverage"] if row not in before]
    assert row[0].startswith(beginning)
    for name in evidence["indicator"].unique():
        assert facts.indicators.loc[name, language] in row[0]
