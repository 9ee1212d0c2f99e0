"""Text files: CSV, TSV and the like, plain or gzip."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, BinaryIO

from anomaly.errors import DataRefusedError
from anomaly.sources.dialects import LOST, tell
from anomaly.sources.gb18030 import to_utf8
from anomaly.sources.source import TextOptions

HEAD_BYTES = 1 << 20
CHUNK_BYTES = 1 << 20
GZIP = b"\x1f\x8b"
SUFFIXES = (".csv", ".txt", ".tsv", ".csv.gz", ".txt.gz", ".tsv.gz")


class TextFile:
    """A file of delimited text; see `Source`."""

    first_line = 2
    numbered = False

    def __init__(self, path: Path, options: TextOptions) -> None:
        self.path, self.name = path, path.name
        self.stem = path.name
        self._digest = ""
        with self._open() as stream:
            head = stream.read(HEAD_BYTES)
            whole = len(head) < HEAD_BYTES
            if not whole and not options.codec and head.isascii():
                head += _first_beyond_ascii(stream)
        dialect = tell(self.name, head, whole, options)
        self.encoding, self.delimiter = dialect.encoding, dialect.delimiter
        self.header = dialect.header

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        """Open the plain bytes, unpacking gzip; what breaks off is refused."""
        try:
            with self.path.open("rb") as raw:
                packed = raw.read(len(GZIP)) == GZIP
                raw.seek(0)
                yield gzip.GzipFile(fileobj=raw) if packed else raw
        except (OSError, EOFError, zlib.error) as error:
            raise DataRefusedError(
                f"{self.name}: cannot be read to its end ({error})",
                expected="a whole CSV file, plain or gzip",
                todo="export or copy it again",
            ) from None

    def digest(self) -> str:
        """Return the SHA-256 of the file's bytes."""
        if not self._digest:
            self._digest = sha256_of(self.path)
        return self._digest

    def chunks(self) -> Iterator[bytes]:
        r"""Yield the file's text as UTF-8 with one kind of line end.

        What cannot be decoded, and a NUL, becomes U+FFFD; a row with that mark
        is quarantined by the checks, so nothing is guessed. Files put together
        from several often mix line ends, which the CSV reader would refuse.
        """
        hasher = sha256()
        with self._open() as stream:
            raw = _hashed(stream, hasher)
            if self.encoding.startswith("utf-16"):
                yield from _decoded(raw, self.encoding)
            else:
                yield from _by_lines(raw, self.encoding)
            if not isinstance(stream, gzip.GzipFile):
                # Read once, the file need not be read again to be known.
                self._digest = hasher.hexdigest()


def _hashed(stream: BinaryIO, hasher: Any) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK_BYTES):
        hasher.update(chunk)
        yield chunk


def _by_lines(raw: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Decode whole lines at a time; in these encodings a line end is one byte."""
    rest = b""
    mark = codecs.BOM_UTF8
    for chunk in raw:
        block, newline, tail = (rest + chunk).rpartition(b"\n")
        rest = tail
        if newline:
            yield _text(block.removeprefix(mark) + newline, encoding)
            mark = b""
    yield _text(rest.removeprefix(mark), encoding)


def _text(raw: bytes, encoding: str) -> bytes:
    """Return lines as UTF-8; the codec is asked where a quicker way will not do."""
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\0" not in raw:
        if encoding == "gb18030":
            plain = to_utf8(raw)
        else:
            plain = raw if _is_utf8(raw) else None
        if plain is not None:
            return plain
    return _sound(raw.decode(encoding, "replace"))


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decoded(raw: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    characters = codecs.getincrementaldecoder(encoding)("replace")
    decoder = io.IncrementalNewlineDecoder(characters, translate=True)
    mark = "\ufeff"
    for chunk in raw:
        text = decoder.decode(chunk)
        yield _sound(text.removeprefix(mark))
        mark = "" if text else mark
    yield _sound(decoder.decode(b"", final=True))


def _sound(text: str) -> bytes:
    return text.replace("\0", LOST).encode("utf-8", "replace")


def _first_beyond_ascii(stream: BinaryIO) -> bytes:
    """Codes and numbers tell no encoding: read on to the first letter that does."""
    while chunk := stream.read(CHUNK_BYTES):
        if not chunk.isascii():
            return chunk
    return b""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
