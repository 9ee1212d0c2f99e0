"""Line by line: what a CSV reader would swallow is taken out first, and counted.

A quote that opens a cell and is never closed makes a CSV reader read on to the
next quote, or to the end of the file, as one cell. Exports hold one record a
line, so such a line is broken by itself; the lines after it are sound.
"""

import csv
from collections.abc import Iterable, Iterator
from hashlib import blake2b

# A line of these only is blank; by 0x1a DOS ended its files.
BLANK_LINE = b" \x1a\n"
_SUSPECT = (b'"', b"\n\n", b"\n ", b"\n\x1a")


class LineWatch:
    """Passes sound lines on, and remembers the others.

    After ``pass_on`` has been read to its end: ``records`` is the number of
    lines passed on after the header; ``broken`` holds (line, byte offset,
    content) of those taken out; ``blank`` the numbers of empty lines. Lines
    are counted from 1, the header included.
    """

    def __init__(self, delimiter: str, first_line: int) -> None:
        self.delimiter, self.line = delimiter, first_line - 1
        self.offset = 0
        self.passed = 0
        self.broken: list[tuple[int, int, bytes]] = []
        self.blank: list[int] = []

    @property
    def records(self) -> int:
        return max(0, self.passed - 1)

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
        suspect = block[0] in BLANK_LINE or any(mark in block for mark in _SUSPECT)
        if not suspect:
            lines = block.count(b"\n")
            self.line += lines
            self.passed += lines
            self.offset += len(block)
            return block
        return b"".join(self._lines(block))

    def _lines(self, block: bytes) -> Iterator[bytes]:
        for line in block.splitlines(keepends=True):
            if not line.strip(BLANK_LINE):
                self.blank.append(self.line)
            elif line.count(b'"') % 2 and self._opens(line):
                self.broken.append((self.line, self.offset, line.rstrip(b"\n")))
            else:
                self.passed += 1
                yield line
            self.line += 1
            self.offset += len(line)

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
