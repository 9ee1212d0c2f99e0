"""The documentation as a site: no warning, nothing fetched, Chinese is found."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="no sphinx: make docs installs it")
ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "extensions"))

from self_contained import fetched, outside  # noqa: E402
from two_letter_search import TwoLetters  # noqa: E402


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, ROOT / "docs", folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def index(site):
    """What the search looks words up in."""
    text = (site / "searchindex.js").read_text("utf-8")
    return json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))


def test_no_page_loads_anything_from_elsewhere(site):
    assert len(list(site.rglob("*.html"))) > 40
    assert fetched(site) == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            '<script src="https://cdn.example/x.js"></script>',
            ["https://cdn.example/x.js"],
        ),
        ('<link rel="stylesheet" href="//fonts.example/a">', ["//fonts.example/a"]),
        ("<img src='HTTP://example/p.png'>", ["HTTP://example/p.png"]),
        ('<source srcset="https://example/p 2x">', ["https://example/p 2x"]),
        ("@import url(https://example/a.css);", ["https://example/a.css"]),
        ('<a href="https://example/">read</a>', []),
        (
            '<script src="_static/x.js"></script><img src="data:image/png;base64,//8">',
            [],
        ),
    ],
)
def test_what_would_be_fetched_is_seen(text, found):
    assert outside(text) == found


def test_every_page_of_the_folder_is_in_the_site(site):
    pages = {path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")}
    missing = [
        page for page in pages if not (site / page.with_suffix(".html")).is_file()
    ]
    assert missing == []


def test_an_indicator_is_linked_where_it_stands(site):
    text = (site / "indicators" / "README.html").read_text("utf-8")
    target = re.search(r'href="(drug\.html)#([^"]+)"', text)
    assert f'id="{target[2]}"' in (site / "indicators" / target[1]).read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("线索案卷", ["线索", "索案", "案卷"]),
        ("p 值", ["p", "值"]),
        ("药占比 drug_share", ["药占", "占比", "drug_share"]),
        ("CT占比，核磁", ["CT", "占比", "核磁"]),
    ],
)
def test_chinese_is_split_by_twos(text, words):
    assert TwoLetters({}).split(text) == words


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ("偶然期望数", "concepts.zh-CN"),
        ("高出金额", "concepts.zh-CN"),
        ("分析人员指南", "howto/analyst.zh-CN"),
        ("回避", "howto/supervisor.zh-CN"),
    ],
)
def test_a_chinese_word_finds_its_page(index, asked, page):
    number = index["docnames"].index(page)
    for word in TwoLetters({}).split(asked):
        held = [index[kind].get(word, []) for kind in ("terms", "titleterms")]
        pages = {n for one in held for n in (one if isinstance(one, list) else [one])}
        assert number in pages, word


def test_the_page_asks_as_the_index_was_made(site):
    text = (site / "_static" / "language_data.js").read_text("utf-8")
    assert "window.Stemmer = EnglishStemmer;" in text
    assert TwoLetters.js_splitter_code.strip() in text
