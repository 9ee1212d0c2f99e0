"""Units sorted by group, and the blocks in which the model takes them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from anomaly.peers.families import Observed, Seen
from anomaly.peers.levels import ERRORS, LEVELS, STEPS, TINY, single

# More peers than this tell hardly more of a group's centre and spread, but make
# the grids too coarse for what they tell.
ENOUGH = 300
BLOCK = 6000


@dataclass(frozen=True)
class Block:
    """Some groups' units on the grid, their groups alike in standard error."""

    error: int
    groups: np.ndarray
    rows: np.ndarray
    sizes: np.ndarray
    firsts: np.ndarray
    seen: Seen

    @property
    def weight(self) -> np.ndarray:
        """Return what one unit's word counts in each group."""
        return np.minimum(1.0, ENOUGH / self.sizes)

    def log_likelihood(self, mass: np.ndarray) -> np.ndarray:
        """Return each unit's (rows), for every column of the mass of levels."""
        return np.log(single(self.seen.likelihood) @ mass + TINY)

    def summed(self, log_likelihood: np.ndarray) -> np.ndarray:
        """Return the groups' sums, each unit's word weighed."""
        total = np.add.reduceat(log_likelihood, self.firsts, axis=0, dtype=float)
        return total * self.weight[:, None]


@dataclass(frozen=True)
class Groups:
    """Units sorted by group: what they show, and what is known of the groups.

    ``sizes``, ``centre`` and ``error`` (the class of the centre's standard error)
    have an entry a group; ``unit`` is the pooled spread, in which levels are
    counted; ``typical`` a usual group's spread, in that unit.
    """

    observed: Observed
    sizes: np.ndarray
    centre: np.ndarray
    error: np.ndarray
    unit: float
    typical: float = 1.0

    @property
    def starts(self) -> np.ndarray:
        """Return the first row of each group."""
        return np.r_[0, np.cumsum(self.sizes)[:-1]]

    def blocks(self, wanted: np.ndarray | None = None) -> Iterator[Block]:
        """Yield the wanted groups, all by default, in blocks of bounded size."""
        wanted = np.arange(self.sizes.size) if wanted is None else wanted
        for error in np.unique(self.error[wanted]):
            alike = wanted[self.error[wanted] == error]
            filled = np.cumsum(self.sizes[alike]) // BLOCK
            for part in np.split(alike, np.flatnonzero(np.diff(filled)) + 1):
                yield self._block(int(error), part)

    def _block(self, error: int, groups: np.ndarray) -> Block:
        sizes = self.sizes[groups]
        rows = self.rows_of(groups)
        seen = self.observed.take(rows).on(
            np.repeat(self.centre[groups], sizes), LEVELS * self.unit, STEPS * self.unit
        )
        firsts = np.r_[0, np.cumsum(sizes)[:-1]]
        return Block(error, groups, rows, sizes, firsts, seen)

    def rows_of(self, groups: np.ndarray) -> np.ndarray:
        """Return the rows of some groups, group by group."""
        sizes = self.sizes[groups]
        firsts = np.r_[0, np.cumsum(sizes)[:-1]]
        return np.repeat(self.starts[groups] - firsts, sizes) + np.arange(sizes.sum())

    def only(self, groups: np.ndarray) -> "Groups":
        """Return some of the groups."""
        return replace(
            self,
            observed=self.observed.take(self.rows_of(groups)),
            sizes=self.sizes[groups],
            centre=self.centre[groups],
            error=self.error[groups],
        )

    def pieces(self, most: int) -> "Groups":
        """Return the same units with large groups cut into pieces of bounded size."""
        cuts = -(-self.sizes // most)
        group = np.repeat(np.arange(cuts.size), cuts)
        place = np.arange(group.size) - np.repeat(np.cumsum(cuts) - cuts, cuts)
        size = self.sizes[group]
        ends, starts = size * (place + 1) // cuts[group], size * place // cuts[group]
        return replace(
            self,
            sizes=ends - starts,
            centre=self.centre[group],
            error=self.error[group],
        )


def error_class(error: np.ndarray) -> np.ndarray:
    """Return the class of each standard error: the next wider one."""
    return np.clip(np.searchsorted(ERRORS, error * 0.97), 0, ERRORS.size - 1)


def normalised(logarithm: np.ndarray) -> np.ndarray:
    """Return weights that sum to 1 along the last axis."""
    weight = np.exp(logarithm - logarithm.max(axis=-1, keepdims=True))
    return weight / weight.sum(axis=-1, keepdims=True)
