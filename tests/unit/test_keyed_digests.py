"""Keyed digests: what is made alike, what is no value, which keys are taken."""

import pytest

from anomaly.errors import UsageError
from anomaly.sources.cells import Field, SheetWriter
from anomaly.sources.digests import digest_of, given_key, key_mark

KEY = b"invented, as all of it is"


@pytest.mark.parametrize(
    ("column", "first", "second"),
    [
        (
            "id_number",
            "99010119000101123X",
            " 990101190001011２３ｘ\u3000",
        ),
        ("phone", "199-0000 0001", "１９９00000001"),
        ("phone", "(0990) 0000001", "09900000001"),
    ],
)
def test_what_is_written_otherwise_is_the_same(column, first, second):
    assert digest_of(column, first, KEY) == digest_of(column, second, KEY)


def test_a_digest_is_of_the_value_and_the_key_and_tells_neither():
    found = digest_of("phone", "19900000001", KEY)
    assert found == digest_of("id_number", "19900000001", KEY)
    assert found != digest_of("phone", "19900000002", KEY)
    assert found != digest_of("phone", "19900000001", KEY + b".")
    assert len(found) == 32
    assert set(found) <= set("0123456789abcdef")
    assert digest_of("phone", "19900000001", b"") is None


@pytest.mark.parametrize("text", [None, "", " ", "无", "00000000000", "1.9E+10"])
@pytest.mark.parametrize("column", ["phone", "id_number"])
def test_what_stands_for_none_meets_nobody(column, text):
    assert digest_of(column, text, KEY) is None


def test_a_key_is_long_or_not_there(monkeypatch):
    monkeypatch.delenv("ANOMALY_KEY", raising=False)
    assert given_key() == b""
    assert key_mark(b"") == ""
    monkeypatch.setenv("ANOMALY_KEY", "short")
    with pytest.raises(UsageError, match=r"a key of 5 characters; .*16"):
        given_key()
    monkeypatch.setenv("ANOMALY_KEY", "long enough to be one")
    assert given_key() == b"long enough to be one"


def test_a_spreadsheets_number_is_taken_where_it_is_exact():
    field = Field("tel", "phone", "text", is_digested=True)
    rows = [[19900000001.0], [110101199001011234.0], ["x"]]
    assert SheetWriter("book", [field]).columns(rows, [1, 2, 3]) == [
        ["19900000001", "", "x"]
    ]
