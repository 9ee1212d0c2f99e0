"""How heavy the tails are: estimated from all groups together, then averaged over.

Each standardised residual comes from a split Student t: a t scaled so that its
16-84 % range is that of a standard normal, its right half stretched by a skew.
With small probabilities it comes from the same curve shifted upwards, or
downwards (the near-idle). The shifted parts take the outliers, so that they
cannot make ordinary units look heavy-tailed; p-values use the ordinary part only.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

FREEDOM = np.array([3, 4, 5, 7, 12, 30, 200], dtype=float)
# A t of this freedom, times its entry here, has the 16-84 % range of a normal.
UNIT = stats.t.ppf(stats.norm.cdf(1), FREEDOM)
SKEW = np.array([0.6, 0.7, 0.8, 0.9, 1, 1.12, 1.3])
CONTAMINATION = np.array([0.001, 0.01, 0.02, 0.04])
CONTAMINATION_PRIOR = np.array([0.5, 0.3, 0.15, 0.05])
SHIFTS = np.arange(1.5, 7.51, 0.75)
# Farther out a residual is surely shifted; how far says nothing of the tail.
CLIP = 12.0
MANY = 20_000
NEGLIGIBLE = 1e-4
_LOG_PEAK = (
    special.gammaln((FREEDOM + 1) / 2)
    - special.gammaln(FREEDOM / 2)
    - np.log(FREEDOM * np.pi) / 2
)


def _density(z: np.ndarray, skew: float) -> np.ndarray:
    """Return the split t's density, one column an entry of `FREEDOM`."""
    t = np.where(z > 0, z / skew, z)[..., None] * UNIT
    body = np.exp(_LOG_PEAK - (FREEDOM + 1) / 2 * np.log1p(t * t / FREEDOM))
    return 2 / (1 + skew) * UNIT * body


def _tail_area(z: np.ndarray, skew: float) -> np.ndarray:
    """Return P(Z >= z), one column an entry of `FREEDOM`."""
    t = np.where(z > 0, z / skew, z)[..., None] * UNIT
    right = special.stdtr(FREEDOM, -np.abs(t)) * 2 / (1 + skew)
    return np.where(z[..., None] > 0, skew * right, 1 - right)


@dataclass(frozen=True)
class Tail:
    """A fitted tail.

    ``weight`` is the posterior of skew (rows) and freedom (columns);
    ``ordinary`` the probability of each residual to be no outlier.
    """

    weight: np.ndarray
    ordinary: np.ndarray

    def survival(self, z: np.ndarray) -> np.ndarray:
        """Return P(Z >= z) for an ordinary unit, averaged over the posterior."""
        z = np.asarray(z, dtype=float)
        return sum(
            _tail_area(z, skew) @ weight
            for skew, weight in zip(SKEW, self.weight, strict=True)
        )

    def quantile(self, p: float) -> float:
        """Return the z that a share p of ordinary units exceeds."""
        return optimize.brentq(lambda z: self.survival(z) - p, -1000, 1000)


def _components(z: np.ndarray, skew: float) -> tuple[np.ndarray, ...]:
    """Return the densities of the ordinary, the upper and the lower part."""
    upper = _density(z[:, None] - SHIFTS, skew).mean(axis=1)
    lower = _density(z[:, None] + SHIFTS, skew).mean(axis=1)
    return _density(z, skew), upper, lower


def _cells():
    """Yield the shares above and below with their log prior."""
    pairs = list(zip(CONTAMINATION, np.log(CONTAMINATION_PRIOR), strict=True))
    for above, log_above in pairs:
        for below, log_below in pairs:
            yield above, below, log_above + log_below


def fit(z: np.ndarray) -> Tail:
    """Fit the tail to finite standardised residuals of all groups.

    Flat priors on skew and freedom, `CONTAMINATION_PRIOR` on both shares. Past
    `MANY` residuals the shape is fitted to every k-th of them.
    """
    z = np.clip(z, -CLIP, CLIP)
    sample = z[:: max(1, z.size // MANY)]
    cells = list(_cells())
    log_weight = np.empty((len(SKEW), len(cells), len(FREEDOM)))
    for row, skew in enumerate(SKEW):
        body, upper, lower = _components(sample, skew)
        for column, (above, below, log_prior) in enumerate(cells):
            mixture = (1 - above - below) * body + above * upper + below * lower
            log_weight[row, column] = np.log(mixture).sum(axis=0) + log_prior
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    return Tail(weight.sum(axis=1), _ordinary(z, weight, cells))


def _ordinary(z: np.ndarray, weight: np.ndarray, cells: list) -> np.ndarray:
    """Return the probability that each residual belongs to the ordinary part."""
    total = np.zeros(z.size)
    for row, skew in enumerate(SKEW):
        if weight[row].sum() < NEGLIGIBLE:
            continue
        body, upper, lower = _components(z, skew)
        for column, (above, below, _) in enumerate(cells):
            if weight[row, column].sum() >= NEGLIGIBLE:
                sound = (1 - above - below) * body
                share = sound / (sound + above * upper + below * lower)
                total += share @ weight[row, column]
    return np.clip(total, 0, 1)
