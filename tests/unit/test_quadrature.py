"""The model's tables against plain quadrature, unit by unit.

The reference integrates level, centre and spread on dense grids, from the densities
themselves; only the spread's prior is the model's own.
"""

from functools import cache

import numpy as np
import pytest
from scipy import stats

from anomaly.peers import levels, model
from anomaly.peers.blocks import Groups, error_class
from anomaly.peers.curve import FREEDOM, FREEDOMS, SKEW, split_t
from anomaly.peers.families import Binomial, Normal, Poisson
from anomaly.peers.levels import FINE
from anomaly.peers.shape import MOVES, Shape

SIZE = 24
UNIT = 0.3
SPREAD = 0.32
FREE, LEAN = 3, 3  # places of freedom 7 and skew .9
TOLERANCE = 1e-3
STEP = 0.0125
LEVEL = np.arange(-1360, 1361) * STEP
# Centres are multiples of the step, so that one wide grid serves them all.
CENTRES = np.arange(-120, 121)
WIDE = np.arange(-1480, 1481) * STEP


def shape() -> Shape:
    weight = np.zeros((FREEDOMS.size, len(MOVES)))
    weight[FREE * SKEW.size + LEAN, [2, 9]] = 0.5
    return Shape(weight)


def density(z: np.ndarray) -> np.ndarray:
    """The split t of the test, from scipy's t, standardised by root finding."""
    free, lean = FREEDOM[FREE], SKEW[LEAN]
    middle, scale = landmarks(free, lean)
    raw = z * scale + middle
    body = stats.t.pdf(np.where(raw < 0, raw, raw / lean), free)
    return 2 / (1 + lean) * body * scale


@cache
def landmarks(free: float, lean: float) -> tuple[float, float]:
    x = np.linspace(-60, 60, 600_001)
    mass = np.cumsum(stats.t.pdf(np.where(x < 0, x, x / lean), free))
    low, middle, high = np.interp(stats.norm.cdf([-1, 0, 1]), mass / mass[-1], x)
    return middle, (high - low) / 2


def moved(spread: float, way: int, least: float = 1) -> np.ndarray:
    """An ordinary unit moved by 1 to 6 pooled spreads, or anywhere on that side."""
    shifts = least + (6 - least) * (np.arange(100) + 0.5) / 100
    near = np.mean([density((LEVEL - way * s) / spread) for s in shifts], axis=0)
    return 0.9 * near / spread + 0.1 * (way * LEVEL > 0) / 16.3


def reference(likelihood, tail, prior, share) -> np.ndarray:
    """P of each unit: likelihood and mid-p tail are functions of the level."""
    up, far, down = share
    ordinary = np.array([density(LEVEL / one) / one for one in FINE.spreads]).T
    mixed = (1 - up - far - down) * ordinary
    mixed += up * np.array([moved(one, 1) for one in FINE.spreads]).T
    mixed += far * np.array([moved(one, 1, 3) for one in FINE.spreads]).T
    mixed += down * np.array([moved(one, -1) for one in FINE.spreads]).T
    seen, above = likelihood(WIDE), tail(WIDE)
    starts = CENTRES - CENTRES[0]
    parts = [slice(start, start + LEVEL.size) for start in starts]
    weight = np.log(np.stack([seen[:, part] @ mixed for part in parts], axis=1) * STEP)
    p_value = np.stack([above[:, part] @ ordinary for part in parts], axis=1) * STEP
    without = weight.sum(axis=0) + np.log(prior) - weight
    without = np.exp(without - without.max(axis=(1, 2), keepdims=True))
    return (without * p_value).sum(axis=(1, 2)) / without.sum(axis=(1, 2))


def poisson():
    rng = np.random.default_rng(1)
    exposure = rng.uniform(2, 60, SIZE)
    rate = np.exp(SPREAD * rng.normal(size=SIZE))
    rate[0] *= 3
    count = rng.poisson(exposure * rate)

    def mean(level):
        return exposure[:, None] * np.exp(level * UNIT)

    return (
        Poisson(count.astype(float), exposure),
        lambda level: stats.poisson.pmf(count[:, None], mean(level)),
        lambda level: (
            stats.poisson.sf(count[:, None], mean(level))
            + stats.poisson.pmf(count[:, None], mean(level)) / 2
        ),
    )


def binomial():
    rng = np.random.default_rng(2)
    trials = rng.integers(10, 200, SIZE)
    logit = SPREAD * rng.normal(size=SIZE)
    logit[0] += 1.1
    hits = rng.binomial(trials, 1 / (1 + np.exp(-logit)))

    def share(level):
        return 1 / (1 + np.exp(-level * UNIT))

    return (
        Binomial(hits.astype(float), trials.astype(float), np.zeros(SIZE)),
        lambda level: stats.binom.pmf(hits[:, None], trials[:, None], share(level)),
        lambda level: (
            stats.binom.sf(hits[:, None], trials[:, None], share(level))
            + stats.binom.pmf(hits[:, None], trials[:, None], share(level)) / 2
        ),
    )


def normal():
    rng = np.random.default_rng(3)
    sd = rng.uniform(0.05, 0.5, SIZE)
    mean = SPREAD * rng.normal(size=SIZE) + sd * rng.normal(size=SIZE)
    mean[0] += 1.1
    return (
        Normal(mean, sd**2),
        lambda level: stats.norm.pdf(mean[:, None], level * UNIT, sd[:, None]),
        lambda level: stats.norm.sf(mean[:, None], level * UNIT, sd[:, None]),
    )


@pytest.mark.parametrize("family", [poisson, binomial, normal])
def test_p_agrees_with_quadrature(family):
    observed, likelihood, tail = family()
    sizes, error = np.array([SIZE]), error_class(np.array([0.3]))
    rough = Groups(observed, sizes, np.zeros(1), error, UNIT)
    groups = model.settled(rough)
    offset = groups.centre[0] / UNIT
    found = model.judged(groups, shape(), ("high", "low"))
    curve = split_t(FREEDOM[FREE], SKEW[LEAN])
    error = int(groups.error[0])
    mass = {error: levels.tables(curve, FINE, error).mixed(shape().moves)}
    prior = model._spreads_of(groups, mass)
    expected = reference(
        lambda level: likelihood(level + offset),
        lambda level: tail(level + offset),
        prior,
        shape().moves,
    )
    assert found.high == pytest.approx(expected, rel=TOLERANCE)
    assert found.high.min() < 0.02
