"""What a brief says, from the frames of a store."""

import json

import pytest
import stand_in

from anomaly.briefs.contents import compose
from anomaly.briefs.facts import gather, keep_ready, printable
from anomaly.briefs.frames import hits_frame, leads_frame
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
    assert [part["key"] for part in brief["lists"]] == [
        "institution",
        "doctor",
        "insured",
        "pharmacy",
    ]
    rows = brief["lists"][1]["rows"]
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
    assert bare["items"]["rows"] == []
    assert bare["stages"] == []
    assert bare["stages_say"] == "近 12 个月没有登记线索办理情况。"
    assert bare["inspection"]["rows"] == []
    assert bare["inspection"]["says"].startswith("本月没有登记抽查结果")
    assert bare["course_says"] == "此前不足六个月，未画正常范围。"
    assert {row["since"] for row in bare["tiers"]} == {"—"}


def test_a_lead_says_how_it_stands_what_was_checked_and_what_may_follow(brief):
    first = brief["lists"][1]["rows"][0]
    assert "次均费用实际/期望 1.8" in first["details"]
    assert "同类第 2/65" in first["details"]
    assert first["checked"] == "已核对：数据未见质量问题。"
    # The clause alone; what it is about stands in the action.
    expected = "建议：列为重点检查对象，现场核查（淄人社字〔2014〕297号 三）。"
    assert first["action"] == expected


def test_far_beyond_the_peers_is_not_told_to_the_digit():
    facts = facts_of()
    beside = facts.weighed["doctor"]
    facts.weighed["doctor"] = beside.assign(oe=316.7)
    row = compose(facts)["lists"][1]["rows"][0]
    assert "次均费用实际/期望 >10" in row["details"]
    facts.weighed["doctor"] = beside.assign(oe=float("nan"), of=0)
    details = compose(facts)["lists"][1]["rows"][0]["details"]
    assert not [one for one in details if "实际/期望" in one or "同类第" in one]


def test_persons_are_masked_on_pages_and_whole_in_the_workbook(facts, brief):
    rows = brief["lists"][2]["rows"]
    assert rows
    ids = set(facts.leads["insured"]["unit_id"])
    assert {row["name"][:4] for row in rows} == {"****"}
    assert not ids & set(json.dumps(brief, ensure_ascii=False).split('"'))
    shown = leads_frame(facts, "insured")
    assert not ids & set(shown.astype(str).to_numpy().ravel())
    assert set(leads_frame(facts, "insured", masks=False)["编号"]) <= ids


def test_persons_stand_apart_in_the_conclusion(brief):
    assert brief["conclusion"][1].endswith("条统计线索（偶然约 0.20 条）。")


def test_tiers_say_what_has_changed_since_last_month(facts, brief):
    trend = facts.leads["doctor"]["trend"]
    expected = f"新增 {(trend == 'new').sum()}，消失 {(trend == 'gone').sum()}"
    assert brief["tiers"][0]["since"] == expected


def test_the_course_names_what_lies_beyond_its_own_past(brief):
    # The stand-in's last month is a fifth dearer than its past.
    assert brief["course_says"].startswith(
        "高于正常范围：医疗总费用、基金支付、次均费用"
    )
    assert len(brief["course"]) == 13
    assert len(brief["course"][0]) == 8


def test_items_say_how_far_the_district_is_from_the_others(brief):
    (item,) = brief["items"]["rows"]
    assert item["why"].startswith(
        "实际为期望的 1.6 倍，占同类费用的比例在 3 个区县中列第 1"
    )
    assert item["excess"] == "2,549\xa0元"


def test_the_draw_shows_this_district_and_what_lets_anyone_repeat_it(brief):
    drawn = brief["inspection"]
    assert "其中本区 1 家" in drawn["says"]
    assert [row[1:] for row in drawn["rows"]] == [["H990100000", "J01、J07"]]
    assert dict(drawn["hashes"])["种子散列"] == "ab" * 32
    elsewhere = compose(facts_of(district="990121"))["inspection"]
    assert elsewhere["rows"] == []
    assert elsewhere["hashes"] == drawn["hashes"]


def test_rules_carry_official_codes_and_what_was_decided(brief):
    split, cards = brief["rules"]
    assert split[1] == "GZ10000204001000"
    assert split[6] == "17 件中属实 12 件"
    assert (cards[1], cards[6]) == ("", "—")


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
    assert len(sheets) == 17
    assert not any(b"<f>" in sheet for sheet in sheets)
    assert any(b"autoFilter" in sheet for sheet in sheets)


def test_each_hit_stands_in_the_workbook_with_its_exclusion():
    frame = hits_frame(facts_of())
    assert frame["已排除"].tolist() == ["否", "是", "否"]
    assert frame["排除情形"].tolist() == ["", "化疗", ""]
    assert frame["金额"].sum() == 2035.5


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
