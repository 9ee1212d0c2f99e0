"""How heavy the tails are: estimated from all groups together, then averaged over.

Each standardised residual comes from a Student t scaled so that its 16-84 %
range is that of a standard normal, or, with a small probability, from the same
curve shifted upwards. The shifted part takes the outliers, so that they cannot
make the tail of ordinary units look heavy; p-values use the ordinary part only.
"""

import numpy as np
from scipy import stats

FREEDOM = np.array([3, 4, 5, 7, 12, 30, 200], dtype=float)
CONTAMINATION = np.array([0.001, 0.01, 0.02, 0.04])
CONTAMINATION_PRIOR = np.array([0.5, 0.3, 0.15, 0.05])
SHIFTS = np.arange(1.5, 7.51, 0.75)
# One standard deviation of the normal: half of the 16-84 % range.
ONE_SD = stats.norm.cdf(1)
# Beyond this the density of the shifted part is flat zero; far outliers say no more.
CLIP = 12.0


def _unit(freedom: float) -> float:
    return float(stats.t.ppf(ONE_SD, freedom))


def _density(z: np.ndarray, freedom: float) -> np.ndarray:
    k = _unit(freedom)
    return k * stats.t.pdf(k * z, freedom)


def weights(z: np.ndarray) -> np.ndarray:
    """Return the posterior weight of each entry of `FREEDOM` given residuals.

    z : array of standardised residuals, the suspect side positive.
    """
    z = np.clip(z[np.isfinite(z)], -CLIP, CLIP)
    log_weight = np.empty((FREEDOM.size, CONTAMINATION.size))
    for row, freedom in enumerate(FREEDOM):
        ordinary = _density(z, freedom)
        shifted = np.mean([_density(z - shift, freedom) for shift in SHIFTS], axis=0)
        for column, share in enumerate(CONTAMINATION):
            mixture = (1 - share) * ordinary + share * shifted
            log_weight[row, column] = np.log(mixture).sum()
    log_weight += np.log(CONTAMINATION_PRIOR)
    weight = np.exp(log_weight - log_weight.max()).sum(axis=1)
    return weight / weight.sum()


def survival(z: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return P(Z >= z) for an ordinary unit, averaged over the tail's weight."""
    k = np.array([_unit(freedom) for freedom in FREEDOM])
    return stats.t.sf(z[:, None] * k, FREEDOM) @ weight


def quantile(p: float, weight: np.ndarray) -> float:
    """Return the z that a share p of ordinary units exceeds."""
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        above = survival(np.array([middle]), weight)[0] > p
        low, high = (middle, high) if above else (low, middle)
    return (low + high) / 2
