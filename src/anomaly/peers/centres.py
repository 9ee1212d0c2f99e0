"""Where peers lie and how far they scatter, each unit judged by the others."""

import numpy as np

# How much of a value's variance the median of its n peers adds: pi/2 / n.
MEDIAN_COST = np.pi / 2
# Peers' worth of pooled spread that steadies a small group's own one.
PRIOR_PEERS = 15.0
# The share of a normal distribution within one standard deviation.
WITHIN_ONE_SD = 0.6827
# Above this size one unit more or less does not move a median.
EXACT_SIZE = 200


def median_without_self(x: np.ndarray) -> np.ndarray:
    """Return for each value the median of the others; NaN where there are none."""
    size = x.size
    if size < 2:
        return np.full(size, np.nan)
    if size > EXACT_SIZE:
        return np.full(size, np.median(x))
    others = np.tile(x, (size, 1))[~np.eye(size, dtype=bool)].reshape(size, size - 1)
    return np.median(others, axis=1)


def centres(x: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the median of each unit's peers; codes number the groups from 0."""
    result = np.full(x.size, np.nan)
    for members in members_of(codes):
        result[members] = median_without_self(x[members])
    return result


def members_of(codes: np.ndarray) -> list[np.ndarray]:
    """Return the positions of each group's members, in order of the codes."""
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def between_variance(
    residual: np.ndarray, sampling: np.ndarray, ordinary: np.ndarray
) -> float:
    """Return tau^2: what is left of the scatter beyond sampling.

    The value at which 68.27 % of residuals lie within one standard deviation
    sqrt(tau^2 + sampling), each counted by its probability to be ordinary.
    """
    square = residual**2
    total = ordinary.sum()
    low, high = 0.0, float(square.max(initial=0.0))
    for _ in range(40):
        middle = (low + high) / 2
        outside = ordinary[square > middle + sampling].sum()
        if outside > (1 - WITHIN_ONE_SD) * total:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def spreads(
    residual: np.ndarray,
    sampling: np.ndarray,
    codes: np.ndarray,
    sizes: np.ndarray,
    ordinary: np.ndarray | None = None,
) -> np.ndarray:
    """Return tau^2 for each unit: its group's, shrunk to the pooled one."""
    ordinary = np.ones(residual.size) if ordinary is None else ordinary
    residual = residual / np.sqrt(1 + MEDIAN_COST / np.maximum(sizes - 1, 1))
    pooled = between_variance(residual, sampling, ordinary)
    result = np.empty(residual.size)
    for members in members_of(codes):
        own = between_variance(residual[members], sampling[members], ordinary[members])
        n = ordinary[members].sum()
        result[members] = (n * own + PRIOR_PEERS * pooled) / (n + PRIOR_PEERS)
    return result
