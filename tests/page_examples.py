"""The examples on pages, run as they stand.

A block marked `run` is run: `console run` holds commands after `$ ` and, below each,
lines of what it says; `python run` is executed. `...` stands for any lines, and at the
end of a line for the rest of it. Frames of tables and widths of blanks do not matter.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from typer.testing import CliRunner

from anomaly.cli.main import app
from anomaly.errors import AnomalyError

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```(console|python) run\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FRAME = re.compile(r"[\u2500-\u257f\s]+")


def pages() -> list[Path]:
    """Return the pages with examples, those in Chinese beside those in English."""
    found = [*DOCS.glob("*.md"), *DOCS.glob("howto/*.md")]
    return sorted(path for path in found if blocks(path.read_text("utf-8")))


def blocks(text: str) -> list[tuple[str, str]]:
    """Return the kind and text of each block that is to be run."""
    return BLOCK.findall(text)


def commands(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield each command of a console block as words, with the lines expected."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *expected = part.splitlines()
        yield shlex.split(command), expected


def run(text: str) -> list[str]:
    """Run a page's blocks in the folder one stands in; return what went otherwise."""
    wrong: list[str] = []
    scope: dict = {}
    for kind, block in blocks(text):
        if kind == "python":
            exec(block, scope)  # noqa: S102 the page is ours
            continue
        for words, expected in commands(block):
            if missing := differing(said(words), expected):
                wrong.append(f"{shlex.join(words)}: no line {missing!r}")
    return wrong


def said(words: list[str]) -> str:
    """Return what a command prints, its one line of refusal at the end."""
    program, *rest = words
    assert program == "anomaly", program
    result = CliRunner().invoke(app, rest)
    if isinstance(result.exception, AnomalyError):
        return f"{result.output}\nanomaly: {result.exception}"
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def differing(output: str, expected: list[str]) -> str:
    """Return the first expected line that the output lacks, in order; '' if none."""
    lines = iter([_plain(line) for line in output.splitlines()])
    for line in expected:
        wanted = _plain(line)
        if wanted in ("", "..."):
            continue
        start = wanted.removesuffix("...")
        whole = start == wanted
        if not any(got == wanted if whole else got.startswith(start) for got in lines):
            return line
    return ""


def _plain(line: str) -> str:
    return FRAME.sub(" ", line).strip()
