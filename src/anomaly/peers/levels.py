"""The grid of levels, and what a curve puts on it for each centre and spread.

Everything is counted in units of the indicator's pooled spread, so that the tables
are the same for every indicator.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from anomaly.peers.curve import FREEDOMS, Curve, shapes

# Dense about the centre, sparse far out: from .07 to .56 pooled spreads apart.
_EVEN = np.linspace(-np.arcsinh(8), np.arcsinh(8), 161)
LEVELS = 2 * np.sinh(_EVEN)
STEPS = 2 * np.cosh(_EVEN) * (_EVEN[1] - _EVEN[0])
# The trapezoid rule: what lies beyond either end is counted apart.
WEIGHTS = np.r_[STEPS[0] / 2, STEPS[1:-1], STEPS[-1] / 2]
# Where one level's cell ends and the next begins.
BOUNDS = 2 * np.sinh(np.r_[_EVEN[0], (_EVEN[1:] + _EVEN[:-1]) / 2, _EVEN[-1]])
_EDGES = np.r_[-1e4, BOUNDS[1:-1], 1e4]
# A moved unit is an ordinary one moved this far, up or down, or farther up ...
MOVED = (1.0, 6.0)
FAR = (3.0, 6.0)
# ... or, for a part of it, anywhere on that side: nothing out there weighs more.
ANYWHERE = 0.1
# Products of two numbers no smaller than this are no subnormal ones, which slow a
# processor a hundredfold.
LEAST = 1e-18
TINY = np.float32(1e-30)
# How far groups' spreads scatter about a usual one, on the log scale.
PRIOR_WIDTH = 0.4
# Standard errors of a group's centre, a class each.
ERRORS = np.geomspace(0.05, 4.0, 16)


@dataclass(frozen=True)
class Resolution:
    """How finely a group's centre (in standard errors) and spread are integrated."""

    centres: np.ndarray
    spreads: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of centres and of spreads."""
        return self.centres.size, self.spreads.size

    def pairs(self, error: int) -> tuple[np.ndarray, np.ndarray]:
        """Return centre and spread of each column, centres outermost."""
        centre = np.repeat(self.centres * ERRORS[error], self.spreads.size)
        return centre, np.tile(self.spreads, self.centres.size)


FINE = Resolution(np.linspace(-4.4, 4.4, 9), np.geomspace(0.25, 3.2, 34))
COARSE = Resolution(np.linspace(-3, 3, 5), np.geomspace(0.25, 3.2, 12))


@dataclass(frozen=True)
class Tables:
    """Rows: levels; columns: pairs of centre and spread."""

    ordinary: np.ndarray
    moved_up: np.ndarray
    far_up: np.ndarray
    moved_down: np.ndarray

    @property
    def parts(self) -> tuple[np.ndarray, ...]:
        """Return the four of them."""
        return self.ordinary, self.moved_up, self.far_up, self.moved_down

    def mixed(self, shares: np.ndarray) -> np.ndarray:
        """Return the mass of each level where shares have moved up, far and down."""
        return single(mixed(self.parts, shares))


def mixed(parts, shares: np.ndarray) -> np.ndarray:
    """Return ordinary and moved parts together; shares of the moved ones are given."""
    result = (1 - shares.sum()) * parts[0]
    for share, part in zip(shares, parts[1:], strict=True):
        if share:
            result += share * part
    return result


def tables(curve: Curve, resolution: Resolution, error: int) -> Tables:
    """Return the mass that each level's cell has under a curve."""
    centre, spread = resolution.pairs(error)
    away = (_EDGES[:, None] - centre) / spread

    def moved(low: float, high: float) -> np.ndarray:
        cumulated = curve.spread_out(away, low / spread, high / spread)
        cumulated[0], cumulated[-1] = 0, 1  # the table ends before the last edge
        shifted = _mass(cumulated)
        return _with_anywhere(shifted, low * LEVELS > 0)

    return Tables(
        ordinary=_mass(curve.cdf(away)),
        moved_up=moved(*MOVED),
        far_up=moved(*FAR),
        moved_down=moved(-MOVED[1], -MOVED[0]),
    )


def single(x: np.ndarray) -> np.ndarray:
    """Return x in single precision, zero where it is too small to matter."""
    return np.where(x < LEAST, 0, x).astype(np.float32)


def _mass(cumulated: np.ndarray) -> np.ndarray:
    return single(np.diff(cumulated, axis=0))


def _with_anywhere(mass: np.ndarray, side: np.ndarray) -> np.ndarray:
    anywhere = (STEPS * side / STEPS[side].sum()).astype(np.float32)
    return (1 - ANYWHERE) * mass + ANYWHERE * anywhere[:, None]


def tails(curve: Curve, error: int, side: str) -> np.ndarray:
    """Return P(level of a unit > each level), or <= it for the side 'low'."""
    centre, spread = FINE.pairs(error)
    away = (LEVELS[:, None] - centre) / spread
    tail = curve.sf(away) if side == "high" else curve.cdf(away)
    return single(tail)


@cache
def shape_tables(error: int) -> Tables:
    """Return the coarse tables of all `curve.shapes`, columns shape by shape, kept."""
    each = [tables(shape, COARSE, error).parts for shape in shapes()]
    return Tables(*(np.hstack(part) for part in zip(*each, strict=True)))


def chosen(table: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the columns of some shapes of a part of `shape_tables`."""
    if wanted.size == FREEDOMS.size:
        return table
    by_shape = table.reshape(LEVELS.size, FREEDOMS.size, -1)
    return by_shape[:, wanted].reshape(LEVELS.size, -1)


def spread_prior(resolution: Resolution, typical: float) -> np.ndarray:
    """Return what is thought of a group's spread before any is seen."""
    away = np.log(resolution.spreads / typical) / PRIOR_WIDTH
    weight = np.exp(-0.5 * away**2)
    return weight / weight.sum()
