"""How a text file is written: encoding, delimiter and header, from its head."""

import codecs
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from anomaly.errors import DataRefusedError
from anomaly.sources.source import DELIMITERS, TextOptions

LOST = "\ufffd"
LOOKED_AT_RECORDS = 1000
# Beyond this share of control characters a file is no text, whatever it decodes to.
MOST_CONTROLS = 0.03
CONTROLS = dict.fromkeys(i for i in range(32) if chr(i) not in "\t\n\r\f\x1a")
SIGNATURES = {
    b"PK\x03\x04": "a ZIP archive or an .xlsx workbook",
    b"\xd0\xcf\x11\xe0": "an .xls workbook or another Office file",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
}


@dataclass(frozen=True)
class Dialect:
    """How one file is to be read; ``header`` holds the first record's cells."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]


def tell(name: str, head: bytes, whole: bool, options: TextOptions) -> Dialect:
    """Say how a file is written from its first bytes.

    ``whole`` says that the head is all there is. Raises DataRefusedError where
    it is empty or no text.
    """
    if not head.strip():
        raise DataRefusedError(f"{name}: is empty", expected="a header line and rows")
    for mark, what in SIGNATURES.items():
        if head.startswith(mark):
            refuse_binary(name, f"is {what}")
    encoding = options.codec or encoding_of(head)
    text = decoded(head, encoding)
    controls = len(text) - len(text.translate(CONTROLS))
    if not encoding or controls > MOST_CONTROLS * len(text):
        refuse_binary(name, "is no text")
    if not text.strip():
        raise DataRefusedError(f"{name}: is empty", expected="a header line and rows")
    delimiter = options.separator or _delimiter(text, whole)
    header = _header(name, text, delimiter)
    return Dialect(encoding, delimiter, tuple(cell.strip() for cell in header))


def _header(name: str, text: str, delimiter: str) -> list[str]:
    """Return the first record's cells.

    A quote that its line does not close would make a header of the rows after it.
    """
    header = next(iter(_records(text, delimiter, whole=True)), None)
    if header is None:
        raise DataRefusedError(f"{name}: is empty", expected="a header line and rows")
    line = next(line for line in io.StringIO(text, newline=None) if line.strip())
    try:
        next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        raise DataRefusedError(
            f"{name}: the first line opens a quote that it does not close",
            expected="a header on one line",
            todo="take the stray quote out, or export it again",
        ) from None
    return header


def refuse_binary(name: str, what: str) -> None:
    raise DataRefusedError(
        f"{name}: {what}",
        expected="CSV in GB18030, UTF-8 or UTF-16",
        todo="export it as CSV, or give it the suffix of its format",
    )


def decoded(head: bytes, encoding: str) -> str:
    """Decode a head, a character cut at its end left out."""
    if not encoding:
        return ""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    return text.removeprefix("\ufeff")


def encoding_of(head: bytes) -> str:
    """Tell UTF-8 from GB18030 (which contains GBK) and UTF-16; '' for no text.

    One damaged byte does not make a UTF-8 file Chinese national: it is UTF-8
    as long as more of its characters decode than do not.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # A few stray NULs are dirt in a row; many are the zeros of UTF-16 or no text.
    if head.count(0) > MOST_CONTROLS * len(head):
        return _utf16_without_mark(head)
    text = decoded(head, "utf-8-sig")
    wrong = text.count(LOST)
    right = sum(not c.isascii() for c in text) - wrong if wrong else 1
    return "utf-8-sig" if right > wrong else "gb18030"


def _utf16_without_mark(head: bytes) -> str:
    """UTF-16 decodes without a slip and shows the line ends and commas of CSV."""
    plain = {}
    for encoding in ("utf-16-le", "utf-16-be"):
        text = decoded(head, encoding)
        if LOST not in text and len(text.translate(CONTROLS)) == len(text):
            plain[encoding] = sum(c.isascii() for c in text)
    best = max(plain, key=plain.__getitem__, default="")
    return best if best and plain[best] else ""


def _records(text: str, delimiter: str, whole: bool) -> Iterable[list[str]]:
    """Yield the records that hold anything, the one cut at the end left out."""
    lines = text.splitlines(keepends=True)
    if not whole and len(lines) > 1:
        lines.pop()
    # Only these end a record; splitlines knows more, such as a form feed.
    stream = io.StringIO("".join(lines).replace("\0", LOST), newline=None)
    csv.field_size_limit(1 << 24)
    return (
        record
        for record in csv.reader(stream, delimiter=delimiter)
        if any(cell.strip() for cell in record)
    )


def _delimiter(text: str, whole: bool) -> str:
    """The delimiter that splits most records into as many cells as the header."""
    return max(DELIMITERS.values(), key=lambda d: _fit(text, d, whole))


def _fit(text: str, delimiter: str, whole: bool) -> float:
    widths = [
        len(record)
        for record in islice(_records(text, delimiter, whole), LOOKED_AT_RECORDS)
    ]
    if not widths or widths[0] == 1:
        return 0
    return widths[0] * widths.count(widths[0]) / len(widths)
