"""A source cut into blocks of whole lines, the next read while one is worked on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

import numpy as np

from anomaly.sources.lines import BLANK_LINE, KeptOut, LineWatch
from anomaly.sources.source import Source

# A block is held in memory as typed columns; two are on the way at a time.
BLOCK_BYTES = 1 << 26
LOST = "\ufffd".encode()


@dataclass(frozen=True)
class Block:
    """Some lines of a source as UTF-8 CSV without header, in the scratch folder.

    ``first`` is the line at which the block begins, as the source's owner counts,
    ``offset`` its first byte in the decoded text; ``records`` counts the lines in
    the file; ``kept_out`` are those that should lie between them but are broken
    or blank; ``is_lossy`` says that some character could not be decoded.
    """

    path: Path
    first: int
    offset: int
    records: int
    kept_out: tuple[KeptOut, ...]
    is_lossy: bool

    @property
    def lines(self) -> np.ndarray:
        """The line of each record, shape (records,)."""
        gone = np.array([one.line for one in self.kept_out], dtype=np.int64)
        every = np.arange(self.first, self.first + self.records + len(gone))
        return every[~np.isin(every, gone)] if len(gone) else every

    def rows(self, places: np.ndarray) -> tuple[list[bytes], np.ndarray]:
        """Return the records at these places (0-based), and their byte offsets."""
        data = self.path.read_bytes()
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
        starts = np.concatenate([[0], ends[:-1] + 1])
        before = np.cumsum([0, *(one.length for one in self.kept_out)])
        gone = [one.line for one in self.kept_out]
        skipped = before[np.searchsorted(gone, self.lines[places])]
        rows = [data[starts[i] : ends[i]] for i in places]
        return rows, self.offset + starts[places] + skipped

    def lossy_places(self) -> np.ndarray:
        """Return the places of records in which a character was lost."""
        if not self.is_lossy:
            return np.arange(0)
        data = self.path.read_bytes()
        found, at = [], data.find(LOST)
        while at >= 0:
            found.append(at)
            at = data.find(LOST, data.index(b"\n", at))
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
        return np.searchsorted(ends, np.array(found, dtype=np.int64))


def blocks(source: Source, folder: Path) -> Iterator[Block]:
    """Yield a source's blocks, at least one; each file is removed after its turn.

    Raises DataRefusedError where the source breaks off.
    """
    cut = _cut(source, folder)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, cut, None)
        while (block := coming.result()) is not None:
            coming = pool.submit(next, cut, None)
            try:
                yield block
            finally:
                # Raw text, names of persons included, does not outlive its reading.
                block.path.unlink(missing_ok=True)


def _cut(source: Source, folder: Path) -> Iterator[Block]:
    chunks, line, offset = _after_header(source.chunks())
    watch = LineWatch(source.delimiter, source.first_line - 1 + line, offset)
    pieces = watch.pass_on(chunks)
    for number in count():
        path = folder / f"block{number}.csv"
        first, offset, kept = watch.line, watch.offset, len(watch.kept_out)
        records, is_lossy = _fill(path, pieces)
        gone = tuple(watch.kept_out[kept:])
        if number and not records and not gone:
            path.unlink()
            return
        yield Block(path, first, offset, records, gone, is_lossy)


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


def _fill(path: Path, pieces: Iterator[bytes]) -> tuple[int, bool]:
    """Write one block's worth of lines; return their number, and if any was lossy."""
    records, size, is_lossy = 0, 0, False
    with path.open("wb") as stream:
        for piece in pieces:
            stream.write(piece)
            records += piece.count(b"\n")
            is_lossy = is_lossy or LOST in piece
            size += len(piece)
            if size >= BLOCK_BYTES:
                break
    return records, is_lossy
