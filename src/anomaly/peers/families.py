"""What an observation says of its unit's level, on a grid of levels.

Three families: Poisson counts on the log rate, binomial counts on the logit, and
measured means with a known sampling variance. Each gives the likelihood, and the
density whose integral is the mid-p tail: d/dtheta [P(Y > y) + P(Y = y) / 2], so that
P(value at least as high) = integral of that density times the tail of the levels.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

# A likelihood narrower than this many steps of the grid is widened to it.
FINEST = 0.8


@dataclass(frozen=True)
class Seen:
    """Units (rows) on a grid of levels (columns).

    ``likelihood`` is scaled to at most 1; ``density`` is that of the mid-p tail, per
    unit of level; ``below`` and ``above`` are its mass beyond the grid's two ends.
    """

    likelihood: np.ndarray
    density: np.ndarray
    below: np.ndarray
    above: np.ndarray


class Observed(ABC):
    """The observations of many units."""

    @abstractmethod
    def take(self, rows: np.ndarray) -> "Observed":
        """Return some of the units."""

    @abstractmethod
    def less(self, offset: np.ndarray) -> "Observed":
        """Return the same with each unit's level counted from its offset."""

    @property
    def events(self) -> np.ndarray:
        """Return how many events each unit's word rests on; infinite where measured."""
        return np.full(self.size, np.inf)

    def rare(self) -> "Rare | None":
        """Return the same as rare events of a rate; None where they cannot be."""
        return None

    @property
    @abstractmethod
    def size(self) -> int:
        """Return the number of units."""

    @abstractmethod
    def information(self, centre: np.ndarray) -> np.ndarray:
        """Return one over the sampling variance of units whose level is the centre."""

    @abstractmethod
    def on(self, centre: np.ndarray, levels: np.ndarray, steps: np.ndarray) -> Seen:
        """Return what the units say of levels, counted from each unit's centre.

        ``steps`` are the distances between neighbouring levels.
        """


def _narrowed(information: np.ndarray, estimate, levels, steps) -> np.ndarray:
    """Return by what to scale counts so that no likelihood is too narrow."""
    finest = FINEST * np.interp(estimate, levels, steps)
    return np.minimum(1, 1 / np.maximum(information * finest**2, 1e-300))


@dataclass(frozen=True)
class Rare:
    """Rare events: counts with exposure, and how their rate becomes a level."""

    count: np.ndarray
    exposure: np.ndarray
    level: Callable[[np.ndarray], np.ndarray]

    def take(self, rows: np.ndarray) -> "Rare":
        """Return some of the units."""
        return Rare(self.count[rows], self.exposure[rows], self.level)


@dataclass(frozen=True)
class Poisson(Observed):
    """Counts with exposure; the level is the log rate."""

    count: np.ndarray
    exposure: np.ndarray

    def take(self, rows):
        return Poisson(self.count[rows], self.exposure[rows])

    def less(self, offset):
        return Poisson(self.count, self.exposure * np.exp(offset))

    @property
    def size(self):
        return self.count.size

    @property
    def events(self):
        return self.count

    def information(self, centre):
        return self.exposure * np.exp(centre)

    def rare(self):
        return Rare(self.count, self.exposure, np.log)

    def sums(self) -> tuple[np.ndarray, np.ndarray]:
        """Return two columns whose ratio, summed over units, is that of the level."""
        return self.count, self.exposure

    def on(self, centre, levels, steps):
        mean = self.exposure * np.exp(centre)
        estimate = np.log(np.maximum(self.count, 0.5) / mean)
        scale = _narrowed(np.maximum(self.count, mean), estimate, levels, steps)
        count, mean = self.count * scale, mean * scale
        growth = np.exp(levels)
        logarithm = np.outer(count, levels) - np.outer(mean, growth)
        top = logarithm.max(axis=1)
        likelihood = np.exp(logarithm - top[:, None])
        probability = np.exp(
            top + special.xlogy(count, mean) - special.gammaln(count + 1)
        )
        density = count[:, None] + np.outer(mean, growth)
        density *= likelihood
        density *= probability[:, None] / 2
        first, last = mean * growth[0], mean * growth[-1]
        below = special.gammainc(count, first) + special.gammainc(count + 1, first)
        above = special.gammaincc(count, last) + special.gammaincc(count + 1, last)
        return Seen(likelihood, density, below / 2, above / 2)


