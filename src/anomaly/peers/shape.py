"""How heavy and how skewed the ordinary curve is, and how many units have moved.

One posterior for an indicator, from all its groups together. The moved part takes the
outliers, so that they cannot make ordinary units look heavy-tailed.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from anomaly.peers import levels
from anomaly.peers.blocks import Groups, normalised
from anomaly.peers.curve import FREEDOMS, Curve, mixture
from anomaly.peers.levels import COARSE, TINY, spread_prior

# The least share is small against any p that is promised: what has moved is left out
# of the ordinary curve, and in heavy tails takes a little of it along.
LEAST_MOVED = 0.0002
# Shares moved up, far up and down, with their prior.
UP = {
    (LEAST_MOVED, 0): 0.5,
    (0.01, 0): 0.15,
    (0.02, 0): 0.075,
    (0.04, 0): 0.025,
    (0, 0.01): 0.15,
    (0, 0.02): 0.075,
    (0, 0.04): 0.025,
}
DOWN = {LEAST_MOVED: 0.7, 0.02: 0.3}
MOVES = np.array([(*up, down) for up in UP for down in DOWN])
LOG_MOVES_PRIOR = np.log(np.outer([*UP.values()], [*DOWN.values()]).ravel())
# All shapes and shares are tried on the first units; after each stage those that
# stand no chance are left out on the rest. Larger groups than this are cut.
STAGES = np.array([1200, 4000, 10_000])
GROUP_UNITS = 300
HOPELESS = 15.0
# A curve of this freedom or less is heavy: what is planted there is ordinary, and a
# list of discoveries would be mostly false (docs/statistics.md has the measurements).
HEAVY = 7.0
DOUBT = 0.1


@dataclass(frozen=True)
class Shape:
    """A posterior: the weights of `curve.shapes` (rows) and of `MOVES` (columns)."""

    weight: np.ndarray

    @property
    def freedom(self) -> float:
        """Return the harmonic mean of the freedom: large where tails are light."""
        return float(1 / (self.weight.sum(axis=1) @ (1 / FREEDOMS)))

    @property
    def moves(self) -> np.ndarray:
        """Return the mean shares of units moved up, far up and down."""
        return self.weight.sum(axis=0) @ MOVES

    @property
    def listable(self) -> bool:
        """Return whether tails are surely light, so that a list may be issued."""
        return float(self.weight[FREEDOMS <= HEAVY].sum()) < DOUBT

    def told(self) -> dict:
        """Return freedom, moved (the share of units that stand out above) and listable.

        Listable is False where tails are so heavy that a list by false-discovery
        rate would be mostly false.
        """
        return {
            "freedom": self.freedom,
            "moved": float(self.moves[:2].sum()),
            "listable": self.listable,
        }

    def curve(self) -> Curve:
        """Return the mean curve."""
        return mixture(self.weight.sum(axis=1))


def shape_of(groups: Groups) -> Shape:
    """Return the posterior of shape and moved shares, from a sample of groups.

    The sample is the same for the same units.
    """
    groups = groups.pieces(GROUP_UNITS)
    order = np.random.default_rng(0).permutation(groups.sizes.size)
    filled = np.cumsum(groups.sizes[order])
    logarithm = np.tile(LOG_MOVES_PRIOR, (FREEDOMS.size, 1))
    for part in np.split(order, np.searchsorted(filled, STAGES) + 1)[:-1]:
        if part.size:
            near = logarithm > logarithm.max() - HOPELESS
            hopeful = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
            further = np.full_like(logarithm, -np.inf)
            further[np.ix_(*hopeful)] = _evidence(groups.only(part), *hopeful)
            logarithm += further
    return Shape(normalised(logarithm.ravel()).reshape(logarithm.shape))


def _evidence(groups: Groups, shapes: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Return the log evidence of some shapes (rows) and some of `MOVES` (columns)."""
    log_prior = np.log(spread_prior(COARSE, groups.typical))
    result = np.zeros((shapes.size, moves.size))
    for block in groups.blocks():
        likelihood = levels.single(block.seen.likelihood)
        sides = [
            likelihood @ levels.chosen(side, shapes)
            for side in levels.shape_tables(block.error).parts
        ]
        for column, shares in enumerate(MOVES[moves].astype(np.float32)):
            mixed = levels.mixed(sides, shares) + TINY
            total = np.add.reduceat(np.log(mixed, out=mixed), block.firsts, axis=0)
            total = total.reshape(-1, shapes.size, *COARSE.shape) + log_prior
            result[:, column] += special.logsumexp(total, axis=(2, 3)).sum(axis=0)
    return result
