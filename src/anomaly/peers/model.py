"""The model of peer groups, all groups of an indicator together.

    level of a unit = centre of its group + spread of its group x e
    e ~ an ordinary curve; a small share of units has moved, up or down

The curve's shape and the shares are averaged over their posterior given all groups;
each group's centre and spread over theirs, given its units without the one judged.
Outliers belong to the moved part, so that they bend neither centre, spread nor curve;
p-values use the ordinary curve only.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy import special

from anomaly.peers import levels
from anomaly.peers.blocks import Block, Groups, error_class, normalised
from anomaly.peers.curve import split_t
from anomaly.peers.families import Seen
from anomaly.peers.levels import FINE, LEVELS, WEIGHTS, spread_prior
from anomaly.peers.shape import Shape

# What stands for other groups where there are few: so many groups' worth.
PRIOR_GROUPS = 3.0
# More groups than this tell hardly more of how spreads differ.
TELLING_GROUPS = 300
ROUNDS = 40
SMOOTH = np.exp(-0.5 * (np.arange(-6, 7) / 2.0) ** 2)
# Centres are first sought under an ordinary guess of curve and moved shares.
GUESS = split_t(7.0, 1.0)
GUESSED_MOVES = np.array([0.02, 0, 0.02])
PASSES = 6
# A centre is found when it lies well within the grid of centres.
NEAR = 0.7
LEAST_P = 1e-15


@dataclass(frozen=True)
class Judged:
    """What the model says of each unit, rows as in `Groups`.

    ``high`` and ``low`` are the two p-values, NaN where not asked for; ``centre`` is
    the peers' level without the unit, ``centre_error`` its standard error, ``spread``
    theirs; ``effect`` is the unit's own level less that centre, with its 95 % interval.
    """

    high: np.ndarray
    low: np.ndarray
    centre: np.ndarray
    centre_error: np.ndarray
    spread: np.ndarray
    effect: np.ndarray
    effect_low: np.ndarray
    effect_high: np.ndarray


def settled(groups: Groups) -> Groups:
    """Return the groups with their centres found."""
    prior = np.log(np.tile(spread_prior(FINE, groups.typical), FINE.shape[0]))
    wanted = np.arange(groups.sizes.size)
    for _ in range(PASSES):
        centre, error = groups.centre.copy(), groups.error.copy()
        moved = np.zeros(groups.sizes.size)
        for block in groups.blocks(wanted):
            mass = _guessed_mass(block.error)
            weight = normalised(block.summed(block.log_likelihood(mass)) + prior)
            found = _centres(block.error, weight)
            moved[block.groups] = found["centre"] / levels.ERRORS[block.error]
            centre[block.groups] += found["centre"] * groups.unit
            error[block.groups] = error_class(found["centre_error"])
        groups = replace(groups, centre=centre, error=error)
        wanted = np.flatnonzero(np.abs(moved) > NEAR)
        if not wanted.size:
            break
    return groups


@cache
def _guessed_mass(error: int) -> np.ndarray:
    return levels.tables(GUESS, FINE, error).mixed(GUESSED_MOVES)


def judged(groups: Groups, shape: Shape, sides: tuple[str, ...]) -> Judged:
    """Return p-values ('high', 'low' or both sides), centres and effects of all."""
    curve = shape.curve()
    errors = [int(error) for error in np.unique(groups.error)]
    mass = {e: levels.tables(curve, FINE, e).mixed(shape.moves) for e in errors}
    log_prior = np.log(np.tile(_spreads_of(groups, mass), FINE.shape[0]))
    names = Judged.__annotations__
    result = {name: np.full(groups.sizes.sum(), np.nan) for name in names}
    tails = {(e, s): levels.tails(curve, e, s) for e in errors for s in sides}
    for block in groups.blocks():
        own = block.log_likelihood(mass[block.error])
        whole = block.summed(own) + log_prior
        word = np.repeat(block.weight, block.sizes)[:, None]
        without = normalised(np.repeat(whole, block.sizes, axis=0) - own * word)
        found = _centres(block.error, without)
        for side in sides:
            tail = tails[block.error, side]
            found[side] = _tail(block.seen, without, tail, side, groups.unit)
        ordinary = normalised(whole) @ mass[block.error].T
        found |= _effects(block, ordinary, found["centre"])
        for name, values in found.items():
            counted = 1.0 if name in sides else groups.unit
            result[name][block.rows] = values * counted
    result["centre"] += np.repeat(groups.centre, groups.sizes)
    return Judged(**result)


def _spreads_of(groups: Groups, mass: dict[int, np.ndarray]) -> np.ndarray:
    """Return the prior of a group's spread: that of all groups, a little smoothed."""
    base = spread_prior(FINE, groups.typical)
    some = np.random.default_rng(0).permutation(groups.sizes.size)[:TELLING_GROUPS]
    each = []
    for block in groups.blocks(np.sort(some)):
        total = block.summed(block.log_likelihood(mass[block.error]))
        each.append(special.logsumexp(total.reshape(-1, *FINE.shape), axis=1))
    logarithm = np.vstack(each)
    likelihood = np.exp(logarithm - logarithm.max(axis=1, keepdims=True))
    prior = base
    for _ in range(ROUNDS):
        posterior = likelihood * prior
        posterior /= posterior.sum(axis=1, keepdims=True)
        prior = np.convolve(posterior.sum(axis=0), SMOOTH / SMOOTH.sum(), "same")
        prior = (prior + PRIOR_GROUPS * base) / (prior.sum() + PRIOR_GROUPS)
    return prior


def _centres(error: int, weight: np.ndarray) -> dict[str, np.ndarray]:
    """Return centre, its standard error, and spread from weights of their pairs."""
    place, spread = FINE.pairs(error)
    centre, square, spread = (weight @ np.column_stack([place, place**2, spread])).T
    return {
        "centre": centre,
        "centre_error": np.sqrt(np.maximum(square - centre**2, 0)),
        "spread": spread,
    }


def _tail(
    seen: Seen, weight: np.ndarray, tail: np.ndarray, side: str, unit: float
) -> np.ndarray:
    """Return the probability of a value at least as far out on one side."""
    density = levels.single(seen.density * (WEIGHTS * unit))
    inside = ((density @ tail) * weight).sum(axis=1)
    if side == "high":
        beyond = seen.below + seen.above * (weight @ tail[-1])
    else:
        beyond = seen.above + seen.below * (weight @ tail[0])
    return np.clip(inside + beyond, LEAST_P, 1.0)


def _effects(
    block: Block, prior: np.ndarray, centre: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the posterior of each unit's own level less its peers' centre."""
    mass = block.seen.likelihood * np.repeat(prior, block.sizes, axis=0)
    cumulated = np.cumsum(mass + levels.LEAST**2, axis=1)
    low, high = (_quantile(cumulated, share) for share in (0.025, 0.975))
    mean = (mass @ LEVELS) / np.maximum(mass.sum(axis=1), levels.LEAST**2)
    return {
        "effect": mean - centre,
        "effect_low": low - centre,
        "effect_high": high - centre,
    }


def _quantile(cumulated: np.ndarray, share: float) -> np.ndarray:
    """Return the level up to which a share of each row's mass lies."""
    wanted = share * cumulated[:, -1]
    cell = np.argmax(cumulated >= wanted[:, None], axis=1)
    rows = np.arange(len(cumulated))
    before = np.where(cell > 0, cumulated[rows, cell - 1], 0)
    part = (wanted - before) / (cumulated[rows, cell] - before)
    low, high = levels.BOUNDS[cell], levels.BOUNDS[cell + 1]
    return low + part * (high - low)
