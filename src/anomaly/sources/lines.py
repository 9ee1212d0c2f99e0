"""Line by line: what a CSV reader would swallow is taken out first, and counted.

A quote that opens a cell and is never closed makes a CSV reader read on to the
next quote, or to the end of the file, as one cell. Exports hold one record a
line, so such a line is broken by itself; the lines after it are sound.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

# A line of these only is blank; by 0x1a DOS ended its files.
BLANK_LINE = b" \x1a\n"
_BLANK_BEGINS = (b"\n\n", b"\n ", b"\n\x1a")


@dataclass(frozen=True)
class KeptOut:
    """A line that never reaches the reader; ``content`` is empty for a blank one."""

    line: int
    offset: int
    length: int
    content: bytes = b""


class LineWatch:
    """Passes sound lines on, and remembers the others.

    As ``pass_on`` is read, ``line`` and ``offset`` (in bytes of the decoded text)
    are the place after what was yielded last, and ``kept_out`` holds the lines
    taken out so far.
    """

    def __init__(self, delimiter: str, line: int, offset: int = 0) -> None:
        self.delimiter, self.line, self.offset = delimiter, line, offset
        self.kept_out: list[KeptOut] = []

    def pass_on(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the sound lines of a text whose lines end in a line feed."""
        rest = b""
        for chunk in chunks:
            block, newline, tail = (rest + chunk).rpartition(b"\n")
            rest = tail
            if newline:
                yield self._block(block + newline)
        if rest:
            yield self._block(rest + b"\n")

    def _block(self, block: bytes) -> bytes:
        """Most blocks hold no quote and no empty line, and pass whole."""
        suspect = b'"' in block or block[0] in BLANK_LINE
        if suspect or any(mark in block for mark in _BLANK_BEGINS):
            return b"".join(self._lines(block))
        lines = block.count(b"\n")
        self.line += lines
        self.offset += len(block)
        return block

    def _lines(self, block: bytes) -> Iterator[bytes]:
        for line in block.split(b"\n")[:-1]:
            length = len(line) + 1
            if not line.strip(BLANK_LINE):
                self.kept_out.append(KeptOut(self.line, self.offset, length))
            elif line.count(b'"') % 2 and self._opens(line):
                self.kept_out.append(KeptOut(self.line, self.offset, length, line))
            else:
                yield line + b"\n"
            self.line += 1
            self.offset += length

    def _opens(self, line: bytes) -> bool:
        """Say whether a quote opens a cell that the line does not close."""
        text = line.decode("utf-8", "replace")
        try:
            next(csv.reader([text], delimiter=self.delimiter, strict=True))
        except csv.Error:
            return True
        return False


def keyed_digest(content: bytes, key: bytes) -> str | None:
    """Return a digest by which who holds the key can find a row again.

    None without a key: an unkeyed digest of a line that holds an identity
    number could be guessed.
    """
    if not key:
        return None
    return blake2b(content, key=key[:64], digest_size=16).hexdigest()
