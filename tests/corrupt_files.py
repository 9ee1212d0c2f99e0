"""What goes wrong with exports: lines and bytes of a file, broken at random.

See `corrupt_cells`, which breaks the table before it becomes text.
"""

import gzip

from clean_export import TABLES, Draft, Line, draft
from corrupt_cells import place
from hypothesis import strategies as st

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be")
NEARLY_BLANK = ("\t", "\x0c", "\u3000", ",,,,")
MARK = b"\xef\xbb\xbf"


def a_line(draw, one: Draft) -> Line:
    nowhere = Line("", "", "utf-8")
    line = one.lines[place(draw, len(one.lines))] if one.lines else nowhere
    line.touched = True
    return line


def stray_quote(draw, one: Draft) -> None:
    line = a_line(draw, one)
    at = place(draw, len(line.text) + 1)
    line.text = line.text[:at] + draw(st.sampled_from(['"', '""'])) + line.text[at:]


def open_quote(draw, one: Draft) -> None:
    """A quote that opens a cell and is never closed."""
    line = a_line(draw, one)
    cells = line.text.split(one.delimiter)
    at = place(draw, len(cells))
    cells[at] = '"' + cells[at]
    line.text = one.delimiter.join(cells)


def blank_lines(draw, one: Draft) -> None:
    blank = draw(
        st.sampled_from(["", "", "", "  ", "\x1a", "\t", "\x0c", "\u3000", ",,,,"])
    )
    for _ in range(draw(st.integers(1, 3))):
        at = place(draw, len(one.lines) + 1)
        one.lines.insert(at, Line(blank, one.end, one.encoding, touched=True))
    # A row that will be quarantined behind them tells whether they were counted.
    one.lines.append(Line("too few", one.end, one.encoding, touched=True))


def mixed_line_ends(draw, one: Draft) -> None:
    ends = draw(st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=1, max_size=5))
    for at, line in enumerate(one.lines):
        line.end = ends[at % len(ends)]


def lost_line_end(draw, one: Draft) -> None:
    """A line runs into the next one."""
    at = place(draw, len(one.lines) - 1)
    for line in one.lines[at : at + 2]:
        line.touched = True
    if one.lines:
        one.lines[at].end = ""
    one.sure = one.sure and at > 0


def lines_moved(draw, one: Draft) -> None:
    """The header is gone, stands last, or the file is there twice."""
    what = draw(st.sampled_from(["gone", "last", "twice", "none"]))
    if what == "twice":
        one.lines += [Line(**vars(line)) for line in one.lines]
        return
    one.sure = False
    if what == "none":
        one.lines = []
    elif one.lines:
        header = one.lines.pop(0)
        one.lines += [header] if what == "last" else []


def line_in_other_encoding(draw, one: Draft) -> None:
    one.sure = False
    a_line(draw, one).encoding = draw(st.sampled_from(ENCODINGS))


def other_encoding(draw, one: Draft) -> None:
    encoding = draw(st.sampled_from(ENCODINGS))
    one.encoding = encoding
    for line in one.lines:
        line.encoding = encoding


def cut_character(draw, one: Draft) -> None:
    """A byte beyond ASCII is taken out: half a character stays."""
    one.sure = False
    high = [at for at, byte in enumerate(one.content) if byte > 127]
    if high:
        at = high[place(draw, len(high))]
        one.content = one.content[:at] + one.content[at + 1 :]


def flipped_bytes(draw, one: Draft) -> None:
    one.sure = False
    content = bytearray(one.content)
    for _ in range(draw(st.integers(1, 4)) if content else 0):
        content[place(draw, len(content))] = draw(st.integers(0, 255))
    one.content = bytes(content)


def put_bytes(draw, one: Draft) -> None:
    """NULs, controls, a second mark or a newline in the middle of anything."""
    one.sure = False
    stray = [
        b"\0",
        b"\0" * 50,
        b"\x1a",
        MARK,
        b"\xff\xfe",
        b"\n",
        b"\r",
        b'"',
    ]
    at = place(draw, len(one.content) + 1)
    one.content = one.content[:at] + draw(st.sampled_from(stray)) + one.content[at:]


def truncated(draw, one: Draft) -> None:
    one.sure = False
    one.content = one.content[: place(draw, len(one.content) + 1)]


def doubled(draw, one: Draft) -> None:
    one.sure = False
    one.content += one.content


def emptied(draw, one: Draft) -> None:
    one.sure = False
    one.content = draw(st.sampled_from([b"", b"\n", MARK, b"\xff\xfe", b" "]))


def another_files_content(draw, one: Draft) -> None:
    one.sure = False
    other = draft(draw(st.sampled_from(sorted(TABLES))), 101, 101)
    other.write_lines()
    other.write_bytes()
    one.content = other.content
    one.encoding, one.delimiter = other.encoding, other.delimiter


def packed(draw, one: Draft) -> None:
    """Gzip, whole or broken off, under its own name or a plain one."""
    one.content = gzip.compress(one.content, mtime=0)
    one.packed = draw(st.booleans())
    how = draw(st.sampled_from(["whole", "whole", "cut", "dirt after", "flipped"]))
    one.sure = one.sure and how == "whole"
    if how == "cut":
        one.content = one.content[: place(draw, len(one.content))]
    elif how == "dirt after":
        one.content += b"dirt"
    elif how == "flipped":
        flipped_bytes(draw, one)


LINES = (
    stray_quote,
    open_quote,
    blank_lines,
    mixed_line_ends,
    lost_line_end,
    lines_moved,
    line_in_other_encoding,
    other_encoding,
)
BYTES = (
    cut_character,
    flipped_bytes,
    put_bytes,
    truncated,
    doubled,
    emptied,
    another_files_content,
    packed,
)
