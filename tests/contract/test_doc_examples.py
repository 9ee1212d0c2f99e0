"""Pages in two languages show the same examples, and a wrong one would be seen."""

import page_examples
import pytest
from page_examples import DOCS, blocks, differing

CHINESE = sorted(DOCS.rglob("*.zh-CN.md"))


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.stem)
def test_both_languages_show_the_same_examples_and_name_each_other(page):
    other = page.with_name(page.name.replace(".zh-CN", ""))
    texts = {one: one.read_text("utf-8") for one in (page, other)}
    assert blocks(texts[page]) == blocks(texts[other])
    assert f"[English]({other.name})" in texts[page]
    assert f"[中文]({page.name})" in texts[other]
    heads = [
        [line for line in texts[one].splitlines() if line[:2] == "##"] for one in texts
    ]
    assert len(heads[0]) == len(heads[1])


def test_each_guide_stands_in_both_languages_with_examples():
    guides = {page.stem for page in page_examples.pages()}
    for name in ("quickstart", "analyst", "scheduler", "supervisor"):
        assert {name, f"{name}.zh-CN"} <= guides


OUTPUT = "┃ a   ┃ leads ┃\n│ red │    0 │\n7 units: x.csv, made at noon\n"


@pytest.mark.parametrize(
    ("expected", "missing"),
    [
        (["│ red │ 0 │", "7 units: ..."], ""),
        (["...", "7 units: x.csv, made at noon"], ""),
        (["│ red │ 1 │"], "│ red │ 1 │"),
        (["7 units: x.csv"], "7 units: x.csv"),
        (["7 units: ...", "red 0"], "red 0"),
    ],
)
def test_a_line_that_is_not_said_is_named(expected, missing):
    assert differing(OUTPUT, expected) == missing


def test_a_page_that_tells_what_is_not_so_is_caught():
    page = "```console run\n$ anomaly rules show R02\nzh: something else\n```\n"
    assert page_examples.run(page) == [
        "anomaly rules show R02: no line 'zh: something else'"
    ]
    assert page_examples.run(page.replace("something else", "分解住院")) == []
    refused = "```console run\n$ anomaly rules show R99\n```\n"
    with pytest.raises(AssertionError):
        page_examples.run(f"{refused}```python run\nassert False\n```\n")
