"""The scale on which each kind of indicator is compared, and its sampling variance.

A scale turns a frame into x (where peers are roughly symmetric), the sampling
variance of x given the peers' centre, and what is observed of a unit's level, of which
x is the plain estimate; and it turns a level back into a value.
"""

from abc import ABC, abstractmethod

import numpy as np
import pandas as pd
from scipy import special

from anomaly.errors import UsageError
from anomaly.peers.families import Binomial, Normal, Observed, Parted, Poisson

# Visits' worth of pooled variance that steadies a unit's own small-sample one.
PRIOR_VISITS = 10.0


def _steadied(spread: pd.Series, n: pd.Series) -> np.ndarray:
    """Return the variance of a mean, its per-visit part shrunk to the pooled one."""
    per_visit = (spread * n).to_numpy(float)
    finite = np.isfinite(per_visit)
    known = per_visit[finite & (n.to_numpy(float) >= 5)]
    known = known if known.size else per_visit[finite]
    pooled = float(np.median(known)) if known.size else 0.0
    freedom = np.maximum(n.to_numpy(float) - 1, 0)
    own = np.where(np.isfinite(per_visit), per_visit, pooled)
    shrunk = (freedom * own + PRIOR_VISITS * pooled) / (freedom + PRIOR_VISITS)
    return shrunk / np.maximum(n.to_numpy(float), 1)


NEEDS = ("unit_id", "group", "numerator", "denominator")
MEASURED = (*NEEDS, "n", "spread")


# A difference of a per cent is no surprise, even where peers agree to the cent.
LEAST_SPREAD = 0.01


def _ratio(frame: pd.DataFrame) -> np.ndarray:
    return frame["numerator"].to_numpy(float) / frame["denominator"].to_numpy(float)


class Scale(ABC):
    """One kind of indicator; ``needs`` names the columns that it reads."""

    needs: tuple[str, ...] = NEEDS

    def least_spread(self, x: np.ndarray) -> float:
        """Return the spread that peers are granted even where they agree."""
        return LEAST_SPREAD

    @abstractmethod
    def x(self, frame: pd.DataFrame) -> np.ndarray:
        """Return each unit's value on the scale; NaN where it has none."""

    @abstractmethod
    def variance(self, frame: pd.DataFrame, centre: np.ndarray) -> np.ndarray:
        """Return the sampling variance of x for units whose peers centre there."""

    def observed(self, frame: pd.DataFrame) -> Observed:
        """Return what the units show of their levels."""
        x = self.x(frame)
        return Normal(x, np.nan_to_num(self.variance(frame, x)))

    @abstractmethod
    def value(self, x: np.ndarray) -> np.ndarray:
        """Return x on the indicator's own scale."""

    def weight(self, frame: pd.DataFrame) -> np.ndarray:
        """Return what one unit of the value is worth: visits, yuan, exposure."""
        return frame["denominator"].to_numpy(float)


class Count(Scale):
    """Counts: log rate per exposure, Poisson variance at the peers' rate."""

    def x(self, frame):
        count = frame["numerator"].to_numpy(float)
        count = np.where(count < 0, np.nan, count)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log((count + 0.5) / frame["denominator"].to_numpy(float))

    def variance(self, frame, centre):
        expected = np.exp(centre) * frame["denominator"].to_numpy(float)
        return 1 / np.maximum(expected, 0.5)

    def observed(self, frame):
        return Poisson(
            frame["numerator"].to_numpy(float), frame["denominator"].to_numpy(float)
        )

    def value(self, x):
        return np.exp(x)


class ShareOfCount(Scale):
    """Shares of counts: logit, binomial variance at the peers' share."""

    def x(self, frame):
        hits = frame["numerator"].to_numpy(float)
        misses = frame["denominator"].to_numpy(float) - hits
        hits = np.where((hits < 0) | (misses < 0), np.nan, hits)
        return np.log((hits + 0.5) / (np.maximum(misses, 0) + 0.5))

    def variance(self, frame, centre):
        share = self.value(centre)
        trials = frame["denominator"].to_numpy(float)
        return 1 / np.maximum(trials * share * (1 - share), 0.5)

    def observed(self, frame):
        trials = frame["denominator"].to_numpy(float)
        return Binomial(
            frame["numerator"].to_numpy(float), trials, np.zeros_like(trials)
        )

    def value(self, x):
        return special.expit(x)


