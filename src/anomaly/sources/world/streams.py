"""Randomness by purpose: adding one stream never shifts another."""

import hashlib

import numpy as np


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
