"""The case file's PDF and workbook: whole, readable, the same each time."""

from io import BytesIO

import pandas as pd
import pytest
from drawn_case import DEAR, MONTH, case_world
from drawn_indicators import load_world
from pypdf import PdfReader

import anomaly
from anomaly.briefs import write_case_file
from anomaly.leads.case_words import words


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return anomaly.open_store(load_world(tmp_path_factory.mktemp("case"), case_world()))


def written(store, out, unit="doctor", unit_id="D00", language="zh"):
    case = store.case_file(unit, unit_id, month=MONTH, language=language)
    return case, write_case_file(case, out)


@pytest.fixture(scope="module")
def files(store, tmp_path_factory):
    return written(store, tmp_path_factory.mktemp("out"))


def text_of(path) -> str:
    pages = PdfReader(BytesIO(path.read_bytes())).pages
    return "\n".join(page.extract_text() for page in pages)


def squeezed(text: str) -> str:
    return "".join(text.replace("\u2060", "").split())


def test_the_pdf_says_everything_behind_the_lead(files):
    case, (pdf, _) = files
    text = squeezed(text_of(pdf))
    said = words("zh")
    sections = [said["sections"][name] for name in case.frames if name != "who"]
    for told in (said["title"], said["nature"], "测试医师00", "第1页/共", *sections):
        assert squeezed(told) in text, told
    value = case.indicators.set_index("indicator")["value"]
    assert f"{value['fee_per_visit_outpatient']:,.2f}" in text
    assert case.fingerprint in text


def test_the_pdf_is_tagged_and_its_figures_have_words(files):
    _, (pdf, _) = files
    reader = PdfReader(pdf)
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "/CreationDate" not in reader.metadata
    assert len(reader.outline) >= 1
    assert "测试医师00" in reader.metadata.title
    assert sum(page.extract_text().count("\ufffd") for page in reader.pages) == 0


def test_no_person_can_be_read_in_the_pdf(files):
    case, (pdf, _) = files
    text = squeezed(text_of(pdf))
    assert not [one for one in case.visits["insured_id"] if one in text]


def test_a_persons_id_names_no_file_and_no_page(store, tmp_path):
    person = store.leads("insured", MONTH)["unit_id"].iloc[0]
    _, (pdf, book) = written(store, tmp_path, "insured", person)
    assert person not in pdf.name + book.name
    assert person not in squeezed(text_of(pdf))


def test_the_same_store_gives_the_same_bytes(store, files, tmp_path):
    _, paths = files
    _, again = written(store, tmp_path)
    assert [one.read_bytes() for one in paths] == [one.read_bytes() for one in again]
    assert {one.stat().st_mode & 0o777 for one in again} == {0o600}


def test_the_workbook_has_every_frame_whole(files):
    case, (_, book) = files
    said = words("zh")
    sheets = pd.read_excel(book, sheet_name=None, engine="calamine")
    assert list(sheets) == [said["sections"][name] for name in case.frames]
    visits = sheets[said["sections"]["visits"]]
    assert visits[said["columns"]["total_fee"]].tolist() == [DEAR] * 10
    persons = visits[said["columns"]["insured_id"]].astype(str)
    assert persons.tolist() == case.visits["insured_id"].tolist()


def test_english_is_whole(store, tmp_path):
    _, (pdf, _) = written(store, tmp_path, language="en")
    text = squeezed(text_of(pdf))
    assert squeezed(words("en")["sections"]["ordinary"]) in text
    assert "ordinaryupto" in text
