"""Names that are markup, formulas, code or paths stand as text and do nothing."""

import ast
import io
import json
import os
import zipfile
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import hostile
import nbformat
import pytest
import python_calamine
from hostile import NAMES, UNITS
from pypdf import PdfReader
from troubled import SITE

from anomaly.briefs import render_briefs
from anomaly.briefs.facts import printable
from anomaly.briefs.probe import _check_codes
from anomaly.errors import UsageError

MONTH = "2026-05"
FILES = {f"{d}.{s}" for d in NAMES for s in ("pdf", "xlsx", "html", "ipynb", "json")}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One run over three districts with such names."""
    folder = tmp_path_factory.mktemp("hostile")
    text = SITE.format(tests=str(Path(hostile.__file__).parent))
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(
        text.replace("troubled", "hostile")
    )
    with pytest.MonkeyPatch.context() as patch:
        paths = [str(folder / "site"), os.environ.get("PYTHONPATH", "")]
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
        records = render_briefs(folder / "store", month=MONTH, out=folder / "out")
    assert [record.error for record in records] == [""] * len(NAMES)
    return folder


class Tags(HTMLParser):
    """Collects what is live in a page: its tags, and the text of its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found, self.scripts, self.inside = [], [], ""

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data) -> None:
        if self.inside == "script":
            self.scripts.append(data)


def test_nothing_ran_and_nothing_lies_elsewhere(home):
    made = {path.name for path in (home / "out").rglob("*") if path.is_file()}
    assert made == FILES | {"manifest.json"}
    assert {path.name for path in home.iterdir()} == {"site", "out"}
    assert not list(home.parent.rglob("ran"))
    assert not Path("ran").exists()


@pytest.mark.parametrize("district", NAMES)
def test_the_page_shows_them_as_text(home, district):
    page = (home / "out" / MONTH / f"{district}.html").read_text("utf-8")
    tags = Tags()
    tags.feed(page)
    assert not [a for _, a in tags.found if "onerror" in a or a.get("src") == "x"]
    assert not [a for _, a in tags.found if "x.example" in str(a.get("href"))]
    assert not [script for script in tags.scripts if "ran" in script.split()]
    assert "document.title='ran'</script>" not in page
    shown = [name for name in UNITS if escape(name) in page or name in page]
    assert len(shown) >= 3


@pytest.mark.parametrize("district", NAMES)
def test_the_workbook_holds_no_formula_and_no_link(home, district):
    content = (home / "out" / MONTH / f"{district}.xlsx").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [n for n in parts.namelist() if "worksheets/sheet" in n]
        for name in sheets:
            assert b"<f>" not in parts.read(name)
            assert b"x.example" not in parts.read(name)
        assert not [n for n in parts.namelist() if "externalLink" in n]


def test_the_workbooks_hold_each_name_as_text(home):
    cells = set()
    for path in (home / "out" / MONTH).glob("*.xlsx"):
        book = python_calamine.CalamineWorkbook.from_path(path)
        for name in book.sheet_names:
            cells |= {
                cell for row in book.get_sheet_by_name(name).to_python() for cell in row
            }
    # What the shipped font lacks is spelt out: it is then the same in every file.
    assert {printable(name) for name in UNITS} <= cells


def test_the_pages_show_them_as_text(home):
    text = ""
    for path in sorted((home / "out" / MONTH).glob("*.pdf")):
        pages = PdfReader(path).pages
        text += "".join("".join(page.extract_text() for page in pages).split())
    for shown in ("=1+1", '#read("/etc/passwd")', "𠮷", "〇医师", "\U0002b7f9医师"):
        assert printable(shown) in text
    for name in NAMES.values():
        assert "".join(name.split()) in text
    assert "root:" not in text


@pytest.mark.parametrize("district", NAMES)
def test_the_parameters_are_literals(home, district):
    path = home / "out" / MONTH / f"{district}.ipynb"
    (cell,) = [
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if "injected-parameters" in cell.metadata.get("tags", [])
    ]
    for node in ast.parse(cell.source).body:
        assert isinstance(node, ast.Assign)
        ast.literal_eval(node.value)


@pytest.mark.parametrize("district", NAMES)
def test_the_record_is_json_and_done(home, district):
    record = json.loads((home / "out" / MONTH / f"{district}.json").read_text("utf-8"))
    assert record["status"] == "done"
    assert f"{district}.pdf" in record["files"]


@pytest.mark.parametrize("code", ["../x", "99 01", "a/b", "99\n01", "=1", "", "区"])
def test_a_code_that_could_be_a_path_is_refused(code):
    with pytest.raises(UsageError, match="letters and digits"):
        _check_codes([code])
