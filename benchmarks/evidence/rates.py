"""Null worlds of counts, of shares of counts, and of the growth of counts."""

import numpy as np
import pandas as pd
from effects import effect, level, lifted
from scipy.special import expit

# The scatter of units within a group, and the natural drift of a unit in a year.
COUNT_TAU = 0.28
SHARE_TAU = 0.35
DRIFT = 0.2


def counts(rng: np.random.Generator, people: pd.DataFrame, family: str) -> pd.DataFrame:
    """Return counts with exposure, 6 to 160 expected of a middling group."""
    moved = lifted(rng, people, family, COUNT_TAU)
    exposure = rng.uniform(0.3, 8, len(people))
    rate = np.exp(level(rng, people, 3, 0.5) + moved)
    return people.assign(
        numerator=rng.poisson(rate * exposure).astype(float), denominator=exposure
    )


def shares(rng: np.random.Generator, people: pd.DataFrame, family: str) -> pd.DataFrame:
    """Return hits among 10 to 300 trials, the effects on the logit."""
    moved = lifted(rng, people, family, SHARE_TAU)
    trials = np.exp(rng.uniform(np.log(10), np.log(300), len(people))).astype(int)
    share = expit(level(rng, people, -1, 0.6) + moved)
    return people.assign(
        numerator=rng.binomial(trials, share).astype(float),
        denominator=trials.astype(float),
        n=trials,
    )


def grown_counts(
    rng: np.random.Generator, people: pd.DataFrame, family: str, tau: float = COUNT_TAU
) -> pd.DataFrame:
    """Return counts of two years: what a unit always is, cancels; its drift does not.

    Groups grow by 5 % or so, working days differ by a few per cent.
    """
    always = level(rng, people, 3, 0.5) + effect(rng, people, family, tau)
    drift = lifted(rng, people, family, DRIFT)
    grown = always + level(rng, people, 0.05, 0.1) + drift
    before = rng.uniform(0.3, 8, len(people))
    now = before * rng.uniform(0.95, 1.05, len(people))
    return people.assign(
        numerator=rng.poisson(np.exp(grown) * now).astype(float),
        denominator=now,
        numerator_before=rng.poisson(np.exp(always) * before).astype(float),
        denominator_before=before,
    )
