"""The pages that are written from the records: `make pages` writes them anew.

Each module tells its page by two functions: ``page`` returns the text, and ``names``
what must stand on it, read from the program itself. A test holds the one to the other.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NOTE = "<!-- Written by `make pages`; the tests hold it to the records. -->\n"


def cell(text: str) -> str:
    """Return a text as a cell of a table: on one line, its bars kept."""
    return " ".join(text.split()).replace("|", "\\|")


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown, closed by an empty line."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines) + "\n\n"
