"""Text files: CSV, TSV and the like, plain or gzip."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

from anomaly.errors import DataRefusedError
from anomaly.sources.dialects import LOST, tell
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
        return self._digest

    @cached_property
    def _digest(self) -> str:
        return sha256_of(self.path)

    def chunks(self) -> Iterator[bytes]:
        r"""Yield the file's text as UTF-8 with one kind of line end.

        What cannot be decoded, and a NUL, becomes U+FFFD; a row with that mark
        is quarantined by the checks, so nothing is guessed. Files put together
        from several often mix line ends, which the CSV reader would refuse.
        """
        characters = codecs.getincrementaldecoder(self.encoding)("replace")
        decoder = io.IncrementalNewlineDecoder(characters, translate=True)
        mark = "\ufeff"
        with self._open() as stream:
            while chunk := stream.read(CHUNK_BYTES):
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
