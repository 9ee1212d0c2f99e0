"""Randomness by purpose: adding one stream never shifts another."""

import hashlib

import numpy as np

# The constants of the splitmix64 generator.
_GOLDEN = 0x9E3779B97F4A7C15
_MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


def _words(keys: tuple[object, ...]) -> list[int]:
    digest = hashlib.sha256("|".join(map(str, keys)).encode()).digest()
    return np.frombuffer(digest, dtype="<u4").tolist()


def stream(seed: int, *keys: object) -> np.random.Generator:
    """Return the generator that belongs to a seed and a purpose."""
    sequence = np.random.SeedSequence([seed, *_words(keys)])
    return np.random.Generator(np.random.PCG64(sequence))


def hash_order(seed: int, purpose: str, codes: list[str]) -> np.ndarray:
    """Return positions in an order that knows nothing of a unit's size."""
    keys = [hashlib.sha256(f"{seed}|{purpose}|{c}".encode()).digest() for c in codes]
    return np.array(sorted(range(len(codes)), key=keys.__getitem__), dtype=np.int64)


def round_fairly(rng: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """Round up or down at random so that the expectation is kept."""
    return np.floor(values + rng.random(len(values))).astype(np.int64)


def heavy_normal(
    rng: np.random.Generator, size: int, *, share: float = 0.1, spread: float = 1.9
) -> np.ndarray:
    """Return standard normals of which a share is drawn wider, as units really are."""
    wide = rng.random(size) < share
    return rng.standard_normal(size) * np.where(wide, spread, 1.0)


def noise(seed: int, purpose: str, numbers: np.ndarray) -> np.ndarray:
    """Return a number below 1 for each whole number: always the same for the same.

    What belongs to a visit or a unit is drawn so wherever it is needed, without
    being carried along, and shifts no stream.
    """
    low, high = _words((seed, purpose))[:2]
    with np.errstate(over="ignore"):
        mixed = np.asarray(numbers).astype(np.uint64) * np.uint64(_GOLDEN)
        mixed = mixed + np.uint64(low << 32 | high)
        for shift, factor in _MIX:
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