@dataclass(frozen=True)
class Binomial(Observed):
    """Counts out of a number of trials; the level is the logit, less an offset."""

    hits: np.ndarray
    trials: np.ndarray
    offset: np.ndarray

    def take(self, rows):
        return type(self)(self.hits[rows], self.trials[rows], self.offset[rows])

    def less(self, offset):
        return type(self)(self.hits, self.trials, self.offset + offset)

    @property
    def size(self):
        return self.hits.size

    @property
    def events(self):
        return np.minimum(self.hits, self.trials - self.hits)

    def information(self, centre):
        share = special.expit(centre + self.offset)
        return self.trials * share * (1 - share)

    def rare(self):
        exposure = self.trials * np.exp(self.offset)
        return Rare(self.hits, exposure, lambda rate: special.logit(_share(rate)))

    def sums(self) -> tuple[np.ndarray, np.ndarray]:
        """Return two columns whose ratio, summed over units, is that of the level."""
        return self.hits, (self.trials - self.hits) * np.exp(self.offset)

    def on(self, centre, levels, steps):
        start = centre + self.offset
        rate = special.expit(start)
        estimate = special.logit((self.hits + 0.5) / (self.trials + 1)) - start
        own = (self.hits + 0.5) / (self.trials + 1)
        spread = np.maximum(own * (1 - own), rate * (1 - rate))
        scale = _narrowed(self.trials * spread, estimate, levels, steps)
        hits, trials = self.hits * scale, self.trials * scale
        logit = start[:, None] + levels
        # e^-|x| serves both the share and log(1 + e^x); neither end loses digits
        odds = np.exp(-np.abs(logit))
        share = np.where(logit < 0, odds, 1.0) / (1 + odds)
        softplus = np.maximum(logit, 0) + np.log1p(odds)
        logarithm = hits[:, None] * logit - trials[:, None] * softplus
        top = logarithm.max(axis=1)
        likelihood = np.exp(logarithm - top[:, None])
        ways = -np.log1p(trials) - special.betaln(hits + 1, trials - hits + 1)
        density = hits[:, None] * (1 - share) + (trials - hits)[:, None] * share
        density *= likelihood * (np.exp(top + ways) / 2)[:, None]
        below = _at_least(hits, trials, share[:, 0]) + _at_least(
            hits + 1, trials, share[:, 0]
        )
        misses = trials - hits
        above = _at_least(misses, trials, 1 - share[:, -1]) + _at_least(
            misses + 1, trials, 1 - share[:, -1]
        )
        return Seen(likelihood, density, below / 2, above / 2)


@dataclass(frozen=True)
class Parted(Binomial):
    """Events of two periods, those of the later counted: however few, never rare."""

    def rare(self):
        return None


def _share(rate: np.ndarray) -> np.ndarray:
    return np.minimum(rate, 1 - 1e-6)


def _at_least(hits: np.ndarray, trials: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return P(Y >= hits) of a binomial, hits and trials not necessarily whole."""
    inner = special.betainc(
        np.maximum(hits, 1e-12), np.maximum(trials - hits + 1, 1e-12), share
    )
    return np.where(hits <= 0, 1.0, np.where(hits > trials, 0.0, inner))


@dataclass(frozen=True)
class Normal(Observed):
    """Means on their scale, with the variance of their sampling."""

    mean: np.ndarray
    variance: np.ndarray

    def take(self, rows):
        return Normal(self.mean[rows], self.variance[rows])

    def less(self, offset):
        return Normal(self.mean - offset, self.variance)

    @property
    def size(self):
        return self.mean.size

    def information(self, centre):
        return 1 / np.maximum(self.variance, 1e-300)

    def on(self, centre, levels, steps):
        away = self.mean - centre
        finest = FINEST * np.interp(away, levels, steps)
        sd = np.sqrt(np.maximum(self.variance, finest**2))
        z = (levels - away[:, None]) / sd[:, None]
        logarithm = -z * z / 2
        density = np.exp(logarithm) / (sd[:, None] * np.sqrt(2 * np.pi))
        likelihood = np.exp(logarithm - logarithm.max(axis=1)[:, None])
        return Seen(likelihood, density, special.ndtr(z[:, 0]), special.ndtr(-z[:, -1]))
