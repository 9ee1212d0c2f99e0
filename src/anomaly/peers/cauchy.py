"""Cauchy's rule: p-values that move together, joined into one.

The mean of standard Cauchy quantiles is nearly standard Cauchy in its tail, however the
p-values depend on each other. Each p is capped at .5 first: a one-sided p near 1 has a
quantile as large as that of one near 0, and would hide it (.0001 with .9999 gives .5).

Source: Liu and Xie (2020), Cauchy combination test; the cap is ours.
"""

import numpy as np
from scipy import stats

LEAST_P = 1e-15
CAP = 0.5


def score(p: np.ndarray) -> np.ndarray:
    """Return the Cauchy quantile of each p, capped; missing p stay missing."""
    return stats.cauchy.isf(np.clip(p, LEAST_P, CAP))


def p_of_mean(mean: np.ndarray) -> np.ndarray:
    """Return the p that a mean of scores stands for."""
    return stats.cauchy.sf(mean)
