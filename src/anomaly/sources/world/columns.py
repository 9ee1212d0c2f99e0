"""Arrow columns of the exports: money from whole fen, dates from day numbers."""

import numpy as np
import pyarrow as pa

from anomaly.sources.world.clock import DAY

Columns = dict[str, pa.Array]


def money(fen: np.ndarray) -> pa.Array:
    """Return decimals with two places, exactly."""
    low = np.ascontiguousarray(fen, dtype=np.int64)
    words = np.empty((len(low), 2), dtype=np.int64)
    words[:, 0] = low
    words[:, 1] = low >> 63
    buffers = [None, pa.py_buffer(words.tobytes())]
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(low), buffers)


def whole(values: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """Return whole numbers, empty where missing."""
    return pa.array(np.asarray(values, dtype=np.int64), mask=missing)


def dates(day: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """Return dates from day numbers."""
    return pa.array(
        np.asarray(day, dtype=np.int32), type=pa.int32(), mask=missing
    ).cast(pa.date32())


def moments(
    day: np.ndarray, sec: np.ndarray, missing: np.ndarray | None = None
) -> pa.Array:
    """Return dates with times of day."""
    seconds = np.asarray(day, dtype=np.int64) * DAY + np.asarray(sec, dtype=np.int64)
    return pa.array(seconds, mask=missing).cast(pa.timestamp("s"))


def texts(words: list | np.ndarray, place: np.ndarray) -> pa.Array:
    """Return words by position; empty where the position is negative."""
    spots = np.asarray(place, dtype=np.int64)
    index = pa.array(spots, mask=spots < 0)
    return pa.array(list(words), type=pa.string()).take(index)


def always(word: str, size: int) -> pa.Array:
    """Return one word throughout."""
    return pa.repeat(pa.scalar(word, pa.string()), size)


def nothing(size: int) -> pa.Array:
    """Return an empty column."""
    return pa.nulls(size, pa.string())
