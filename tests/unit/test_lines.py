"""Broken quotes are one line's fault, never the rest of the file's."""

import pytest

from anomaly.sources.digests import keyed_digest
from anomaly.sources.lines import KeptOut, LineWatch


def watched(text, size=7):
    """Pass a text on in small pieces, as chunks may cut anywhere."""
    watch = LineWatch(",", 1)
    content = text.encode()
    pieces = [content[i : i + size] for i in range(0, len(content), size)]
    return b"".join(watch.pass_on(pieces)).decode(), watch


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_an_open_quote_takes_only_its_own_line(size):
    passed, watch = watched('a,b\n1,2\n"3,4\n5,6\n', size)
    assert passed == "a,b\n1,2\n5,6\n"
    assert watch.kept_out == [KeptOut(3, 8, 5, b'"3,4')]


def test_two_stray_quotes_lose_two_lines_not_what_lies_between():
    passed, watch = watched('a,b\n"1,2\n3,4\n5,6"\n7,8\n')
    assert "3,4" in passed
    assert [one.line for one in watch.kept_out] == [2]


@pytest.mark.parametrize("line", ['"a ""b""",2', '5" pipe,2', '"x,y",2'])
def test_sound_quotes_pass(line):
    passed, watch = watched(f"a,b\n{line}\n")
    assert passed.splitlines()[1] == line
    assert watch.kept_out == []


def test_blank_lines_and_a_missing_last_line_end():
    passed, watch = watched("a,b\n\n1,2\n  \n3,4")
    assert passed == "a,b\n1,2\n3,4\n"
    assert [(one.line, one.content) for one in watch.kept_out] == [(2, b""), (4, b"")]


def test_a_digest_needs_a_key():
    assert keyed_digest(b"x", b"") is None
    assert keyed_digest(b"x", b"k") != keyed_digest(b"x", b"l")
