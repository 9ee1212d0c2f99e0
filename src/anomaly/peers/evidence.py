"""Evidence: a calibrated p-value against peers, and the excess it stands for."""

from dataclasses import fields

import numpy as np
import pandas as pd

from anomaly.errors import UsageError
from anomaly.peers import thin
from anomaly.peers.levels import LEVELS
from anomaly.peers.model import Judged, judged, settled
from anomaly.peers.scales import Scale, scale_of
from anomaly.peers.shape import Shape, shape_of
from anomaly.peers.start import start

DIRECTIONS = {"high": ("high",), "low": ("low",), "both": ("high", "low")}
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
# Of a normal distribution, 95 % lie within so many standard deviations.
Z_95 = 1.959964
# From so many units of level on, the grid's end would cut an effect short.
FAR_OUT = 0.9 * LEVELS[-1]
ENDS = ((0.025, -Z_95), (0.975, Z_95))


def evidence(frame: pd.DataFrame, kind: str, direction: str = "high") -> pd.DataFrame:
    """Say how surprising each unit's value is among the units of its group.

    Parameters
    ----------
    frame : DataFrame
        One row a unit: unit_id, group, numerator, denominator; n and spread
        (the sampling variance) for shares of money, per visit and ratios; for
        growth the same with ``_before`` for the earlier period. A column offset,
        where there is one, is what a unit's level is expected to lie above its
        group's, on the kind's scale.
    kind : str
        count, share_of_count, share_of_money, per_visit, ratio, growth_count,
        growth_per_visit, growth_amount or growth_share.
    direction : str
        Which side is suspect: high, low or both.

    Returns
    -------
    DataFrame
        On the frame's index: p; z (peers' standard deviations); expected, the
        peers' centre, with expected_low and expected_high, between which 95 %
        of ordinary units of this size lie; excess over what the peers would
        have (counts, or yuan), shrunk where it may be ordinary scatter, with its 95 %
        interval lower and upper; peers, the number of others in the group. NaN
        where a value is missing or infinite, a denominator zero, or there is no peer.
        ``attrs["tail"]``, where enough happens to tell, is `Shape.told`.

    Raises
    ------
    UsageError
        A needed column is missing, a unit stands twice, a denominator is negative, or
        kind or direction is unknown.

    Notes
    -----
    Each unit is judged by the others of its group: levels scatter about the group's
    centre by a curve whose tails and skew all groups tell together; centre, spread and
    curve are averaged over their posterior. Method, measurements, limits:
    docs/statistics.md.
    """
    scale = scale_of(kind)
    frame = _checked(frame, scale, direction)
    places, sizes = _comparable(frame, scale)
    values = np.full((len(frame), len(COLUMNS)), np.nan)
    if not places.size:
        return pd.DataFrame(values, index=frame.index, columns=list(COLUMNS))
    part = frame.iloc[places]
    model, shape = _judged(part, scale, sizes, DIRECTIONS[direction])
    columns = _columns(part, scale, model, shape, direction)
    columns["peers"] = np.repeat(sizes - 1.0, sizes)
    values[places] = np.column_stack([columns[name] for name in COLUMNS])
    result = pd.DataFrame(values, index=frame.index, columns=list(COLUMNS))
    if shape is not None:
        result.attrs["tail"] = shape.told()
    return result


def _checked(frame: pd.DataFrame, scale: Scale, direction: str) -> pd.DataFrame:
    """Return the frame with its numbers as floats; UsageError where it cannot serve."""
    missing = [name for name in scale.needs if name not in frame]
    if missing:
        raise UsageError(
            f"evidence: column '{missing[0]}' is missing",
            expected=f"a frame with {', '.join(scale.needs)}",
        )
    if direction not in DIRECTIONS:
        raise UsageError(
            f"direction '{direction}'", expected=f"one of {', '.join(DIRECTIONS)}"
        )
    if frame["unit_id"].duplicated().any():
        raise UsageError("evidence: a unit_id stands twice", expected="one row a unit")
    numbers = [name for name in scale.needs if name not in ("unit_id", "group")]
    try:
        frame = frame.astype(dict.fromkeys(numbers, float))
    except (TypeError, ValueError) as error:
        raise UsageError(f"evidence: {error}", expected="numbers") from None
    for name in numbers:
        if name.startswith("denominator") and (frame[name] < 0).any():
            raise UsageError(f"evidence: a {name} is negative", expected="zero or more")
    return frame


