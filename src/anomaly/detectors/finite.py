"""The cut-off of a robust z that keeps its false-alarm rate in a small sample."""

from functools import lru_cache

import numpy as np
from scipy import optimize, stats

# Makes the MAD estimate a normal's standard deviation.
MAD_TO_SD = 1.4826
FEWEST_ROWS = 3
# Beyond this many rows the errors of median and MAD only shrink, as 1/sqrt(n).
MANY_ROWS = 1000
NORMALS_DRAWN = 3_000_000
MOST_SAMPLES = 200_000
BLOCK = 1_000_000
# From here on a row beyond the cut-off sits in the outer half of the deviations.
LEAST_CUTOFF = 2 / MAD_TO_SD


@lru_cache(maxsize=256)
def finite_cutoff(rows: int, features: int, false_alarm: float) -> float:
    """Return the c at which a clean row's largest |z| exceeds c as often as told.

    Parameters
    ----------
    rows : int
        Rows that median and MAD are taken from, the judged one among them.
    features : int
        Features, at least 1, as if independent; correlated ones alarm less often
        than told (Sidak's inequality).
    false_alarm : float
        Rate per row, in (0, .1].

    Returns
    -------
    float
        At least 1.35; infinite with fewer than three rows, where |z| cannot
        exceed .68 however far a row lies.

    Notes
    -----
    A row beyond c MADs, c > 1.35, is in the outer half of the values and of the
    deviations, so that median m and MAD s are the same as if it were infinitely
    far. Given the other n - 1 rows it is beyond c with probability
    1 - Phi(m + c s), which is averaged over seeded samples of the others and
    solved for c. One feature's rate is 1 - (1 - false_alarm)^(1/features).
    Source of the split into features: Sidak (1967); of averaging a conditional
    probability: Asmussen and Glynn (2007), Stochastic Simulation, V.4.
    """
    if rows < FEWEST_ROWS:
        return float("inf")
    one_side = -np.expm1(np.log1p(-false_alarm) / features) / 2
    location, scale = _with_one_far(min(rows, MANY_ROWS))
    shrink = min(1.0, np.sqrt(MANY_ROWS / rows))
    location, scale = location * shrink, 1 + (scale - 1) * shrink

    def excess(log_cutoff: float) -> float:
        beyond = stats.norm.sf(location + np.exp(log_cutoff) * scale).mean()
        return np.log(max(beyond, 1e-300)) - np.log(one_side)

    low = np.log(LEAST_CUTOFF)
    if excess(low) <= 0:
        return LEAST_CUTOFF
    return float(np.exp(optimize.brentq(excess, low, np.log(1e12), xtol=1e-6)))


@lru_cache(maxsize=4)
def _with_one_far(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return median and scaled MAD of samples of `rows`, one of them infinite."""
    rng = np.random.default_rng(20240601)
    left = min(MOST_SAMPLES, NORMALS_DRAWN // rows)
    parts = []
    while left > 0:
        size = min(left, BLOCK // rows)
        parts.append(_median_and_mad(rng.standard_normal((size, rows - 1))))
        left -= size
    location, scale = np.concatenate(parts, axis=1)
    return location, scale


def _median_and_mad(others: np.ndarray) -> np.ndarray:
    far = np.full((len(others), 1), np.inf)
    location = np.median(np.hstack([others, far]), axis=1, keepdims=True)
    deviation = np.hstack([np.abs(others - location), far])
    return np.array([location[:, 0], MAD_TO_SD * np.median(deviation, axis=1)])
