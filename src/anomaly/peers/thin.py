"""Groups in which next to nothing happens, and a unit that is alone in an item.

Where the peers show a handful of events or none, no centre can be found on the log
scale. The peers' rate is then a gamma posterior given their own sums (Jeffreys prior),
a unit's rate scatters about it as gamma, and its count is Poisson: exact sums, so that
a unit alone in using an item is scored by how much it uses, never dropped.
"""

import numpy as np
from scipy import special, stats

from anomaly.peers.families import Rare
from anomaly.peers.model import LEAST_P, Judged

# Events in a group, the unit with most left out, below which it is thin.
FEWEST = 4.0
JEFFREYS = 0.5
# The peers' rate is averaged over its posterior by Gauss and Legendre's rule; most
# nodes lie where the rate is high, for far counts hang on it.
_NODES, _HALF_WEIGHTS = np.polynomial.legendre.leggauss(64)
_QUANTILES = 1 - ((1 - _NODES) / 2) ** 3
_WEIGHTS = 1.5 * ((1 - _NODES) / 2) ** 2 * _HALF_WEIGHTS
# A unit in so many is no ordinary one, and may then show any count.
OUTLIERS = 0.02


def thin(rare: Rare | None, sizes: np.ndarray) -> np.ndarray:
    """Return which groups (units sorted by them) have too few events for a centre."""
    if rare is None:
        return np.zeros(sizes.size, dtype=bool)
    firsts = np.r_[0, np.cumsum(sizes)[:-1]]
    largest = np.maximum.reduceat(rare.count, firsts)
    return np.add.reduceat(rare.count, firsts) - largest < FEWEST


def judged(rare: Rare, sizes: np.ndarray, spread: float) -> Judged:
    """Return what thin groups say of their units.

    ``spread`` is the standard deviation of log rates between units.
    """
    count, exposure = rare.count, rare.exposure
    firsts = np.r_[0, np.cumsum(sizes)[:-1]]
    others = np.repeat(np.add.reduceat(count, firsts), sizes) - count + JEFFREYS
    room = np.repeat(np.add.reduceat(exposure, firsts), sizes) - exposure
    scatter = 1 / spread**2
    rate = others / room
    level = rare.level(rate)
    mean, low, top = _own_rates(count, exposure, scatter, rate)
    high = _mid_p(count, exposure, scatter, others, room)
    return Judged(
        high=np.clip(high, LEAST_P, 1.0),
        low=np.clip(1 - high, LEAST_P, 1.0),
        centre=level,
        centre_error=1 / np.sqrt(others),
        spread=np.full(count.size, spread),
        effect=rare.level(mean) - level,
        effect_low=rare.level(low) - level,
        effect_high=rare.level(top) - level,
    )


def _own_rates(count, exposure, scatter, rate) -> list[np.ndarray]:
    """Return each unit's own rate and the ends of its 95 % interval.

    An ordinary unit's is shrunk to the peers'; what is none keeps its own; each by its
    probability, the counts of the latter falling off as 1 / (y + 1)(y + 2).
    """
    mean = rate * exposure
    usual = np.exp(
        special.gammaln(count + scatter)
        - special.gammaln(scatter)
        - special.gammaln(count + 1)
        + scatter * np.log(scatter / (scatter + mean))
        + special.xlogy(count, mean / (scatter + mean))
    )
    any_ = 1 / ((count + 1) * (count + 2))
    ordinary = (1 - OUTLIERS) * usual
    ordinary /= ordinary + OUTLIERS * any_
    shrunk = stats.gamma(count + scatter, scale=1 / (scatter / rate + exposure))
    own = stats.gamma(count + JEFFREYS, scale=1 / exposure)
    return [
        ordinary * shrunk.ppf(share) + (1 - ordinary) * own.ppf(share)
        for share in (0.5, 0.025, 0.975)
    ]


def _mid_p(count, exposure, scatter, others, room) -> np.ndarray:
    """Return P(Y > y) + P(Y = y) / 2 of gamma-Poisson counts, their rate unknown."""
    rate = special.gammaincinv(others[:, None], _QUANTILES) / room[:, None]
    part = rate * exposure[:, None]
    part = part / (scatter + part)
    y = count[:, None]
    at_least = np.where(y > 0, special.betainc(np.maximum(y, 1e-9), scatter, part), 1.0)
    more = special.betainc(y + 1, scatter, part)
    return (at_least + more) / 2 @ _WEIGHTS
