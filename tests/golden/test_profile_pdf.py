"""The profile: one page whatever the text, readable, the same each time."""

from dataclasses import replace
from io import BytesIO

import pytest
from drawn_case import MONTH, case_world
from drawn_indicators import load_world
from pypdf import PdfReader

import anomaly
from anomaly.briefs import write_profile
from anomaly.briefs.profile_figures import standing_table
from anomaly.briefs.wording import Wording

ODD = '\U00010330#panic("x") <b> $x$ *粗* @ref `=1+1` \\ [a](b) "引"'


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return anomaly.open_store(load_world(tmp_path_factory.mktemp("case"), case_world()))


@pytest.fixture(scope="module")
def case(store):
    return store.case_file("doctor", "D00", MONTH)


@pytest.fixture(scope="module")
def weighed(store):
    return store.weighed("doctor", ["D00"], MONTH)


@pytest.fixture(scope="module")
def page(case, weighed, tmp_path_factory):
    return write_profile(case, tmp_path_factory.mktemp("out"), weighed)


def squeezed(text: str) -> str:
    return "".join(text.replace("\u2060", "").split())


def text_of(path) -> str:
    (page,) = PdfReader(BytesIO(path.read_bytes())).pages  # exactly one
    return squeezed(page.extract_text())


def test_it_says_what_a_supervisor_needs(page, case, weighed):
    text, words = text_of(page), Wording("zh", "profile.toml")
    for key in ("nature", "profile_standing_heading", "profile_facts_heading"):
        assert squeezed(words[key]) in text
    assert "测试医师00" in text
    assert case.fingerprint in text
    assert squeezed(case.action["text"].iloc[0]) in text
    assert squeezed(weighed["checked"].iloc[0][0]) in text


def test_it_is_tagged_and_has_bookmarks(page):
    reader = PdfReader(page)
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "/CreationDate" not in reader.metadata
    assert "测试医师00" in reader.metadata.title
    assert len(reader.outline) >= 1


def test_its_figure_shows_the_case_files_own_numbers(case):
    table = standing_table(case)
    row = case.indicators[case.indicators["name"] == table["name"].iloc[0]].iloc[0]
    assert table["ratio"].iloc[0] == row["value"] / row["expected"]
    assert table["high"].iloc[0] == row["expected_high"] / row["expected"]


def test_the_same_store_gives_the_same_bytes(page, case, weighed, tmp_path):
    again = write_profile(case, tmp_path, weighed)
    assert again.name == "doctor-D00-profile.pdf"
    assert again.read_bytes() == page.read_bytes()
    assert again.stat().st_mode & 0o777 == 0o600
    assert write_profile(case, "") is None


def test_long_and_hostile_text_still_fits_one_page(case, weighed, tmp_path):
    long = ODD * 12
    texts = ["unit_name", "institution_name", "department", "level", "marks"]
    told = replace(
        case,
        reasons=(long, long),
        who=case.who.assign(**dict.fromkeys(texts, long)),
        action=case.action.assign(text=long, basis=long),
        ordinary=case.ordinary.assign(explanations=long),
        checks=case.checks.assign(check=long),
        peers=case.peers.assign(group=long, compared_by=long),
        indicators=case.indicators.assign(name=long),
    )
    beside = weighed.assign(checked=[[long] * 9])
    text = text_of(write_profile(told, tmp_path, beside))
    assert "#panic" in text
    assert "…" in text
    assert "U+10330" in text


def test_bare_data_says_so(case, tmp_path):
    empty = ("indicators", "history", "peers", "hits", "ordinary", "checks", "action")
    bare = replace(
        case, reasons=(), **{name: getattr(case, name).head(0) for name in empty}
    )
    text, words = text_of(write_profile(bare, tmp_path)), Wording("zh", "profile.toml")
    keys = ("profile_standing_none", "profile_history_none", "profile_no_peers")
    for key in keys:
        assert squeezed(words[key]) in text


def test_english_and_a_masked_person(store, tmp_path):
    person = store.leads("insured", MONTH)["unit_id"].iloc[0]
    found = store.case_file("insured", person, MONTH, "en")
    path = write_profile(found, tmp_path)
    text = text_of(path)
    assert person not in text + path.name
    assert "Aleadisaquestion" in text
