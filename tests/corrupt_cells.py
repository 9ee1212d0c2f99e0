"""What goes wrong with exports: its cells and rows, broken at random.

Each corruption takes Hypothesis' ``draw`` and a draft, and changes the draft. It
marks the rows and lines it touches; one that may reach any row takes the draft's
promise away (``sure``).
"""

from clean_export import Draft, Row
from hypothesis import strategies as st

TIMES = ("setl_time", "begntime", "endtime", "fee_ocur_time", "diag_time", "brdy")
AMOUNTS = ("medfee_sumamt", "fund_pay_sumamt", "det_item_fee_sumamt", "cnt", "pric")
IDS = ("setl_id", "init_setl_id", "mdtrt_id", "psn_no", "feedetl_sn", "dr_code")
FLAGS = ("vali_flag", "refd_setl_flag")
ODD = {
    TIMES: [
        "0024-05-02",
        "2124-05-02 09:00:00",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "1900-01-01",
        "9999-12-31 23:59:59",
        "99999999",
        "99999-01-01",
        "290000-12-31 00:00:00",
        "-0044-03-15",
        "0044-03-15 (BC)",
        "infinity",
        "-infinity",
        "epoch",
        "now",
        "today",
        "2026-02-30",
        "2026-05-02 24:00:00",
        "2026-05-02T09:00:00+08:00",
        "46144.375",
        "二〇二六年五月二日",
    ],
    AMOUNTS: [
        "1e18",
        "-1e18",
        "1e400",
        "9999999999999999.99",
        "99999999999999999.99",
        "NaN",
        "inf",
        "-Infinity",
        "1,234.50",
        "1.234,50",
        "９．４０",
        "9.40元",
        "¥9.40",
        "9.405",
        "1E-7",
        "0x1F",
        "--5",
        "(9.40)",
        "1_000",
        "",
        " ",
        "NULL",
        "+5",
        "5-",
    ],
    IDS: [
        "1.23457E+17",
        "",
        "S9999",
        "S1",
        "V2",
        "L3",
        "'; --",
        "NULL",
        " S101 ",
        "ＳＩ",
    ],
    FLAGS: ["0", "2", "", "是", "有效", "TRUE", "-1", "1.0", "null", "Y "],
}
ANYWHERE = [
    "\0",
    "a\0b",
    "\ufffd",
    "\ufeff",
    'a"b',
    '"',
    "a\nb",
    "a\r\nb",
    "a\rb",
    "a\u2028b\x85c\x0bd\x0ce\x1cf",
    ",",
    "\t|;",
    "=1+1",
    "\U0001f600",
    "\U0002000b",
    "\ud800",
    "\\",
    "\\N",
    "%s{}",
]


def place(draw, length: int) -> int:
    return draw(st.integers(0, max(0, length - 1)))


def a_row(draw, one: Draft) -> Row:
    """Return a row, touched; one that is nowhere where the file has none."""
    row = one.rows[place(draw, len(one.rows))] if one.rows else Row([])
    row.touched = True
    return row


def odd_cell(draw, one: Draft) -> None:
    """A value that its column does not take, or takes in another sense."""
    columns, values = draw(st.sampled_from(list(ODD.items())))
    here = [one.at(column) for column in columns if column in one.header]
    at = draw(st.sampled_from(here)) if here else place(draw, len(one.header))
    set_cell(a_row(draw, one), at, draw(st.sampled_from(values)))


def odd_text(draw, one: Draft) -> None:
    """Controls, quotes, line ends and marks within a cell."""
    row, at = a_row(draw, one), place(draw, len(one.header))
    before = row.cells[at] if at < len(row.cells) else ""
    set_cell(row, at, draw(st.sampled_from(["", before])) + draw(odd))


odd = st.sampled_from(ANYWHERE)


def set_cell(row: Row, at: int, value: str) -> None:
    if at < len(row.cells):
        row.cells[at] = value


def huge_cell(draw, one: Draft) -> None:
    size = draw(st.sampled_from([70_000, 200_000, 1 << 20]))
    set_cell(a_row(draw, one), place(draw, len(one.header)), "长1" * (size // 2))


def odd_refund(draw, one: Draft) -> None:
    """Of itself, of nothing, of a refund, positive, or larger than its original."""
    if one.name != "setl_d" or one.at("init_setl_id") is None:
        return
    original = draw(st.sampled_from(["self", "S9999", "S101", "S102", "S1", ""]))
    row = a_row(draw, one)
    original = row.cells[0] if original == "self" else original
    set_cell(row, one.at("init_setl_id"), original)
    for column, values in {
        "medfee_sumamt": ["-1.00", "1.00", "-99999.00", "0.00"],
        "refd_setl_flag": ["1", "0", ""],
        "setl_time": ["2026-04-30 10:00:00", "2026-07-01 10:00:00"],
    }.items():
        if one.at(column) is not None:
            set_cell(row, one.at(column), draw(st.sampled_from(values)))


def same_row_again(draw, one: Draft) -> None:
    """Equal to another, or with its key and other content."""
    if not one.rows:
        return
    row = one.rows[place(draw, len(one.rows))]
    again = Row(list(row.cells), touched=True)
    if again.cells and draw(st.booleans()):
        again.cells[place(draw, len(again.cells))] = draw(st.sampled_from(["7", ""]))
    one.rows.insert(place(draw, len(one.rows)), again)


def other_width(draw, one: Draft) -> None:
    """A row with cells too many or too few."""
    row, at = a_row(draw, one), place(draw, len(one.header))
    if draw(st.booleans()):
        row.cells.insert(at, draw(st.sampled_from(["", "x"])))
    else:
        del row.cells[at : at + draw(st.integers(1, 2))]
    row.cells = row.cells or [""]


def swapped_columns(draw, one: Draft) -> None:
    """Two headers, two cells of a row, or two columns wholly change places."""
    first, second = place(draw, len(one.header)), place(draw, len(one.header))
    what = draw(st.sampled_from(["header", "row", "both"]))
    rows = {"header": [], "row": [a_row(draw, one).cells], "both": []}[what]
    if what == "both":
        rows = [row.cells for row in one.rows]
    if what != "row":
        rows = [one.header, *rows]
        one.sure = False
    for cells in rows:
        if max(first, second) < len(cells):
            cells[first], cells[second] = cells[second], cells[first]


def other_header(draw, one: Draft) -> None:
    """A header cell renamed, blank, twice there, or gone."""
    one.sure = False
    at = place(draw, len(one.header))
    what = draw(st.sampled_from(["renamed", "twice", "gone", "case"]))
    if what == "gone":
        del one.header[at]
    elif what == "case":
        one.header[at] = f" {one.header[at].upper()} "
    elif what == "twice":
        one.header[at] = draw(st.sampled_from(one.header))
    else:
        one.header[at] = draw(st.sampled_from(["", "x1", "备用", "a\nb", '"', "c0"]))


def header_only(draw, one: Draft) -> None:
    one.rows.clear()


def other_delimiter(draw, one: Draft) -> None:
    one.delimiter = draw(st.sampled_from("\t|;"))
    one.sure = one.sure and one.delimiter != ";"


CELLS = (
    odd_cell,
    odd_text,
    huge_cell,
    odd_refund,
    same_row_again,
    other_width,
    swapped_columns,
    other_header,
    header_only,
    other_delimiter,
)
