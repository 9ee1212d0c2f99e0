"""Evidence: a calibrated p-value against peers, and the excess it stands for."""

import numpy as np
import pandas as pd

from anomaly.errors import UsageError
from anomaly.peers import centres
from anomaly.peers.scales import Scale, scale_of
from anomaly.peers.tail import Tail
from anomaly.peers.tail import fit as fit_tail

# Peers may agree to the cent; a difference of a per cent is still no surprise.
SD_FLOOR = 0.01
DIRECTIONS = ("high", "low", "both")
NEEDED = ("unit_id", "group", "numerator", "denominator")
COLUMNS = (
    "p",
    "z",
    "expected",
    "expected_low",
    "expected_high",
    "excess",
    "lower",
    "upper",
    "peers",
)


def evidence(frame: pd.DataFrame, kind: str, direction: str = "high") -> pd.DataFrame:
    """Say how surprising each unit's value is among the units of its group.

    Parameters
    ----------
    frame : DataFrame
        One row a unit: unit_id, group, numerator, denominator; n and spread
        (the sampling variance) for shares of money, per visit and ratios; for
        growth the same with ``_before`` for the earlier period.
    kind : str
        count, share_of_count, share_of_money, per_visit, ratio, growth_count,
        growth_per_visit or growth_amount.
    direction : str
        Which side is suspect: high, low or both.

    Returns
    -------
    DataFrame
        On the frame's index: p; z (peers' standard deviations); expected, the
        peers' centre, with expected_low and expected_high, between which 95 %
        of ordinary units of this size lie; excess over what the peers would
        have (counts, or yuan), shrunk where it may be ordinary scatter, with its 95 %
        interval lower and upper; peers, the number of others in the group.
        NaN where a value, or every peer, is missing.

    Notes
    -----
    x = scale(value) is compared with the median of the other units of the
    group; the variance is sampling + tau^2, inflated by that median's own
    error; tau^2 is robust and shrunk to the pooled one; the tail is a Student
    t whose freedom is averaged over its posterior, outliers kept apart.
    Method and limits: docs/statistics.md.
    """
    _check(frame, direction)
    scale = scale_of(kind)
    result = pd.DataFrame(np.nan, index=frame.index, columns=list(COLUMNS))
    x = np.asarray(scale.x(frame), dtype=float)
    sized = frame.groupby("group")["unit_id"].transform("size").to_numpy()
    usable = np.isfinite(x) & (frame["denominator"].to_numpy(float) > 0) & (sized > 1)
    if usable.sum() < 2:
        return result
    part = frame[usable]
    codes = pd.factorize(part["group"])[0]
    sizes = np.bincount(codes)[codes]
    alone = sizes < 2
    fitted = _fit(part[~alone], x[usable][~alone], scale, direction)
    result.loc[part.index[~alone], list(COLUMNS)] = fitted
    return result


def _check(frame: pd.DataFrame, direction: str) -> None:
    missing = [name for name in NEEDED if name not in frame]
    if missing:
        raise UsageError(
            f"evidence: column '{missing[0]}' is missing",
            expected=f"a frame with {', '.join(NEEDED)}",
        )
    if direction not in DIRECTIONS:
        raise UsageError(
            f"direction '{direction}'", expected=f"one of {', '.join(DIRECTIONS)}"
        )
    if frame["unit_id"].duplicated().any():
        raise UsageError("evidence: a unit_id stands twice", expected="one row a unit")
    if (frame["denominator"] < 0).any():
        raise UsageError("evidence: a denominator is negative", expected="zero or more")


def _fit(
    frame: pd.DataFrame, x: np.ndarray, scale: Scale, direction: str
) -> np.ndarray:
    codes = pd.factorize(frame["group"])[0]
    if not codes.size:
        return np.empty((0, len(COLUMNS)))
    sizes = np.bincount(codes)[codes].astype(float)
    centre = centres.centres(x, codes)
    residual = x - centre
    sampling = np.nan_to_num(scale.variance(frame, centre))
    side = -1.0 if direction == "low" else 1.0
    ordinary = None
    # Twice, so that the outliers that the tail has told apart widen no spread.
    for _ in range(2):
        tau2 = centres.spreads(residual, sampling, codes, sizes, ordinary)
        sd = np.sqrt((tau2 + sampling) * _median_error(sizes)).clip(SD_FLOOR)
        z = residual / sd
        tail = fit_tail(side * z)
        ordinary = tail.ordinary
    upper, lower = tail.quantile(0.025), tail.quantile(0.975)
    reach = (lower, upper) if side > 0 else (-upper, -lower)
    low, high = (scale.value(centre + side_reach * sd) for side_reach in reach)
    effect, blur = _effect(residual, sampling, tau2, ordinary)
    blur = 1.96 * np.sqrt(blur + tau2 * (_median_error(sizes) - 1))
    excess, least, most = (
        _excess(frame, scale, centre, effect + step) for step in (0.0, -blur, blur)
    )
    return np.column_stack(
        [
            _p_value(z, tail, direction),
            z,
            scale.value(centre),
            low,
            high,
            excess,
            least,
            most,
            sizes - 1,
        ]
    )


def _effect(
    residual: np.ndarray, sampling: np.ndarray, tau2: np.ndarray, ordinary: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each unit's effect and its variance, beside that of the centre.

    An ordinary unit's residual is shrunk by its reliability; an outlier, which
    owes nothing to the ordinary scatter, keeps its own; each by its probability.
    """
    reliability = np.divide(
        tau2, tau2 + sampling, out=np.ones_like(tau2), where=tau2 + sampling > 0
    )
    outlier = 1 - ordinary
    effect = (ordinary * reliability + outlier) * residual
    within = (ordinary * reliability + outlier) * sampling
    between = ordinary * outlier * ((1 - reliability) * residual) ** 2
    return effect, within + between


def _median_error(sizes: np.ndarray) -> np.ndarray:
    """Return by what the peers' median inflates the variance of a residual."""
    return 1 + centres.MEDIAN_COST / np.maximum(sizes - 1, 1)


def _p_value(z: np.ndarray, tail: Tail, direction: str) -> np.ndarray:
    match direction:
        case "high":
            return tail.survival(z)
        case "low":
            return tail.survival(-z)
        case _:
            above = tail.survival(z)
            return np.minimum(1, 2 * np.minimum(above, 1 - above))


def _excess(
    frame: pd.DataFrame, scale: Scale, centre: np.ndarray, effect: np.ndarray
) -> np.ndarray:
    """Return value x weight at centre + effect, less the same at the centre."""
    return (scale.value(centre + effect) - scale.value(centre)) * scale.weight(frame)
