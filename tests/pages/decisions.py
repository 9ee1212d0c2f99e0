"""The list of decisions: each file's title and what it decides, in one sentence."""

import re
from pathlib import Path

from pages import DOCS, NOTE

FOLDER = DOCS / "decisions"
PAGE = FOLDER / "README.md"
HEAD = f"""{NOTE}# 设计决定 · Decisions

Why it is built so: one page a choice, with what was measured and what was turned down.

"""


def decisions() -> list[Path]:
    """Return the pages of decisions by number."""
    return sorted(FOLDER.glob("[0-9][0-9][0-9]-*.md"))


def names() -> dict[str, str]:
    """Return the title of each decision by its file's name."""
    return {path.name: _title(path.read_text("utf-8")) for path in decisions()}


def told(page: str) -> set[str]:
    """Return the decisions that a page lists, as `names` writes them."""
    return set(re.findall(r"^- \[[^]]+\]\(([^)]+)\)", page, flags=re.MULTILINE))


def page() -> str:
    """Return the whole page."""
    rows = [f"- [{title}]({name})\n" for name, title in names().items()]
    return HEAD + "".join(rows)


def _title(text: str) -> str:
    return text.splitlines()[0].removeprefix("# ")
