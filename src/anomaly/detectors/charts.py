"""Control charts of one series: pictures and persistence, never alerts.

XmR charts with their run rules flag about one in five 24-month series in which
nothing happens (docs/detectors.md), so that no p-value and no alarm rests on them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from anomaly.errors import UsageError

# Mean range of two normal values in standard deviations, 2 / sqrt(pi), to the
# three decimals of the published tables: limits at 3 / 1.128 = 2.66 mean ranges.
RANGE_PER_SD = 1.128
XMR = 2.66
RANGE_LIMIT = 3.268
# Each rule: how many of how many in a row lie more than so many standard
# deviations away, all on one side.
WESTERN_ELECTRIC = {
    "beyond": (1, 1, 3.0),
    "two_of_three": (2, 3, 2.0),
    "four_of_five": (4, 5, 1.0),
    "eight_on_one_side": (8, 8, 0.0),
}
WHEELER = {
    "beyond": (1, 1, 3.0),
    "three_of_four": (3, 4, 1.5),
    "eight_on_one_side": (8, 8, 0.0),
}
RULES = {"western_electric": WESTERN_ELECTRIC, "wheeler": WHEELER}


@dataclass(frozen=True)
class XmrLimits:
    """Natural process limits of single values, in the unit of the series.

    ``centre`` is the mean, ``lower`` and ``upper`` lie 2.66 mean moving ranges
    from it, ``range_upper`` is 3.268 mean moving ranges, ``sigma`` the standard
    deviation that the mean moving range implies.
    """

    centre: float
    lower: float
    upper: float
    mean_range: float
    range_upper: float
    sigma: float


def xmr_limits(values) -> XmrLimits:
    """Return the limits of an individuals (XmR) chart.

    Parameters
    ----------
    values : array-like of shape (n,)
        In the order of time, n at least 2, finite. Fewer than some 12 make
        limits that are themselves chance.

    Returns
    -------
    XmrLimits
        A constant series has sigma 0 and all limits at its value.

    Raises
    ------
    UsageError
        For fewer than two values, and for missing or infinite ones.

    Notes
    -----
    Source: Shewhart's chart for single values; constants 2.66 and 3.268 as in
    Wheeler and Chambers (1992), Understanding Statistical Process Control.
    """
    values = _series(values, fewest=2)
    centre = float(values.mean())
    mean_range = float(np.abs(np.diff(values)).mean())
    reach = XMR * mean_range
    return XmrLimits(
        centre=centre,
        lower=centre - reach,
        upper=centre + reach,
        mean_range=mean_range,
        range_upper=RANGE_LIMIT * mean_range,
        sigma=mean_range / RANGE_PER_SD,
    )


def run_rules(
    values, centre: float, sigma: float, rules: str = "western_electric"
) -> pd.DataFrame:
    """Say at which points a series breaks a run rule.

    Parameters
    ----------
    values : array-like of shape (n,)
        In the order of time, finite.
    centre, sigma : float
        In the unit of the values; sigma 0 or more, `xmr_limits` gives both.
    rules : str
        western_electric: one value beyond 3 sigma, two of three beyond 2, four
        of five beyond 1, eight in a row on one side. wheeler: one beyond 3
        sigma, three of four nearer to a limit than to the centre (beyond 1.5),
        eight in a row on one side.

    Returns
    -------
    DataFrame
        One row a value, a boolean column a rule, true at the value that
        completes the run and lies on its side, and `any`. A value on a line is
        not beyond it, so that a constant series breaks no rule.

    Raises
    ------
    UsageError
        For another name of rules, a negative sigma, missing or infinite values.

    Notes
    -----
    Sources: Western Electric (1956), Statistical Quality Control Handbook;
    Wheeler (2000), Understanding Variation, detection rules one to three.
    """
    if rules not in RULES:
        raise UsageError(f"rules {rules!r}", expected=" or ".join(RULES))
    _not_negative("sigma", sigma)
    away = _series(values) - centre
    table = pd.DataFrame(
        {
            name: _run(away, many, of, reach * sigma)
            | _run(-away, many, of, reach * sigma)
            for name, (many, of, reach) in RULES[rules].items()
        }
    )
    return table.assign(any=table.any(axis=1))


def _run(away: np.ndarray, many: int, of: int, reach: float) -> np.ndarray:
    """Return where `many` of the last `of` values, the last one too, lie above."""
    beyond = away > reach
    recent = np.convolve(beyond, np.ones(of))[: away.size]
    return beyond & (recent >= many - 0.5)


def ewma(
    values, target: float, sigma: float, weight: float = 0.3, width: float = 3.0
) -> pd.DataFrame:
    """Return an exponentially weighted moving average with its control limits.

    Parameters
    ----------
    values : array-like of shape (n,)
        In the order of time, finite.
    target, sigma : float
        Mean and standard deviation in control, in the unit of the values.
    weight : float
        Of the newest value (lambda), in (0, 1]; 1 is Shewhart's chart.
    width : float
        Of the limits, in standard deviations of the average.

    Returns
    -------
    DataFrame
        One row a value: value, ewma, lower, upper (exact for that time, wider
        and wider), lower_asymptotic, upper_asymptotic, signal (beyond the
        exact limits). The average starts from the target.

    Raises
    ------
    UsageError
        For a weight outside (0, 1], a negative sigma or width, missing or
        infinite values.

    Notes
    -----
    ewma_t = weight x_t + (1 - weight) ewma_{t-1}; its variance is
    sigma^2 weight / (2 - weight) (1 - (1 - weight)^(2 t)), asymptotically
    without the last factor. Source: Roberts (1959); NIST/SEMATECH e-Handbook
    of Statistical Methods, 6.3.2.4, whose limits are the asymptotic ones.
    """
    values = _series(values)
    _not_negative("sigma", sigma)
    _not_negative("width", width)
    if not 0 < weight <= 1:
        raise UsageError(f"weight {weight}", expected="more than 0 and at most 1")
    average, latest = np.empty(values.size), target
    for place, value in enumerate(values):
        latest = weight * value + (1 - weight) * latest
        average[place] = latest
    steps = np.arange(1, values.size + 1)
    reach = width * sigma * np.sqrt(weight / (2 - weight))
    exact = reach * np.sqrt(1 - (1 - weight) ** (2 * steps))
    return pd.DataFrame(
        {
            "value": values,
            "ewma": average,
            "lower": target - exact,
            "upper": target + exact,
            "lower_asymptotic": target - reach,
            "upper_asymptotic": target + reach,
            "signal": np.abs(average - target) > exact,
        }
    )


def cusum(values, target: float, slack: float, decision: float) -> pd.DataFrame:
    """Return the tabular (two one-sided) cumulative sums.

    Parameters
    ----------
    values : array-like of shape (n,)
        In the order of time, finite.
    target : float
        Mean in control.
    slack : float
        Allowance k, 0 or more: half the shift worth finding, usually sigma / 2.
    decision : float
        Decision interval h, 0 or more, usually 4 or 5 sigma. All in the unit
        of the values.

    Returns
    -------
    DataFrame
        One row a value: value; high and low, the sums that start from 0 and
        never fall below it; signal_high and signal_low, true beyond h. The sums
        go on after a signal.

    Raises
    ------
    UsageError
        For a negative slack or decision, missing or infinite values.

    Notes
    -----
    high_t = max(0, high_{t-1} + x_t - target - k), low_t likewise downwards.
    Source: Page (1954); NIST/SEMATECH e-Handbook of Statistical Methods,
    6.3.2.3.
    """
    values = _series(values)
    _not_negative("slack", slack)
    _not_negative("decision", decision)
    high = _sums(values - target - slack)
    low = _sums(target - values - slack)
    return pd.DataFrame(
        {
            "value": values,
            "high": high,
            "low": low,
            "signal_high": high > decision,
            "signal_low": low > decision,
        }
    )


def _sums(steps: np.ndarray) -> np.ndarray:
    """Return sums that never fall below 0: how far above their lowest so far."""
    walk = np.cumsum(steps)
    return walk - np.minimum(np.minimum.accumulate(walk), 0)


def _series(values, fewest: int = 1) -> np.ndarray:
    series = np.asarray(values, dtype=float)
    if series.ndim != 1 or series.size < fewest or not np.isfinite(series).all():
        raise UsageError(
            f"a series of shape {series.shape} with"
            f" {(~np.isfinite(series)).sum()} missing or infinite values",
            expected=f"one dimension, at least {fewest} values, all finite",
            todo="leave out months without a value",
        )
    return series


def _not_negative(name: str, value: float) -> None:
    if not value >= 0:
        raise UsageError(f"{name} {value}", expected="0 or more")
