"""Few peers: a model over all groups that allows for size, and the unit's own past.

Five tertiary hospitals tell little of each other. They are compared with every unit of
their kind, after what size alone explains, and with what they were themselves.
"""

import numpy as np
import pandas as pd
from scipy import stats

from anomaly.peers import cauchy
from anomaly.peers.evidence import evidence
from anomaly.peers.groups import ALL
from anomaly.peers.scales import scale_of

# The slope is the median over pairs of so many units at most.
SLOPE_UNITS = 400
# Kinds whose change against the unit's own past is itself a kind.
OWN_PAST = {"count": "growth_count", "per_visit": "growth_per_visit"}
OWN_PAST |= {"ratio": "growth_amount"}


def size_offset(x: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return what size alone explains of x: the Theil-Sen line's slope x log size.

    Counted from the median size. Zero where sizes do not differ, and for a unit whose
    size is missing or not positive. Source: Theil (1950), Sen (1968).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log(size)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(logarithm))
    if known.size > SLOPE_UNITS:
        known = np.random.default_rng(0).choice(known, SLOPE_UNITS, replace=False)
    if known.size < 3 or np.ptp(logarithm[known]) == 0:
        return np.zeros(x.size)
    slope = stats.theilslopes(x[known], logarithm[known]).slope
    offset = slope * (logarithm - np.median(logarithm[known]))
    return np.where(np.isfinite(offset), offset, 0.0)


def few_peers(
    frame: pd.DataFrame, kind: str, direction: str, own: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return evidence of units against all others, size allowed for, and their past.

    Parameters
    ----------
    frame : DataFrame
        As for `evidence`, of every unit of the kind; a column size, where there is
        one, is how large each is (a count, missing where unknown).
    own : DataFrame, optional
        The same units' numerator, denominator, n and spread over their past, by
        unit_id.

    Returns
    -------
    DataFrame
        As `evidence` gives it; p joins both comparisons by Cauchy's rule where there
        are both. Its peers are everybody, and few of them are peers.
    """
    frame = frame.assign(group=ALL)
    if "size" in frame:
        x = np.asarray(scale_of(kind).x(frame), dtype=float)
        frame = frame.assign(offset=size_offset(x, frame["size"].to_numpy(float)))
    result = evidence(frame, kind, direction)
    if own is None or kind not in OWN_PAST:
        return result
    before = own.set_index("unit_id").add_suffix("_before")
    both = frame.drop(columns="offset", errors="ignore").join(before, on="unit_id")
    past = evidence(both, OWN_PAST[kind], direction)["p"]
    result["p"] = _joined(result["p"], past)
    return result


def _joined(first: pd.Series, second: pd.Series) -> pd.Series:
    """Return both p joined by Cauchy's rule, or the one there is."""
    score = np.vstack([cauchy.score(first), cauchy.score(second)]).mean(axis=0)
    joined = pd.Series(cauchy.p_of_mean(score), index=first.index)
    return joined.fillna(first).fillna(second)
