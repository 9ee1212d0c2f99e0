"""What a sample of claims says of all: improper share and improper yuan.

Shares: the exact limits for a finite population. Where x of n sampled claims are
improper, the place of the x-th among N claims in a row is x plus a beta-binomial
number of those not sampled; its quantile is the smallest number of improper claims in
all for which x or more is no surprise. Strata add up by convolution of these.

Yuan: the same, each claim not sampled taking the yuan of one sampled, drawn by
Polya's urn with one claim more at the least favourable value: no yuan for a lower
bound, the stratum's largest claim for an upper one (Gaffke's bound, which for yes and
no is the exact one). No bell curve is supposed: few large findings do not mislead it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.signal import fftconvolve
from scipy.stats import betabinom

TIE = 1e-12  # what rounding may take from a chance that is exactly the tail
CHUNK = 1000  # rounds at a time: bounds memory
SEED = 20_240_601  # of the rounds: the same sample gives the same bounds


@dataclass(frozen=True)
class Bounds:
    """An estimate with its interval, and the one-sided lower bound at its level."""

    estimate: float
    lower: float
    upper: float
    at_least: float


def improper_share(strata: pd.DataFrame, level: float = 0.95) -> Bounds:
    """Return the share of improper claims in all, from a stratified sample.

    Parameters
    ----------
    strata : DataFrame
        A row a stratum: population, sampled, improper (whole numbers).
    level : float
        That of the two-sided interval, and of the one-sided bound.

    Returns
    -------
    Bounds
        Shares of all claims. With one stratum the limits are the exact
        hypergeometric ones; with several their coverage was simulated, not proved.
    """
    rows = strata[["population", "sampled", "improper"]].astype(int)
    cells = [tuple(row) for row in rows.itertuples(index=False)]
    whole = int(rows["population"].sum())
    tail = (1 - level) / 2
    weight = rows["population"] / rows["sampled"].where(rows["sampled"] > 0)
    lower = _sum_of(cells, 0)
    return Bounds(
        float((weight * rows["improper"]).sum() / whole),
        _smallest(lower, tail) / whole,
        _largest(_sum_of(cells, 1), tail) / whole,
        _smallest(lower, 1 - level) / whole,
    )


def _sum_of(cells: list[tuple[int, int, int]], more: int) -> np.ndarray:
    """Return how likely each number of improper claims in all is, strata together.

    ``more`` counts the least favourable claim as improper (1) or as proper (0).
    """
    found = np.ones(1)
    for population, sampled, improper in cells:
        found = fftconvolve(found, _beyond(population, sampled, improper, more))
    found = np.clip(found, 0, None)
    return found / found.sum()


def _beyond(population: int, sampled: int, improper: int, more: int) -> np.ndarray:
    rest = population - sampled
    bad, good = improper + more, sampled - improper + 1 - more
    if rest == 0 or bad == 0:
        chance = np.eye(1, rest + 1, 0)[0]
    elif good == 0:
        chance = np.eye(1, rest + 1, rest)[0]
    else:
        chance = betabinom.pmf(np.arange(rest + 1), rest, bad, good)
    return np.concatenate([np.zeros(improper), chance])


def _smallest(chance: np.ndarray, tail: float) -> int:
    """Return the smallest number up to which ``tail`` or more lies."""
    return int((np.cumsum(chance) >= tail - TIE).argmax())


def _largest(chance: np.ndarray, tail: float) -> int:
    """Return the largest number from which on ``tail`` or more lies."""
    return int(len(chance) - 1 - (np.cumsum(chance[::-1]) >= tail - TIE).argmax())


def improper_amount(
    sample: pd.DataFrame,
    strata: pd.DataFrame,
    level: float = 0.95,
    rounds: int = 10_000,
) -> Bounds:
    """Return the improper yuan in all claims, from a stratified sample.

    Parameters
    ----------
    sample : DataFrame
        A row a sampled claim: stratum, improper_amount (yuan, none below 0).
    strata : DataFrame
        stratum, population (claims), largest (yuan of its largest claim).
    level : float
        As for `improper_share`; ``at_least`` is what may be extrapolated.
    rounds : int
        How many times the claims not sampled are drawn.
    """
    parts = []
    for row in strata.itertuples(index=False):
        yuan = sample.loc[sample["stratum"] == row.stratum, "improper_amount"]
        # Equal yuan, mostly none, are one ball with as many times the weight.
        values, times = np.unique(yuan.to_numpy(dtype=float), return_counts=True)
        parts.append((values[None, :], int(row.population), float(row.largest), times))
    found = amount_bounds(parts, level, rounds)
    return Bounds(*(float(numbers[0]) for numbers in found))


def amount_bounds(
    parts: list[tuple], level: float, rounds: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return estimate, lower, upper and at_least of many samples at once.

    ``parts`` holds for each stratum the yuan found (a row a sample), how many claims
    it has, its largest, and if not once each, how many claims of the sample each
    column stands for. All samples share the rounds.
    """
    random = np.random.default_rng(SEED)
    samples = len(parts[0][0])
    low, high = np.zeros((rounds, samples)), np.zeros((rounds, samples))
    estimate = np.zeros(samples)
    for yuan, population, largest, *weights in parts:
        weight = weights[0] if weights else np.ones(yuan.shape[1], dtype=int)
        known, sampled = yuan @ weight, int(weight.sum())
        estimate += known * population / max(sampled, 1)
        for first in range(0, rounds, CHUNK):
            size = min(CHUNK, rounds - first)
            times = _urn(random, size, weight, population - sampled)
            drawn = times[:, :-1].astype(float) @ yuan.T
            low[first : first + size] += known + drawn
            high[first : first + size] += known + drawn + times[:, -1:] * largest
    tail = (1 - level) / 2
    return (
        estimate,
        _quantile(low, tail),
        -_quantile(-high, tail),
        _quantile(low, 1 - level),
    )


def _urn(random, rounds: int, weight: np.ndarray, rest: int) -> np.ndarray:
    """Return how often each column, and the one claim more, stands for the rest."""
    shares = random.gamma(np.append(weight, 1), size=(rounds, len(weight) + 1))
    return random.multinomial(rest, shares / shares.sum(axis=1, keepdims=True))


def _quantile(sums: np.ndarray, tail: float) -> np.ndarray:
    """Return the value at or below which no more than ``tail`` of the rounds lie."""
    place = int(np.floor(tail * len(sums)))
    return np.partition(sums, place, axis=0)[place]
