"""How a text file is written: compression, encoding, delimiter and header."""

import codecs
import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from anomaly.errors import DataRefusedError

HEAD_BYTES = 1 << 20
CHUNK_BYTES = 1 << 22
DELIMITERS = ",\t|"
SUFFIXES = (".csv", ".txt", ".tsv", ".csv.gz", ".txt.gz", ".tsv.gz")


@dataclass(frozen=True)
class Dialect:
    """How one file is to be read; ``header`` holds the first record's cells."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for its plain bytes, unpacking gzip."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def sniff(path: Path) -> Dialect:
    """Look at the head of a file and say how it is written.

    Raises DataRefusedError where the file cannot be opened, is empty, or is
    not text.
    """
    try:
        with open_bytes(path) as stream:
            head = stream.read(HEAD_BYTES)
    except (OSError, EOFError) as error:
        raise DataRefusedError(
            f"{path.name}: cannot be read ({error})",
            expected="a CSV file, plain or gzip",
            todo="export or copy it again",
        ) from None
    if not head.strip():
        raise DataRefusedError(
            f"{path.name}: is empty", expected="a header line and rows"
        )
    encoding = _encoding(path, head)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter))
    return Dialect(encoding, delimiter, tuple(cell.strip() for cell in header))


def _encoding(path: Path, head: bytes) -> str:
    """Tell UTF-8 from GB18030 (which contains GBK) and UTF-16 by its mark."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:
        raise DataRefusedError(
            f"{path.name}: holds NUL bytes, so it is no text",
            expected="CSV in GB18030 or UTF-8",
            todo="export it as CSV",
        )
    try:
        codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def utf8_chunks(path: Path, encoding: str) -> Iterator[bytes]:
    """Yield the file's text as UTF-8 with one kind of line end.

    What cannot be decoded becomes U+FFFD; a row with that mark is quarantined
    by the checks, so nothing is guessed. Files put together from several often
    mix line ends, which the CSV reader would refuse.
    """
    characters = codecs.getincrementaldecoder(encoding)("replace")
    decoder = io.IncrementalNewlineDecoder(characters, translate=True)
    with open_bytes(path) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield decoder.decode(chunk).encode("utf-8")
    yield decoder.decode(b"", final=True).encode("utf-8")