def _comparable(frame: pd.DataFrame, scale: Scale) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of units with a value and a peer, group by group, and sizes."""
    x = np.asarray(scale.x(frame), dtype=float)
    usable = np.isfinite(x) & (frame["denominator"].to_numpy(float) > 0)
    for name in {"n", "n_before"}.intersection(scale.needs):
        usable &= frame[name].to_numpy(float) > 0
    if "offset" in frame:
        usable &= np.isfinite(frame["offset"].to_numpy(float))
    group = pd.factorize(frame["group"].astype("string"), sort=True)[0]
    usable &= group >= 0
    sizes = np.bincount(group[usable], minlength=group.max(initial=-1) + 1)
    usable &= np.append(sizes, 0)[group] > 1
    unit = pd.factorize(frame["unit_id"], sort=True)[0]
    order = np.lexsort((unit, group))
    return order[usable[order]], sizes[sizes > 1]


def _judged(
    frame: pd.DataFrame, scale: Scale, sizes: np.ndarray, sides: tuple[str, ...]
) -> tuple[Judged, Shape | None]:
    """Return what is said of each unit on the scale, and the curve behind it."""
    x = np.asarray(scale.x(frame), dtype=float)
    offset = frame["offset"].to_numpy(float) if "offset" in frame else np.zeros(x.size)
    observed = scale.observed(frame).less(offset)
    sampling = np.nan_to_num(scale.variance(frame, x))
    least = scale.least_spread(x)
    whole = start(observed, x - offset, sampling, sizes, least)
    rare = observed.rare()
    few = thin.thin(rare, sizes)
    result = {field.name: np.full(len(frame), np.nan) for field in fields(Judged)}
    shape = None
    if not few.all():
        groups = settled(whole.only(np.flatnonzero(~few)))
        shape = shape_of(groups)
        _put(result, ~np.repeat(few, sizes), judged(groups, shape, sides))
    if few.any():
        rows = np.repeat(few, sizes)
        spread = whole.unit * whole.typical
        _put(result, rows, thin.judged(rare.take(rows), sizes[few], spread))
    result["centre"] += offset
    _beyond(result, x, sampling, FAR_OUT * whole.unit)
    return Judged(**result), shape


def _beyond(
    result: dict[str, np.ndarray], x: np.ndarray, sampling: np.ndarray, far: float
) -> None:
    """Give units that lie beyond the grid of levels their plain effect."""
    away = x - result["centre"]
    there = np.abs(away) > far
    reach = Z_95 * np.sqrt(sampling)
    for name, plain in (
        ("effect", away),
        ("effect_low", away - reach),
        ("effect_high", away + reach),
    ):
        result[name][there] = plain[there]


def _put(result: dict[str, np.ndarray], rows: np.ndarray, found: Judged) -> None:
    for name, values in result.items():
        values[rows] = getattr(found, name)


def _columns(
    frame: pd.DataFrame, scale: Scale, model: Judged, shape: Shape | None, side: str
) -> dict[str, np.ndarray]:
    """Return the columns of evidence, on the kind's own scale."""
    x = np.asarray(scale.x(frame), dtype=float)
    sampling = np.nan_to_num(scale.variance(frame, model.centre))
    blur = sampling + model.centre_error**2
    sd = np.sqrt(model.spread**2 + blur)
    curve = None if shape is None else shape.curve()
    reach = [curve.quantile(p) if curve else p_z for p, p_z in ENDS]
    low, high = (
        scale.value(
            model.centre + sign * np.sqrt((end * model.spread) ** 2 + Z_95**2 * blur)
        )
        for sign, end in zip((-1, 1), reach, strict=True)
    )
    excess, least, most = _excess(frame, scale, model)
    return {
        "p": _p_value(model, side),
        "z": (x - model.centre) / sd,
        "expected": scale.value(model.centre),
        "expected_low": low,
        "expected_high": high,
        "excess": excess,
        "lower": least,
        "upper": most,
    }


def _p_value(model: Judged, direction: str) -> np.ndarray:
    match direction:
        case "high":
            return model.high
        case "low":
            return model.low
        case _:
            return np.minimum(1, 2 * np.minimum(model.high, model.low))


def _excess(
    frame: pd.DataFrame, scale: Scale, model: Judged
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what a unit has beyond its peers' centre, with its 95 % interval.

    Its own level and the centre are unsure apart from each other.
    """
    weight = scale.weight(frame)
    unsure = Z_95 * model.centre_error
    own, low, high = (
        scale.value(model.centre + effect) * weight
        for effect in (model.effect, model.effect_low, model.effect_high)
    )
    centre, below, above = (
        scale.value(model.centre + step) * weight for step in (0, -unsure, unsure)
    )
    excess = own - centre
    least = excess - np.hypot(own - low, above - centre)
    return excess, least, excess + np.hypot(high - own, centre - below)
