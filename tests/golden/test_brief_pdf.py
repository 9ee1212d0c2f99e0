"""The PDF: whole, readable, the same each time, and no data read as markup."""

from io import BytesIO

import pytest
import stand_in
from pypdf import PdfReader

from anomaly.briefs.assets import write_assets
from anomaly.briefs.facts import gather
from anomaly.briefs.pdf import TypesettingError, make_pdf


def assets_of(folder, kind="plain", language="zh"):
    store = stand_in.open_store(kind)
    facts = gather(store, district="990102", month="2026-05", language=language)
    write_assets(facts, folder)
    return folder


def text_of(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf)).pages
    return "\n".join(page.extract_text() for page in pages)


def squeezed(text: str) -> str:
    return "".join(text.replace("\u2060", "").split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return assets_of(tmp_path_factory.mktemp("assets"))


@pytest.fixture(scope="module")
def pdf(folder):
    return make_pdf(folder)


def test_it_has_three_pages_at_least_and_bookmarks(pdf):
    reader = PdfReader(BytesIO(pdf))
    assert len(reader.pages) >= 3
    parts = [one.title for one in _flat(reader.outline) if "、" in one.title]
    assert [title[0] for title in parts] == list("一二三四五六七八")
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "甲测试区" in reader.metadata.title


def _flat(outline) -> list:
    rows = [_flat(one) if isinstance(one, list) else [one] for one in outline]
    return [one for row in rows for one in row]


def test_every_figure_has_words_and_every_table_a_head(pdf):
    reader = PdfReader(BytesIO(pdf))
    found = {"/Figure": [], "/Table": [], "/TH": []}
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop()
        if node.get("/S") in found:
            found[node["/S"]].append(node.get("/Alt"))
        kids = node.get("/K", [])
        kids = kids if isinstance(kids, list) else [kids]
        resolved = [kid.get_object() for kid in kids if not isinstance(kid, int)]
        waiting += [kid for kid in resolved if hasattr(kid, "get")]
    assert len(found["/Figure"]) >= 4
    assert all(found["/Figure"])
    assert len(found["/TH"]) > len(found["/Table"]) > 5


def test_it_says_what_a_supervisor_needs(pdf):
    text = squeezed(text_of(pdf))
    for words in (
        "医保基金运行监测简报",
        "疑点线索是需要核实的问题，不是违规认定",
        "医疗总费用",
        "仅凭偶然也会出现约0.80条",
        "一、本月结论",
        "二、基金运行",
        "三、重点名单",
        "已核对：数据未见质量问题。",
        "建议：列为重点检查对象",
        "四、规则命中",
        "GZ10000204001000",
        "五、线索办理",
        "25条属实，占71.4%",
        "六、数据整改清单",
        "七、抽查、覆盖与记分",
        "自查（剩15天）",
        "2025优秀1",
        "未定等次（所知不足）",
        "违规占比",
        "超过12分",
        "种子散列abab",
        "八、口径与可复现",
        "占位证件号",
        "未能计算的内容",
        "数据指纹3f9a7c0d51be4e22",
        "第1页/共",
    ):
        assert words in text, words


def test_only_the_shipped_font_is_in_it_and_no_glyph_is_missing(pdf):
    names, missing = set(), 0
    for page in PdfReader(BytesIO(pdf)).pages:
        for reference in page["/Resources"]["/Font"].values():
            font = reference.get_object()
            names.add(font["/BaseFont"].partition("+")[2])
            inner = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(inner.get_object())
        missing += page.extract_text().count("\ufffd")
    assert names == {"NotoSansSC-Regular", "NotoSansSC-Bold"}
    assert missing == 0


def test_the_same_store_gives_the_same_bytes(pdf, tmp_path):
    assert make_pdf(assets_of(tmp_path)) == pdf


def test_no_date_and_no_path_stands_in_it(pdf, folder):
    metadata = PdfReader(BytesIO(pdf)).metadata
    assert "/CreationDate" not in metadata
    assert "/ModDate" not in metadata
    assert str(folder).encode() not in pdf


def test_markup_in_names_is_text(tmp_path):
    text = squeezed(text_of(make_pdf(assets_of(tmp_path, "odd"))))
    assert squeezed(stand_in.ODD) in text


@pytest.mark.parametrize("kind", ["plain", "bare"])
def test_english_and_bare_briefs_are_whole(tmp_path, kind):
    text = text_of(make_pdf(assets_of(tmp_path, kind, "en")))
    assert "This month in three sentences" in text
    if kind == "bare":
        assert "No data faults to repair this month." in text


def test_a_character_without_a_glyph_stops_the_pdf(tmp_path):
    data = assets_of(tmp_path) / "brief.json"
    data.write_text(
        data.read_text("utf-8").replace("甲测试区", "汉\U0001f600"), "utf-8"
    )
    with pytest.raises(TypesettingError, match=r"U\+1F600"):
        make_pdf(tmp_path)
