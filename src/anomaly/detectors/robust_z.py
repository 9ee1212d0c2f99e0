"""Robust z-score: how many scaled MADs a value lies from the median."""

from numbers import Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from anomaly.detectors.finite import FEWEST_ROWS, MAD_TO_SD, finite_cutoff
from anomaly.detectors.scorer import Scorer

# Makes the mean absolute deviation estimate a normal's standard deviation.
MEAN_AD_TO_SD = 1.253314


def robust_location_scale(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each column's median and scale, NaN cells left out.

    Parameters
    ----------
    x : ndarray of shape (n_rows, n_features)
        In any unit; infinite cells are left out as well.

    Returns
    -------
    location, scale : ndarray of shape (n_features,)
        In the unit of x. The scale is 1.4826 MAD; where more than half the
        values are equal, so that the MAD is 0, it is 1.253314 times the mean
        absolute deviation. A constant column has scale 0; one without a value
        has location NaN and scale 0.

    Notes
    -----
    Source: Iglewicz and Hoaglin (1993), the modified z-score and its fallback.
    """
    location, scale = np.full(x.shape[1], np.nan), np.zeros(x.shape[1])
    for column in range(x.shape[1]):
        values = x[np.isfinite(x[:, column]), column]
        if values.size:
            location[column] = np.median(values)
            deviation = np.abs(values - location[column])
            mad = MAD_TO_SD * np.median(deviation)
            scale[column] = mad or MEAN_AD_TO_SD * deviation.mean()
    return location, scale


class RobustZScore(Scorer):
    """Outliers by the largest robust z over the features, on either side.

    Parameters
    ----------
    contamination : float, default=0.1
        The share of the training rows that `predict` flags, in (0, 0.5], where
        `cutoff` is None.
    cutoff : float, "finite" or None, default=None
        Flag rows whose largest |z| exceeds this instead of a share. "finite" is
        the cut-off that, for the number of rows and features trained on, flags
        a clean normal training row at the rate `false_alarm` (`finite_cutoff`).
        A number is a choice: the usual 3.5 gives 113 times its nominal alarms
        in groups of five and 4.7 times in groups of fifty.
    false_alarm : float, default=0.01
        Nominal rate per row of cutoff="finite", in (0, 0.1].

    Attributes
    ----------
    location_, scale_ : ndarray of shape (n_features,)
        Median and robust standard deviation (see `robust_location_scale`).
    offset_ : float
        `decision_function` is `score_samples` less this; with a cut-off it is
        minus that.
    n_features_in_ : int

    Notes
    -----
    Missing cells (NaN) are allowed, infinite ones are refused with a ValueError
    as everywhere in scikit-learn. A missing cell, a cell of a feature without a
    value in training, and a cell that equals its constant feature have z = 0:
    they speak neither for nor against. A cell that differs from a constant
    feature counts as infinitely far. So one training row scores 0 itself.

    cutoff="finite" counts the features with at least three values, takes the
    fewest values among them, and raises ValueError where there is none. The
    rate holds for the training rows; a new row, which did not take part in the
    median, is flagged oftener in small groups (docs/detectors.md).

    Examples
    --------
    >>> import numpy as np
    >>> from anomaly.detectors import RobustZScore
    >>> x = np.array([[10.0]] * 7 + [[100.0]])
    >>> RobustZScore().fit(x).z(x)[-1].round(4)
    array([6.3831])
    """

    _parameter_constraints = {  # noqa: RUF012
        "contamination": [Interval(Real, 0, 0.5, closed="right")],
        "cutoff": [
            Interval(Real, 0, None, closed="neither"),
            StrOptions({"finite"}),
            None,
        ],
        "false_alarm": [Interval(Real, 0, 0.1, closed="right")],
    }

    def __init__(self, contamination=0.1, cutoff=None, false_alarm=0.01):
        self.contamination = contamination
        self.cutoff = cutoff
        self.false_alarm = false_alarm

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn medians and scales from X of shape (n_samples, n_features).

        Raises ValueError for infinite cells, and with cutoff="finite" where no
        feature has three values.
        """
        X = self._checked(X, fitting=True)
        self.location_, self.scale_ = robust_location_scale(X)
        if self.cutoff is None:
            self._set_offset(self._score(X))
        elif self.cutoff == "finite":
            self.offset_ = -self._finite_cutoff(X)
        else:
            self.offset_ = -float(self.cutoff)
        return self

    def _finite_cutoff(self, X):
        values = np.isfinite(X).sum(axis=0)
        enough = values[values >= FEWEST_ROWS]
        if not enough.size:
            raise ValueError(
                'cutoff="finite" needs a feature with at least'
                f" {FEWEST_ROWS} values; n_samples={len(X)}, and the fullest has"
                f" {values.max()}"
            )
        return finite_cutoff(int(enough.min()), enough.size, float(self.false_alarm))

    def z(self, X):
        """Return the robust z of every cell, shape (n_samples, n_features)."""
        return self._z(self._checked(X))

    def _z(self, X):
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            away = X - self.location_
            z = away / self.scale_
        return np.where(np.isnan(away) | (away == 0), 0.0, z)

    def _score(self, X):
        """Return minus the largest |z| of each row."""
        return -np.abs(self._z(X)).max(axis=1)
