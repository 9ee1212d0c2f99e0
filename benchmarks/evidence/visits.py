"""Null worlds made of visits: fees, O/E, shares of money, and their growth.

Every visit is drawn, and sums and sampling variances (`spread`) are formed from them by
the formulas of the store: per visit s^2 / n over the squared mean; ratios of sums
linearised between visits, over the squared sum that the scale is relative to.
"""

import numpy as np
import pandas as pd
from effects import effect, level, lifted
from rates import DRIFT
from scipy.special import expit, logit

FEE_TAU = 0.18
RATIO_TAU = 0.18
# On the logit: about .05 of a share of .4.
MONEY_TAU = 0.2
VISITS = (3, 90)
FEE_SIGMA = 0.6
OTHERS_SIGMA = 0.5
# Of the beta distribution of a visit's own share: standard deviation .2 at .4.
SHARE_WEIGHT = 5.0


class Visits:
    """The visits of units, one flat array, summed by unit."""

    def __init__(self, n: np.ndarray) -> None:
        self.n = n
        self.owner = np.repeat(np.arange(n.size), n)

    @classmethod
    def drawn(cls, rng: np.random.Generator, people: pd.DataFrame) -> "Visits":
        return cls(rng.integers(VISITS[0], VISITS[1] + 1, len(people)))

    def total(self, amounts: np.ndarray) -> np.ndarray:
        return np.bincount(self.owner, amounts, self.n.size)

    def lognormal(self, rng: np.random.Generator, sigma: float) -> np.ndarray:
        """Return amounts of mean 1."""
        return np.exp(rng.normal(-(sigma**2) / 2, sigma, self.owner.size))

    def fees(self, rng: np.random.Generator, mean: np.ndarray) -> dict:
        """Return the sums of lognormal fees around each unit's mean."""
        fee = mean[self.owner] * self.lognormal(rng, FEE_SIGMA)
        total = self.total(fee)
        residual = self.total((fee - (total / self.n)[self.owner]) ** 2)
        return {
            "numerator": total,
            "denominator": self.n.astype(float),
            "n": self.n,
            "spread": residual * self.n / (self.n - 1) / total**2,
        }

    def ratio(self, part: np.ndarray, whole: np.ndarray, of_log: bool) -> dict:
        """Return the sums of both and the variance of their ratio, or of its log."""
        sums = self.total(part), self.total(whole)
        residual = part - (sums[0] / sums[1])[self.owner] * whole
        base = sums[0] if of_log else sums[1]
        return {
            "numerator": sums[0],
            "denominator": sums[1],
            "n": self.n,
            "spread": self.total(residual**2) * self.n / (self.n - 1) / base**2,
        }


def fees(rng: np.random.Generator, people: pd.DataFrame, family: str) -> pd.DataFrame:
    """Return fees per visit."""
    moved = lifted(rng, people, family, FEE_TAU)
    mean = np.exp(level(rng, people, 5, 0.3) + moved)
    return people.assign(**Visits.drawn(rng, people).fees(rng, mean))


def observed_over_expected(
    rng: np.random.Generator, people: pd.DataFrame, family: str
) -> pd.DataFrame:
    """Return fees over what the same cases cost with others."""
    visits = Visits.drawn(rng, people)
    moved = lifted(rng, people, family, RATIO_TAU)
    mean = np.exp(level(rng, people, 0, 0.1) + moved)
    whole = 150 * visits.lognormal(rng, OTHERS_SIGMA)
    part = mean[visits.owner] * whole * visits.lognormal(rng, FEE_SIGMA)
    return people.assign(**visits.ratio(part, whole, of_log=True))


def shares_of_money(
    rng: np.random.Generator, people: pd.DataFrame, family: str
) -> pd.DataFrame:
    """Return shares of fees, each visit with a whole amount and a share of its own."""
    visits = Visits.drawn(rng, people)
    moved = lifted(rng, people, family, MONEY_TAU)
    share = expit(level(rng, people, logit(0.4), 0.4) + moved)
    whole = 150 * visits.lognormal(rng, OTHERS_SIGMA)
    # An extreme share is kept off 0 and 1, where the beta distribution ends.
    own = np.clip(share, 0.005, 0.995)[visits.owner]
    part = whole * rng.beta(own * SHARE_WEIGHT, (1 - own) * SHARE_WEIGHT)
    return people.assign(**visits.ratio(part, whole, of_log=False))


def grown_fees(
    rng: np.random.Generator, people: pd.DataFrame, family: str, tau: float = FEE_TAU
) -> pd.DataFrame:
    """Return fees per visit of two years, each with visits of its own."""
    before, now = _two_years(rng, people, family, tau)
    years = [Visits.drawn(rng, people).fees(rng, mean) for mean in (now, before)]
    return _beside(people, *years)


def grown_amounts(
    rng: np.random.Generator, people: pd.DataFrame, family: str
) -> pd.DataFrame:
    """Return amounts of two years per unit of exposure.

    The number of visits is itself chance: the variance of the log of such a sum is
    the sum of squares over the squared sum.
    """
    usual = rng.uniform(8, 90, len(people))
    years = []
    for mean in _two_years(rng, people, family, FEE_TAU)[::-1]:
        visits = Visits(np.maximum(rng.poisson(usual), 1))
        fee = mean[visits.owner] * visits.lognormal(rng, FEE_SIGMA)
        total = visits.total(fee)
        spread = visits.total(fee**2) / total**2
        years.append(
            {"numerator": total, "denominator": 1.0, "n": visits.n, "spread": spread}
        )
    return _beside(people, *years)


def _two_years(
    rng: np.random.Generator, people: pd.DataFrame, family: str, tau: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return each unit's level last year and, its own drift later, this year."""
    always = level(rng, people, 5, 0.3) + effect(rng, people, family, tau)
    drift = lifted(rng, people, family, DRIFT)
    growth = level(rng, people, 0.05, 0.05) + drift
    return np.exp(always), np.exp(always + growth)


def _beside(people: pd.DataFrame, now: dict, before: dict) -> pd.DataFrame:
    earlier = {f"{name}_before": values for name, values in before.items()}
    return people.assign(**now, **earlier)
