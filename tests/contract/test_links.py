"""Links between documents lead somewhere, on a plain Git host as in the site."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
ELSEWHERE = ("http://", "https://", "mailto:")


@cache
def anchors(page: Path) -> set[str]:
    """Return what a link may point at within a page, as Git hosts name headings."""
    text = FENCED.sub("", page.read_text("utf-8"))
    heads = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads]
    return {*plain, *re.findall(r'<a id="([^"]+)"', text)}


def broken(page: Path, text: str) -> list[str]:
    """Return the links of a text that lead nowhere, seen from a page's folder."""
    found = []
    for link in LINK.findall(re.sub(r"`[^`\n]*`", "", FENCED.sub("", text))):
        if link.startswith(ELSEWHERE):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        known = not anchor or (target.suffix == ".md" and anchor in anchors(target))
        if not target.exists() or not known:
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    assert broken(page, page.read_text("utf-8")) == []


def test_a_link_that_leads_nowhere_is_seen():
    page = ROOT / "docs" / "index.md"
    text = "[a](rules.md#r02) [b](rules.md#r99) [c](nowhere.md) [d](https://example/)"
    assert broken(page, text) == ["rules.md#r99", "nowhere.md"]
