"""Where the model starts from: rough centres of the groups, and the pooled spread."""

import numpy as np

from anomaly.peers.blocks import Groups, error_class
from anomaly.peers.families import Observed

# The share of a normal distribution within one standard deviation.
WITHIN_ONE_SD = 0.6827
# Fewer events than this make a unit's own estimate too rough to take a median of.
FEW_EVENTS = 2.0
# The spread of rates and shares where too few units show it.
USUAL_SPREAD = 0.3
# Levels are counted in steps that suit what one unit can tell.
OF_SAMPLING = 0.25
# A rough centre's standard error, against that of a good one.
ROUGH = 1.5


def start(
    observed: Observed,
    x: np.ndarray,
    sampling: np.ndarray,
    sizes: np.ndarray,
    least: float,
) -> Groups:
    """Return the groups, units sorted by them, with rough centres.

    x is each unit's plain estimate of its level, sampling its variance, least the
    spread that peers are always granted.
    """
    firsts = np.r_[0, np.cumsum(sizes)[:-1]]
    centre = _centres(observed, x, sizes, firsts)
    each = np.repeat(centre, sizes)
    spread = _pooled_spread(observed, x - each, sampling, each)
    unit = max(spread, OF_SAMPLING * float(np.sqrt(np.median(sampling))), least)
    known = 1 / (unit**2 + 1 / np.maximum(observed.information(each), 1e-300))
    error = ROUGH / np.sqrt(np.add.reduceat(known, firsts)) / unit
    typical = max(spread, least) / unit
    return Groups(observed, sizes, centre, error_class(error), unit, typical)


def _centres(observed, x, sizes, firsts) -> np.ndarray:
    """Return the groups' medians; ratios of sums where units show too few events.

    The unit with most events is left out of the sums: it may be what is sought.
    """
    slices = [slice(a, a + n) for a, n in zip(firsts, sizes, strict=True)]
    median = np.array([np.median(x[one]) for one in slices])
    sparse = np.array([np.median(observed.events[one]) < FEW_EVENTS for one in slices])
    if not sparse.any():
        return median
    above, below = observed.sums()
    for group in np.flatnonzero(sparse):
        members = np.arange(firsts[group], firsts[group] + sizes[group])
        if members.size > FEW_EVENTS + 1:
            members = np.delete(members, np.argmax(observed.events[members]))
        ratio = (above[members].sum() + 0.5) / below[members].sum()
        median[group] = np.log(ratio)
    return median


def _pooled_spread(observed, residual, sampling, centre) -> float:
    """Return the usual spread of units beyond sampling."""
    telling = observed.information(centre) >= FEW_EVENTS
    if not np.isfinite(observed.events).all():
        telling = np.ones(residual.size, dtype=bool)
    if telling.mean() < 0.1:
        return USUAL_SPREAD
    return float(np.sqrt(between_variance(residual[telling], sampling[telling])))


def between_variance(residual: np.ndarray, sampling: np.ndarray) -> float:
    """Return tau^2: what is left of the scatter beyond sampling.

    The value at which 68.27 % of residuals lie within one standard deviation
    sqrt(tau^2 + sampling).
    """
    square = residual**2
    low, high = 0.0, float(square.max(initial=0.0))
    for _ in range(40):
        middle = (low + high) / 2
        if (square > middle + sampling).mean() > 1 - WITHIN_ONE_SD:
            low = middle
        else:
            high = middle
    return (low + high) / 2
