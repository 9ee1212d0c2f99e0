"""The reference of indicators: nothing without names, clause, test and page."""

from dataclasses import replace

import pytest
from indicator_pages import PAGES, drawn, gaps, pages, sections

from anomaly.features.growth import growths, growths_of
from anomaly.features.indicator import indicators

RECORDS = {**indicators(), **growths()}


@pytest.fixture(scope="module")
def written():
    return {path.name: path.read_text("utf-8") for path in PAGES.glob("*.md")}


def page_of(name: str, written: dict[str, str]) -> str:
    """Return the page of the file that holds an indicator's record."""
    for section, records in sections().items():
        if name in {one.id for r in records for one in (r, *growths_of(r))}:
            return written.get(f"{section}.md", "")
    return ""


def test_the_pages_are_those_that_the_records_and_examples_give(written):
    assert written == pages()


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_an_indicator_lacks_nothing(name, written):
    assert gaps(RECORDS[name], page_of(name, written), drawn(name)) == []
    assert f"| `{name}` |" in written["README.md"]


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ({"zh": ""}, ["zh"]),
        ({"zh": "Visits"}, ["zh"]),
        ({"en": ""}, ["en"]),
        ({"basis": ""}, ["clause"]),
        ({"why_it_matters": ""}, ["why"]),
        ({"id": "visits_unheard_of"}, ["page"]),
    ],
)
def test_what_is_lacking_is_named(change, lacking, written):
    record = replace(indicators()["visits"], **change)
    assert gaps(record, written["volume.md"], drawn("visits")) == lacking


def test_an_indicator_that_nobody_drew_lacks_its_test(written):
    assert gaps(indicators()["visits"], written["volume.md"], []) == ["test"]
