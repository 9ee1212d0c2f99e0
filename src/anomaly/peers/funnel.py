"""Funnel limits of a ratio observed / expected, as published.

They are for pictures and for comparison with other bureaus' reports: where peers
differ by more than chance their limits flag too many (docs/detectors.md), and the
alarms of this package come from `anomaly.peers.evidence` instead.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from anomaly.errors import UsageError

EXTREMES = ("winsorise", "trim", "keep")
SCALES = ("log", "sqrt")
MODELS = ("additive", "multiplicative", "none")


def poisson_limits(expected, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return exact Poisson limits of observed / expected.

    Parameters
    ----------
    expected : array-like
        Expected counts, more than 0.
    level : float
        Share between the limits, in (0, 1): .95, .998.

    Returns
    -------
    lower, upper : ndarray
        Ratios: the exact interval for a mean of which `expected` was counted,
        chi2_{a/2}(2 E) / 2 E and chi2_{1-a/2}(2 E + 2) / 2 E.

    Raises
    ------
    UsageError
        For an expected count that is not more than 0, or such a level.

    Notes
    -----
    Source: Garwood (1936), as used for funnels by Spiegelhalter (2005) and the
    public health observatories.
    """
    expected = _counts("expected", expected, positive=True)
    tail = _tail(level)
    lower = stats.chi2.ppf(tail, 2 * expected) / (2 * expected)
    upper = stats.chi2.isf(tail, 2 * expected + 2) / (2 * expected)
    return lower, upper


