"""What readers make of heads, headers and cells."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from anomaly.sources.cells import (
    CellWriter,
    Field,
    csv_bytes,
    number_text,
    serial_text,
    time_text,
)
from anomaly.sources.dialects import encoding_of, tell
from anomaly.sources.mapping import load_mapping
from anomaly.sources.sheets import find_header
from anomaly.sources.source import TextOptions
from anomaly.tables import tables


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.1 + 0.2, "0.3"),
        (1234.5600000000002, "1234.56"),
        (-7.25, "-7.25"),
        (1e15, "1000000000000000"),
        (0.0, "0"),
    ],
)
def test_a_number_is_what_the_sheet_shows(value, text):
    assert number_text(value) == text


def test_day_numbers_and_what_is_none():
    assert serial_text(46146.375) == "2026-05-04 09:00:00"
    assert serial_text(46146.999988426) == "2026-05-04 23:59:59"
    assert serial_text(20260504.0) == "20260504"
    assert serial_text(0.0) == "0"


def test_an_instant_is_shown_by_the_clock_of_beijing():
    utc = datetime(2026, 5, 4, 1, tzinfo=timezone(timedelta()))
    assert time_text(utc) == "2026-05-04 09:00:00"


def test_columns_that_are_not_kept_are_not_written():
    fields = [Field("psn_name"), Field("cnt", "quantity", "quantity")]
    columns = CellWriter("x", fields).columns(
        [("甲", Decimal("1E+2")), ("乙", None)], [1, 2]
    )
    assert csv_bytes(columns) == b",100\n,\n"


def test_cells_with_marks_are_quoted():
    assert csv_bytes([['a"b', "c"], ["1,2", "x\r\ny"]]) == (b'"a""b","1,2"\nc,"x y"\n')


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(encoding):
    head = "结算ID,就诊ID\n1,2\n3,4\n".encode(encoding)
    assert encoding_of(head) == encoding


def test_a_head_cut_in_a_character_is_still_utf8():
    assert encoding_of("医疗费总额".encode()[:-1]) == "utf-8-sig"


def test_the_header_may_be_quoted_and_its_delimiter_elsewhere_too():
    dialect = tell("x", b'"a,b,c,d"\t"e"\n"1,2,3,4"\t5\n', True, TextOptions())
    assert (dialect.delimiter, dialect.header) == ("\t", ("a,b,c,d", "e"))


def test_a_sheet_whose_header_is_unknown_starts_at_its_first_row():
    head = [["", ""], ["甲", "乙"], ["1", "2"]]
    table = tables()["doctor"]
    assert find_header(head, table, load_mapping()) == (("甲", "乙"), 2)
