"""The bulk way from GB18030 to UTF-8 gives what the codec gives, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly.sources.gb18030 import LEADS, TRAILS, to_utf8

EVERY_CODE = [bytes([lead, trail]) for lead in LEADS for trail in TRAILS]


def test_every_code_of_two_bytes():
    done = 0
    for code in EVERY_CODE:
        try:
            expected = code.decode("gb18030").encode()
        except UnicodeDecodeError:
            expected = None
        assert to_utf8(b"a" + code + b"\n") == (expected and b"a" + expected + b"\n"), (
            code
        )
        done += expected is not None
    assert done > 23_000


@given(st.text(st.characters(codec="gb18030"), max_size=60))
def test_any_text_is_as_the_codec_reads_it(text):
    raw = (text + "\n").encode("gb18030")
    assert to_utf8(raw) in (None, (text + "\n").encode())


@given(st.lists(st.sampled_from(EVERY_CODE) | st.binary(max_size=3), max_size=12))
def test_damaged_text_is_left_to_the_codec(pieces):
    raw = b"".join(pieces) + b"\n"
    try:
        expected = raw.decode("gb18030").encode()
    except UnicodeDecodeError:
        expected = None
    assert to_utf8(raw) in (None, expected)


@pytest.mark.parametrize("raw", [b"\x84\x31\xa4\x37\n", b"\x80\n", b"\xff\n", b"\xb0"])
def test_what_is_not_plain_is_not_taken(raw):
    assert to_utf8(raw) is None