def byar_limits(observed, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return Byar's approximate limits of the mean behind observed counts.

    Parameters
    ----------
    observed : array-like
        Counts, 0 or more; right to three digits from about 5.
    level : float
        In (0, 1).

    Returns
    -------
    lower, upper : ndarray
        Counts; over the expected count they are limits of the ratio. Of 0 the
        lower one is 0.

    Raises
    ------
    UsageError
        For a negative count, or a level outside (0, 1).

    Notes
    -----
    Source: Breslow and Day (1987), Statistical Methods in Cancer Research II,
    2.13 and 2.14.
    """
    observed = _counts("observed", observed)
    z = stats.norm.isf(_tail(level))
    above = observed + 1
    least = np.maximum(observed, 1)
    lower = least * (1 - 1 / (9 * least) - z / (3 * np.sqrt(least))) ** 3
    upper = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
    return np.where(observed == 0, 0, np.maximum(lower, 0)), upper


def z_scores(observed, expected, scale: str = "log") -> tuple[np.ndarray, np.ndarray]:
    """Return each unit's z against ratio 1, and its standard error on the scale.

    Parameters
    ----------
    observed, expected : array-like of shape (n,)
        Counts; expected more than 0, observed too on the log scale.
    scale : str
        log: z = sqrt(E) log(O / E), error 1 / sqrt(E), as the SHMI has it;
        sqrt: z = 2 (sqrt(O) - sqrt(E)), error 1 / (2 sqrt(E)), as Spiegelhalter
        and the Care Quality Commission have it.

    Returns
    -------
    z, error : ndarray of shape (n,)

    Raises
    ------
    UsageError
        For another scale, negative counts, an expected count of 0, an observed
        count of 0 on the log scale, unequal lengths.
    """
    if scale not in SCALES:
        raise UsageError(f"scale {scale!r}", expected=" or ".join(SCALES))
    expected = _counts("expected", expected, positive=True)
    observed = _counts("observed", observed, positive=scale == "log")
    if observed.shape != expected.shape:
        raise UsageError(f"{observed.size} observed, {expected.size} expected counts")
    if scale == "log":
        error = 1 / np.sqrt(expected)
        return np.log(observed / expected) / error, error
    return 2 * (np.sqrt(observed) - np.sqrt(expected)), 1 / (2 * np.sqrt(expected))


def normal_consistency(extremes: str, share: float = 0.1) -> float:
    """Return the mean of z^2 that a standard normal keeps.

    At 10 % on each side .679 winsorised, .438 trimmed; 1 kept. Raises UsageError
    for another word or a share outside [0, .5).
    """
    _known_extremes(extremes, share)
    if extremes == "keep" or share == 0:
        return 1.0
    edge = stats.norm.isf(share)
    inside = 1 - 2 * share - 2 * edge * stats.norm.pdf(edge)
    if extremes == "trim":
        return float(inside / (1 - 2 * share))
    return float(inside + 2 * share * edge**2)


@dataclass(frozen=True)
class Overdispersion:
    """What scatter the peers have beyond chance.

    ``phi`` multiplies the variance of every z; ``tau2`` is added to the squared
    error of every unit on the scale; ``units`` entered both.
    """

    phi: float
    tau2: float
    units: int


def overdispersion(
    z, error, extremes: str = "winsorise", share: float = 0.1, consistent: bool = False
) -> Overdispersion:
    """Estimate over-dispersion from z-scores whose extremes are tamed.

    Parameters
    ----------
    z, error : array-like of shape (n,)
        From `z_scores`, at least one unit.
    extremes : str
        winsorise: beyond the quantiles `share` and 1 - `share` z is set to
        them; trim: the int(share n) lowest and highest are left out, as the
        SHMI does; keep: as they are.
    share : float
        On each side, in [0, .5).
    consistent : bool
        Divide phi by what it would be were z standard normal
        (`normal_consistency`). Published methods do not, and so estimate too
        little over-dispersion and flag too many units.

    Returns
    -------
    Overdispersion
        phi = mean z^2; tau2 = max(0, (n phi - (n - 1)) / (sum w - sum w^2 / sum
        w)) with w = 1 / error^2, on the scale of z squared; 0 for one unit.

    Raises
    ------
    UsageError
        For another word, a share outside [0, .5), no units, unequal lengths.

    Notes
    -----
    Sources: Spiegelhalter (2005), Statistics in Medicine 24:1185; DerSimonian
    and Laird (1986); NHS Digital, SHMI specification (trimming).
    """
    _known_extremes(extremes, share)
    z, error = np.asarray(z, dtype=float), np.asarray(error, dtype=float)
    if z.ndim != 1 or not z.size or z.shape != error.shape:
        raise UsageError(f"z of shape {z.shape}, errors of {error.shape}")
    if extremes == "trim":
        cut = int(share * z.size)
        kept = np.sort(np.argsort(z, kind="stable")[cut : z.size - cut])
        z, error = z[kept], error[kept]
    elif extremes == "winsorise":
        z = np.clip(z, *np.quantile(z, [share, 1 - share]))
    phi = float(np.mean(z**2))
    if consistent:
        phi /= normal_consistency(extremes, share)
    return Overdispersion(phi, _tau2(phi, error), z.size)


def _tau2(phi: float, error: np.ndarray) -> float:
    weight = 1 / error**2
    if weight.size < 2:
        return 0.0
    freed = weight.sum() - (weight**2).sum() / weight.sum()
    return max(0.0, float((weight.size * phi - (weight.size - 1)) / freed))


def overdispersed_limits(
    expected,
    found: Overdispersion,
    model: str = "additive",
    scale: str = "log",
    level: float = 0.95,
) -> tuple[np.ndarray, np.ndarray]:
    """Return limits of observed / expected, widened for over-dispersion.

    Parameters
    ----------
    expected : array-like
        Expected counts, more than 0; need not be those of the units.
    found : Overdispersion
        Estimated on the same scale.
    model : str
        additive: variance error^2 + tau2; multiplicative: error^2 max(phi, 1);
        none: error^2.
    scale : str
        log or sqrt, as in `z_scores`.
    level : float
        In (0, 1).

    Returns
    -------
    lower, upper : ndarray
        Ratios, 0 or more.

    Raises
    ------
    UsageError
        For another model or scale, an expected count of 0, a level outside
        (0, 1).
    """
    if model not in MODELS:
        raise UsageError(f"model {model!r}", expected=" or ".join(MODELS))
    _, error = z_scores(expected, expected, scale)
    variance = {
        "additive": error**2 + found.tau2,
        "multiplicative": error**2 * max(found.phi, 1.0),
        "none": error**2,
    }[model]
    reach = stats.norm.isf(_tail(level)) * np.sqrt(variance)
    if scale == "log":
        return np.exp(-reach), np.exp(reach)
    return np.maximum(1 - reach, 0) ** 2, (1 + reach) ** 2


def _counts(name: str, values, positive: bool = False) -> np.ndarray:
    counts = np.atleast_1d(np.asarray(values, dtype=float))
    fine = np.isfinite(counts) & ((counts > 0) if positive else (counts >= 0))
    if not fine.all():
        raise UsageError(
            f"{name}: {counts[~fine][0]} at place {np.flatnonzero(~fine)[0]}",
            expected="a count of more than 0" if positive else "a count, 0 or more",
            todo="the sqrt scale takes an observed 0" if name == "observed" else "",
        )
    return counts


def _tail(level: float) -> float:
    if not 0 < level < 1:
        raise UsageError(f"level {level}", expected="between 0 and 1, such as 0.95")
    return (1 - level) / 2


def _known_extremes(extremes: str, share: float) -> None:
    if extremes not in EXTREMES:
        raise UsageError(f"extremes {extremes!r}", expected=" or ".join(EXTREMES))
    if not 0 <= share < 0.5:
        raise UsageError(f"share {share}", expected="at least 0 and below 0.5")
