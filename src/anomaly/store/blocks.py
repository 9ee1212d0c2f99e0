"""A source cut into blocks of whole lines, the next read while one is worked on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, count

import numpy as np

from anomaly.sources.lines import BLANK_LINE, KeptOut, LineWatch
from anomaly.sources.source import Source

# A block is held as text and as typed columns; up to four are on the way at a time.
BLOCK_BYTES = 1 << 26


@dataclass(frozen=True)
class Block:
    """Some lines of a source as UTF-8 CSV without header.

    ``first`` is the line at which the block begins, as the source's owner counts,
    ``offset`` its first byte in the decoded text; ``records`` counts the lines in
    ``data``; ``kept_out`` are those that should lie between them but are broken
    or blank; ``odd`` are the lines that need a closer look.
    """

    data: bytes
    first: int
    offset: int
    records: int
    kept_out: tuple[KeptOut, ...]
    odd: np.ndarray

    @property
    def lines(self) -> np.ndarray:
        """The line of each record, shape (records,)."""
        gone = np.array([one.line for one in self.kept_out], dtype=np.int64)
        every = np.arange(self.first, self.first + self.records + len(gone))
        return every[~np.isin(every, gone)] if len(gone) else every

    def rows(self, places: np.ndarray) -> tuple[list[bytes], np.ndarray]:
        """Return the records at these places (0-based), and their byte offsets."""
        ends = np.flatnonzero(np.frombuffer(self.data, np.uint8) == ord("\n"))
        starts = np.concatenate([[0], ends[:-1] + 1])
        before = np.cumsum([0, *(one.length for one in self.kept_out)])
        gone = [one.line for one in self.kept_out]
        skipped = before[np.searchsorted(gone, self.lines[places])]
        rows = [self.data[starts[i] : ends[i]] for i in places]
        return rows, self.offset + starts[places] + skipped

    def text(self, places: np.ndarray) -> bytes:
        """Return the records at these places as CSV."""
        if len(places) == self.records:
            return self.data
        return b"".join(row + b"\n" for row in self.rows(places)[0])

    def odd_places(self) -> np.ndarray:
        """Return the places (0-based) of the records that need a closer look."""
        return (
            np.flatnonzero(np.isin(self.lines, self.odd)) if len(self.odd) else self.odd
        )


def blocks(source: Source) -> Iterator[Block]:
    """Yield a source's blocks, at least one; the next is read meanwhile.

    Raises DataRefusedError where the source breaks off.
    """
    cut = _cut(source)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, cut, None)
        while (block := coming.result()) is not None:
            coming = pool.submit(next, cut, None)
            yield block


def _cut(source: Source) -> Iterator[Block]:
    chunks, line, offset = _after_header(source.chunks())
    watch = LineWatch(source.delimiter, source.first_line - 1 + line, offset)
    pieces = watch.pass_on(chunks)
    for number in count():
        first, offset, kept = watch.line, watch.offset, len(watch.kept_out)
        watch.odd.clear()
        data = _fill(pieces)
        gone = tuple(watch.kept_out[kept:])
        if number and not data and not gone:
            return
        records = watch.line - first - len(gone)
        odd = np.concatenate([np.arange(0), *watch.odd])
        yield Block(data, first, offset, records, gone, odd)


def _after_header(chunks: Iterator[bytes]) -> tuple[Iterator[bytes], int, int]:
    """Return what follows the header, and the lines and bytes down to its end."""
    head = b""
    for chunk in chunks:
        head += chunk
        blank = len(head) - len(head.lstrip(BLANK_LINE))
        end = head.find(b"\n", blank) + 1
        if end:
            return chain([head[end:]], chunks), head.count(b"\n", 0, end), end
    return iter(()), 1, len(head)


def _fill(pieces: Iterator[bytes]) -> bytes:
    """Return one block's worth of lines."""
    taken, size = [], 0
    for piece in pieces:
        taken.append(piece)
        size += len(piece)
        if size >= BLOCK_BYTES:
            break
    return b"".join(taken)
