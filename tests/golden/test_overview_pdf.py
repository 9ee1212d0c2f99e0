"""The city overview: ties with the districts' briefs, readable, the same each time."""

from io import BytesIO

import pandas as pd
import pytest
import stand_in
from pypdf import PdfReader

from anomaly.briefs import contents, fund, gather, gather_city, write_overview
from anomaly.briefs.facts import UNITS
from anomaly.briefs.overview_contents import compose, leads_row, running_row
from anomaly.briefs.overview_files import overview_pdf

MONTH = "2026-05"


def city(kind="plain", language="zh"):
    return gather_city(stand_in.open_store(kind), month=MONTH, language=language)


@pytest.fixture(scope="module")
def overview():
    return city()


@pytest.fixture(scope="module")
def files(overview, tmp_path_factory):
    return write_overview(overview, tmp_path_factory.mktemp("out"))


def squeezed(text: str) -> str:
    return "".join(text.replace("\u2060", "").split())


def text_of(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf)).pages
    return squeezed("".join(page.extract_text() for page in pages))


def test_its_cells_are_those_of_each_districts_brief(overview):
    store = stand_in.open_store("plain")
    for one in overview.districts:
        brief = gather(store, district=one.district, month=MONTH)
        cells = [value for value, _ in running_row(one)["cells"]]
        assert cells == [fund.figure(brief, name, brief.month) for name in fund.TABLE]
        leads = leads_row(one)
        totals = {row["unit"]: row["cells"][-1] for row in contents.tiers(brief)}
        labels = [brief.words[f"label_{unit}"] for unit in UNITS]
        assert [cell[0] for cell in leads["counts"]] == [
            totals[label]["leads"] if label in totals else "—" for label in labels
        ]
        amounts = {row["amount"] for row in contents.money(brief)} | {"—"}
        assert {amount for amount, _ in leads["yuan"]} <= amounts


def test_the_citys_ratios_are_ratios_of_sums(overview):
    month, whole = overview.month, overview.whole
    fee = sum(one.value("total_fee", month) for one in overview.districts)
    visits = sum(one.value("visits", month) for one in overview.districts)
    assert whole.value("total_fee", month) == pytest.approx(fee)
    assert whole.value("fee_per_visit", month) == pytest.approx(fee / visits)
    rows = [one.indicator("drug_share").iloc[-1] for one in overview.districts]
    drugs = sum(row["numerator"] for row in rows)
    assert whole.value("drug_share", month) == pytest.approx(drugs / fee)


def test_it_is_short_tagged_and_told(files):
    content = files[0].read_bytes()
    reader, text = PdfReader(BytesIO(content)), text_of(content)
    assert 1 <= len(reader.pages) <= 3
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "/CreationDate" not in reader.metadata
    parts = [one for one in _flat(reader.outline) if "、" in one.title]
    assert [one.title[0] for one in parts] == list("一二三四五六七")
    for told in ("甲测试区", "乙测试县", "丙测试县", "怎么看", "疑点线索是需要核实"):
        assert told in text
    assert "\ufffd" not in text


def _flat(outline) -> list:
    rows = [_flat(one) if isinstance(one, list) else [one] for one in outline]
    return [one for row in rows for one in row]


def test_the_same_store_gives_the_same_bytes(files, tmp_path):
    again = write_overview(city(), tmp_path)
    assert [one.read_bytes() for one in files] == [one.read_bytes() for one in again]
    assert {one.stat().st_mode & 0o777 for one in again} == {0o600}
    assert write_overview(city(), "") == []


def test_the_workbook_has_numbers_as_numbers(files, overview):
    sheets = pd.read_excel(files[1], sheet_name=None, engine="calamine")
    words = overview.words
    running = sheets[words["city_sheet_running"]]
    assert len(running) == len(overview.all)
    assert running[words["visits"]].tolist() == [
        one.value("visits", overview.month) for one in overview.all
    ]


def test_english_is_whole(tmp_path):
    found = city(language="en")
    text = text_of(overview_pdf(found, tmp_path))
    assert squeezed(found.words["city_differ_how"])[:60] in text
    assert "Aleadisaquestion" in text


def test_bare_data_says_so(tmp_path):
    found = city("bare")
    text = text_of(overview_pdf(found, tmp_path))
    for key in ("city_no_hits", "city_no_stages", "city_no_range", "city_no_repairs"):
        assert squeezed(found.words[key]) in text, key
    assert len(compose(found)["lines"]) == 3


def test_a_name_is_never_markup(tmp_path):
    assert "#panic" in text_of(overview_pdf(city("odd"), tmp_path))
