"""The curve of ordinary units on the log or logit scale, and mixtures of such curves.

A split t is a t whose right half is stretched by a skew; a log-gamma is what the usual
gamma-Poisson model means on the log scale, with a right tail lighter than a normal's.
All are standardised to median 0 and half the 16-84 % range 1, so that a mixture of
them keeps both nearly.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

FREEDOM = np.array([3, 4, 5, 7, 12, 30, 200], dtype=float)
SKEW = np.array([0.6, 0.7, 0.8, 0.9, 1, 1.12, 1.3])
# The gamma's shape: units scatter by about 1 / sqrt(shape).
GAMMA = np.array([4, 8, 16, 32], dtype=float)
SPLIT_T = [(freedom, skew) for freedom in FREEDOM for skew in SKEW]
# The freedom of each shape: how heavy its tails are.
FREEDOMS = np.r_[np.repeat(FREEDOM, SKEW.size), np.full(GAMMA.size, np.inf)]
# Tables lie on an evenly spaced arcsinh scale: linear interpolation between
# their entries errs by less than 2e-4 of a tail area.
STEPS = 6000
REACH = 9.0
_PLACES = np.sinh(np.linspace(-REACH, REACH, 2 * STEPS + 1))


@dataclass(frozen=True)
class Curve:
    """Tables of a distribution: P(X <= x), P(X > x), and the integral of the first."""

    below: np.ndarray
    above: np.ndarray
    integral: np.ndarray

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """Return P(X <= x)."""
        return _between(self.below, x)

    def sf(self, x: np.ndarray) -> np.ndarray:
        """Return P(X > x), exact to its own size far out."""
        return _between(self.above, x)

    def spread_out(self, x: np.ndarray, low: np.ndarray, high: np.ndarray):
        """Return P(X + U <= x), U uniform between low and high."""
        area = _between(self.integral, x - low) - _between(self.integral, x - high)
        return area / (high - low)

    def quantile(self, p: float) -> float:
        """Return x with P(X <= x) = p."""
        return float(np.interp(p, self.below, _PLACES))


def _between(table: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the table's value at x, linear between entries, constant beyond."""
    place = np.clip((np.arcsinh(x) + REACH) * (STEPS / REACH), 0, 2 * STEPS - 1e-9)
    left = place.astype(np.int32)
    share = place - left
    return table[left] * (1 - share) + table[left + 1] * share


def _split_t(x: np.ndarray, freedom: float, skew: float) -> tuple[np.ndarray, ...]:
    """Return P(X <= x) and P(X > x), mode 0, left scale 1, right scale skew."""
    left = x < 0
    tail = special.stdtr(freedom, -np.abs(np.where(left, x, x / skew)))
    tail *= 2 / (1 + skew) * np.where(left, 1.0, skew)
    return np.where(left, tail, 1 - tail), np.where(left, 1 - tail, tail)


def _landmarks(freedom: float, skew: float) -> tuple[float, float]:
    """Return the median and half the 16-84 % range of the raw split t."""
    probability = special.ndtr(np.array([-1.0, 0.0, 1.0]))
    left = probability < 1 / (1 + skew)
    from_left = special.stdtrit(
        freedom, np.where(left, probability, 0.5) * (1 + skew) / 2
    )
    from_right = -skew * special.stdtrit(
        freedom, np.where(left, 0.5, 1 - probability) * (1 + skew) / (2 * skew)
    )
    low, middle, high = np.where(left, from_left, from_right)
    return middle, (high - low) / 2


@cache
def split_t(freedom: float, skew: float) -> Curve:
    """Return the standardised split t of some freedom and skew."""
    middle, scale = _landmarks(freedom, skew)
    below, above = _split_t(_PLACES * scale + middle, freedom, skew)
    return _curve(below, above)


def _curve(below: np.ndarray, above: np.ndarray) -> Curve:
    pieces = np.diff(_PLACES) * (below[1:] + below[:-1]) / 2
    return Curve(below, above, np.r_[0.0, np.cumsum(pieces)])


def log_gamma(shape: float) -> Curve:
    """Return the standardised logarithm of a gamma variable of some shape."""
    low, middle, high = np.log(special.gammaincinv(shape, special.ndtr([-1.0, 0, 1])))
    value = np.exp(np.clip(_PLACES * (high - low) / 2 + middle, -700, 700))
    return _curve(special.gammainc(shape, value), special.gammaincc(shape, value))


@cache
def shapes() -> tuple[Curve, ...]:
    """Return every curve that ordinary units may follow, in the order of FREEDOMS."""
    return tuple(
        [split_t(*one) for one in SPLIT_T] + [log_gamma(shape) for shape in GAMMA]
    )


def mixture(weight: np.ndarray) -> Curve:
    """Return the mixture of `shapes` with these weights, which sum to 1."""
    curves = shapes()
    below, above = (
        sum(w * getattr(curve, side) for w, curve in zip(weight, curves, strict=True))
        for side in ("below", "above")
    )
    return _curve(below, above)
