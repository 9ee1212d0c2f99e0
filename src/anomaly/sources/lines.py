"""Line by line: what a CSV reader would swallow is taken out first, and counted.

Bytes are looked at in bulk: the few that can mean trouble (quotes, blanks at the
edge of a cell, lost characters, digits lost to an exponent) are found for a whole
piece of text at once, and only their lines are looked at again.

A quote that opens a cell and is never closed makes a CSV reader read on to the
next quote, or to the end of the file, as one cell. Exports hold one record a
line, so such a line is broken by itself; the lines after it are sound.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

# A line of these only is blank; by 0x1a DOS ended its files.
BLANK_LINE = b" \x1a\n"
_LOST = "\ufffd".encode()
# Blanks of other scripts, which stand at the edge of a cell as spaces do.
_WIDE_BLANKS = [c.encode() for c in "\u00a0\u2003\u200b\u3000\ufeff"]
_LEADS = bytes({_LOST[0], *(blank[0] for blank in _WIDE_BLANKS)})
_WORTH_A_LOOK = bytes(
    byte <= ord(" ") or byte in b'"+' or byte in _LEADS for byte in range(256)
)


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
    are the place after what was yielded last; ``kept_out`` holds the lines taken
    out so far, and ``odd`` the numbers of lines passed on that need a closer look.
    """

    def __init__(self, delimiter: str, line: int, offset: int = 0) -> None:
        self.delimiter, self.line, self.offset = delimiter, line, offset
        self.kept_out: list[KeptOut] = []
        self.odd: list[np.ndarray] = []
        self._edges = np.zeros(256, dtype=bool)
        self._edges[[*b'\n"', *delimiter.encode()]] = True

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
        """Most blocks hold no quote and no blank line, and pass whole."""
        text = np.frombuffer(block, np.uint8)
        marked = np.flatnonzero(np.frombuffer(block.translate(_WORTH_A_LOOK), np.bool_))
        marks = text[marked]
        ends = marked[marks == ord("\n")]
        odd = self._odd(block, text, marked[marks != ord("\n")])
        self.odd.append(self.line + np.unique(np.searchsorted(ends, odd)))
        begins = text[np.concatenate([[0], ends[:-1] + 1])]
        if (marks == ord('"')).any() or np.isin(begins, list(BLANK_LINE)).any():
            return b"".join(self._lines(block))
        self.line += len(ends)
        self.offset += len(block)
        return block

    def _odd(self, block: bytes, text: np.ndarray, marked: np.ndarray) -> np.ndarray:
        """Return where something stands that the quick reading would not see.

        The text ends in a line feed, so that the byte after a mark is there, and
        the byte before the first is a line's end too.
        """
        marks = text[marked]
        before = self._edges[text[marked - 1]]
        blank = marked[(marks <= ord(" ")) & (before | self._edges[text[marked + 1]])]
        quotes = marked[marks == ord('"')]
        inside = ~(self._edges[text[quotes - 1]] | self._edges[text[quotes + 1]])
        plus = marked[marks == ord("+")]
        exponent = plus[np.isin(text[plus - 1], list(b"Ee"))]
        leads = marked[np.isin(marks, list(_LEADS))]
        wide = [at for at in leads.tolist() if self._is_odd(block, at)]
        wide_at = np.array(wide, np.int64)
        return np.sort(np.concatenate([blank, quotes[inside], exponent, wide_at]))

    def _is_odd(self, block: bytes, at: int) -> bool:
        """Say whether a lost character, or a wide blank at an edge, stands here."""
        if block.startswith(_LOST, at):
            return True
        for blank in _WIDE_BLANKS:
            if block.startswith(blank, at):
                around = block[at - 1], block[at + len(blank)]
                return any(self._edges[byte] for byte in around)
        return False

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
