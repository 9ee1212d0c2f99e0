"""A site that fetches nothing: what a built page loads must lie beside it.

Links that a reader may follow may lead anywhere; scripts, styles, fonts and pictures
may not. A build that breaks this fails and names the pages.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

from sphinx.errors import ExtensionError

LOADS = ("src", "srcset", "data", "poster")
OUTSIDE = re.compile(r"^\s*(?:[a-z]+:)?//", re.IGNORECASE)
STYLED = re.compile(
    r"(?:url\(|@import)\s*['\"]?((?:[a-z]+:)?//[^'\")\s]+)", re.IGNORECASE
)


class Loads(HTMLParser):
    """Collects what the tags of a page load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag loads from outside."""
        for name, value in attrs:
            loads = name in LOADS or (tag == "link" and name == "href")
            if loads and value and OUTSIDE.match(value):
                self.found.append(value)


def outside(text: str) -> list[str]:
    """Return the addresses elsewhere that a page or a style sheet would load."""
    parser = Loads()
    parser.feed(text)
    return [*parser.found, *STYLED.findall(text)]


def fetched(folder: Path) -> dict[str, list[str]]:
    """Return what each file of a built site would load from elsewhere."""
    paths = sorted([*folder.rglob("*.html"), *folder.rglob("*.css")])
    found = {
        path.relative_to(folder).as_posix(): outside(path.read_text("utf-8"))
        for path in paths
    }
    return {name: addresses for name, addresses in found.items() if addresses}


def check(app, exception: Exception | None) -> None:
    """Fail a build whose pages would load anything from elsewhere."""
    found = {} if exception else fetched(Path(app.outdir))
    if found:
        told = "; ".join(f"{name}: {', '.join(urls)}" for name, urls in found.items())
        raise ExtensionError(f"pages would load from elsewhere: {told}")


def setup(app) -> dict:
    """Check each build as it ends."""
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
