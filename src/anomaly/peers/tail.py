"""How heavy the tails are: estimated from all groups together, then averaged over.

Each standardised residual comes from a Student t scaled so that its 16-84 %
range is that of a standard normal, or, with a small probability, from the same
curve shifted upwards. The shifted part takes the outliers, so that they cannot
make the tail of ordinary units look heavy; p-values use the ordinary part only.
"""

import numpy as np
from scipy import optimize, special, stats

FREEDOM = np.array([3, 4, 5, 7, 12, 30, 200], dtype=float)
# A t of this freedom, times its entry here, has the 16-84 % range of a normal.
UNIT = stats.t.ppf(stats.norm.cdf(1), FREEDOM)
CONTAMINATION = np.array([0.001, 0.01, 0.02, 0.04])
CONTAMINATION_PRIOR = np.array([0.5, 0.3, 0.15, 0.05])
SHIFTS = np.arange(1.5, 7.51, 0.75)
# Farther out a residual is surely shifted; how far says nothing of the tail.
CLIP = 12.0
_LOG_PEAK = (
    special.gammaln((FREEDOM + 1) / 2)
    - special.gammaln(FREEDOM / 2)
    - np.log(FREEDOM * np.pi) / 2
)


def _density(z: np.ndarray) -> np.ndarray:
    """Return the standardised t's density, one column an entry of `FREEDOM`."""
    t = z[..., None] * UNIT
    return UNIT * np.exp(_LOG_PEAK - (FREEDOM + 1) / 2 * np.log1p(t * t / FREEDOM))


def weights(z: np.ndarray) -> np.ndarray:
    """Return the posterior weight of each entry of `FREEDOM` given residuals.

    z : array of standardised residuals, the suspect side positive.
    """
    z = np.clip(z[np.isfinite(z)], -CLIP, CLIP)
    ordinary = _density(z)
    shifted = _density(z[:, None] - SHIFTS).mean(axis=1)
    log_weight = np.array(
        [
            np.log((1 - share) * ordinary + share * shifted).sum(axis=0)
            for share in CONTAMINATION
        ]
    )
    log_weight += np.log(CONTAMINATION_PRIOR)[:, None]
    weight = np.exp(log_weight - log_weight.max()).sum(axis=0)
    return weight / weight.sum()


def survival(z: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return P(Z >= z) for an ordinary unit, averaged over the tail's weight."""
    return special.stdtr(FREEDOM, -z[..., None] * UNIT) @ weight


def quantile(p: float, weight: np.ndarray) -> float:
    """Return the z that a share p of ordinary units exceeds, 0 < p < .5."""
    return optimize.brentq(lambda z: survival(np.array(z), weight) - p, 0, 1000)