class ShareOfMoney(Scale):
    """Shares of money: the ratio itself, its linearised between-visit variance."""

    needs = MEASURED

    def x(self, frame):
        with np.errstate(divide="ignore", invalid="ignore"):
            return _ratio(frame)

    def variance(self, frame, centre):
        return _steadied(frame["spread"], frame["n"])

    def least_spread(self, x):
        return LEAST_SPREAD * max(float(np.nanmedian(np.abs(x))), 1e-6)

    def value(self, x):
        return x


class PerVisit(Scale):
    """Cost per visit and O/E: logarithm, variance s^2/n of the log mean."""

    needs = MEASURED

    def x(self, frame):
        with np.errstate(divide="ignore", invalid="ignore"):
            x = np.log(_ratio(frame))
        return np.where(np.isfinite(x), x, np.nan)

    def variance(self, frame, centre):
        return _steadied(frame["spread"], frame["n"])

    def value(self, x):
        return np.exp(x)


class Growth(Scale):
    """Growth: the difference of two periods on the kind's own scale.

    The peers' own growth is the centre, so that a season is nobody's alarm.
    """

    def __init__(self, base: Scale) -> None:
        self.base = base
        before = (f"{name}_before" for name in base.needs[2:])
        self.needs = (*base.needs, *before)

    @staticmethod
    def before(frame: pd.DataFrame) -> pd.DataFrame:
        """Return the earlier period under the columns of the later one."""
        names = ("numerator", "denominator", "n", "spread")
        columns = {
            name: frame[f"{name}_before"] for name in names if f"{name}_before" in frame
        }
        return frame.assign(**columns)

    def x(self, frame):
        return self.base.x(frame) - self.base.x(self.before(frame))

    def variance(self, frame, centre):
        before = self.before(frame)
        then = self.base.x(before)
        return self.base.variance(frame, then + centre) + self.base.variance(
            before, then
        )

    def value(self, x):
        return np.exp(x) - 1

    def weight(self, frame):
        """Return last year's amount or count, carried to this year's exposure."""
        exposure = frame["denominator"] / frame["denominator_before"]
        return (frame["numerator_before"] * exposure).to_numpy(float)


class GrowthOfShare(Growth):
    """Growth of shares of money: the difference of two shares."""

    def __init__(self) -> None:
        super().__init__(ShareOfMoney())

    def value(self, x):
        return x

    def weight(self, frame):
        """Return the money that the later share is a part of."""
        return frame["denominator"].to_numpy(float)


class GrowthOfCount(Growth):
    """Growth of counts: of the events of both periods, how many fell in the later.

    Given their sum, those of the later period are binomial; exposure is its offset.
    """

    def __init__(self) -> None:
        super().__init__(Count())

    def observed(self, frame):
        now = frame["numerator"].to_numpy(float)
        exposure = frame["denominator"] / frame["denominator_before"]
        with np.errstate(divide="ignore", invalid="ignore"):
            offset = np.log(exposure.to_numpy(float))
        return Parted(now, now + frame["numerator_before"].to_numpy(float), offset)

    def weight(self, frame):
        """Return last year's count as its log takes it, carried to this exposure."""
        exposure = frame["denominator"] / frame["denominator_before"]
        return ((frame["numerator_before"] + 0.5) * exposure).to_numpy(float)


SCALES: dict[str, Scale] = {
    "count": Count(),
    "share_of_count": ShareOfCount(),
    "share_of_money": ShareOfMoney(),
    "per_visit": PerVisit(),
    "ratio": PerVisit(),
    "growth_count": GrowthOfCount(),
    "growth_per_visit": Growth(PerVisit()),
    "growth_amount": Growth(PerVisit()),
    "growth_share": GrowthOfShare(),
}


def scale_of(kind: str) -> Scale:
    """Return the scale of a kind; UsageError where evidence has none."""
    if kind not in SCALES:
        raise UsageError(
            f"kind '{kind}' carries no evidence", expected=f"one of {', '.join(SCALES)}"
        )
    return SCALES[kind]
