"""GB18030 to UTF-8 in bulk, for text in which only codes of one or two bytes stand.

That is nearly all text. The codec, which walks through every byte, takes twice as
long and lets nobody else work meanwhile; whatever is not plain is left to it.
"""

from functools import cache

import numpy as np

LEADS = range(0x81, 0xFF)
TRAILS = (*range(0x40, 0x7F), *range(0x80, 0xFF))


def to_utf8(text: bytes) -> bytes | None:
    """Return text in UTF-8, or None where it needs the codec.

    ``text`` ends where a character ends. Equals what the codec gives.
    """
    source = np.frombuffer(text, np.uint8)
    high = np.flatnonzero(source > 0x7F)
    if not len(high):
        return text
    leads = _leads(high)
    if leads[-1] + 1 == len(source):
        return None
    codes = source[leads].astype(np.uint16) << 8 | source[leads + 1]
    lengths, letters = _table()
    if not lengths[codes].all():
        return None
    # Most characters take three bytes where they took two: room is made for one
    # more after each of those.
    is_long = lengths[codes] == 3
    made_before = np.cumsum(is_long) - is_long
    thirds = leads[is_long] + 2 + made_before[is_long]
    made = np.empty(len(source) + len(thirds), np.uint8)
    kept = np.ones(len(made), dtype=bool)
    kept[thirds] = False
    made[kept] = source
    firsts = leads + made_before
    made[firsts] = letters[0][codes]
    made[firsts + 1] = letters[1][codes]
    made[thirds] = letters[2][codes[is_long]]
    return made.tobytes()


def _leads(high: np.ndarray) -> np.ndarray:
    """Return which of the bytes above 127 begin a character: in a run, every second.

    A run is broken by the second byte of a character that is below 128.
    """
    nth = np.arange(len(high))
    begins = np.concatenate([[True], np.diff(high) != 1])
    in_run = nth - np.maximum.accumulate(np.where(begins, nth, 0))
    return high[in_run % 2 == 0]


@cache
def _table() -> tuple[np.ndarray, list[np.ndarray]]:
    """Return by code the length in UTF-8, 0 for none, and each of its three bytes."""
    lengths = np.zeros(1 << 16, np.uint8)
    letters = np.zeros((3, 1 << 16), np.uint8)
    for lead in LEADS:
        for trail in TRAILS:
            letter = bytes([lead, trail]).decode("gb18030", "replace").encode()
            if letter == "\ufffd".encode():
                continue
            code = lead << 8 | trail
            lengths[code] = len(letter)
            letters[: len(letter), code] = list(letter)
    return lengths, list(letters)
