"""What else an analyst would try on the same units: scores, and p where it has one.

A method gives a score, the higher the more suspect, and a one-sided p or None. All
look at the logarithm of the rate or of the fee: on the rate itself the scatter of
ordinary units is skewed, which would only make the rivals worse.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.ensemble import IsolationForest

Judged = tuple[np.ndarray, np.ndarray | None]
MAD_TO_SD = 1.4826
MEAN_DEVIATION_TO_SD = 1.253314
TRIM = 0.1


def winsorised_normal_variance(trim: float = TRIM) -> float:
    """Return the variance of a standard normal winsorised at both ends."""
    cut = stats.norm.isf(trim)
    return 1 - 2 * trim - 2 * cut * stats.norm.pdf(cut) + 2 * trim * cut**2


def robust_z(units: pd.DataFrame, kind: str) -> np.ndarray:
    """Return (x - median) / scaled MAD within the group."""
    x = _log(units, kind)
    groups = x.groupby(units["group"])
    residual = x - groups.transform("median")
    away = residual.abs().groupby(units["group"])
    scale = MAD_TO_SD * away.transform("median")
    scale = scale.where(scale > 0, MEAN_DEVIATION_TO_SD * away.transform("mean"))
    return (residual / scale.where(scale > 0, 1.0)).to_numpy()


def by_robust_z(units: pd.DataFrame, kind: str, seed: int) -> Judged:
    z = robust_z(units, kind)
    return z, stats.norm.sf(z)


def by_funnel(units: pd.DataFrame, kind: str, seed: int) -> Judged:
    """Additive over-dispersion (Spiegelhalter 2005) within each group.

    The target is the group's own rate. The winsorised phi, which is short of the
    variance of what it winsorises, is divided by a normal's: fairer than published.
    """
    groups = units.groupby("group")
    sums = groups[["numerator", "denominator"]].transform("sum")
    target = sums["numerator"] / sums["denominator"]
    if kind == "count":
        variance = 1 / (units["denominator"] * target)
    else:
        variance = units["spread"]
    residual = (_log(units, kind) - np.log(target)).to_numpy()
    tau2 = np.zeros(len(units))
    for rows in groups.indices.values():
        tau2[rows] = between(residual[rows], variance.to_numpy()[rows])
    z = residual / np.sqrt(variance.to_numpy() + tau2)
    return z, stats.norm.sf(z)


def between(residual: np.ndarray, variance: np.ndarray, trim: float = TRIM) -> float:
    """Return the additive between-unit variance of one group."""
    z = residual / np.sqrt(variance)
    if trim:
        z = np.clip(z, *np.quantile(z, [trim, 1 - trim]))
    phi = np.mean(z**2) / (winsorised_normal_variance(trim) if trim else 1)
    weight = 1 / variance
    free = weight.sum() - (weight**2).sum() / weight.sum()
    return max(0.0, (z.size * phi - (z.size - 1)) / free)


def by_forest(units: pd.DataFrame, kind: str, seed: int) -> Judged:
    """An isolation forest that sees only how far above its peers a unit lies."""
    above = robust_z(units, kind).clip(0).reshape(-1, 1)
    forest = IsolationForest(n_estimators=200, random_state=seed).fit(above)
    return -forest.score_samples(above), None


def by_total(units: pd.DataFrame, kind: str, seed: int) -> Judged:
    return units["numerator"].to_numpy(), None


RIVALS: dict[str, Callable[[pd.DataFrame, str, int], Judged]] = {
    "robust z": by_robust_z,
    "funnel": by_funnel,
    "isolation forest": by_forest,
    "plain total": by_total,
}


def _log(units: pd.DataFrame, kind: str) -> pd.Series:
    """Return the log of the value; half a case more where there may be none."""
    half = 0.5 if kind == "count" else 0.0
    return np.log((units["numerator"] + half) / units["denominator"])
