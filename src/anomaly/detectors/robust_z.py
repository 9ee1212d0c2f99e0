"""Robust z-score: how many scaled MADs a value lies from the median."""

from numbers import Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval

from anomaly.detectors.scorer import Scorer

# Makes the MAD, and the mean absolute deviation, estimate a normal's sd.
MAD_TO_SD = 1.4826
MEAN_AD_TO_SD = 1.253314


def robust_location_scale(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each column's median and scale, NaN cells left out.

    The scale is 1.4826 MAD; where more than half the values are equal, so that
    the MAD is 0, it is 1.253314 times the mean absolute deviation; a constant
    or empty column has scale 0.

    Source: Iglewicz and Hoaglin (1993), the modified z-score and its fallback.
    """
    location, scale = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for column in range(x.shape[1]):
        values = x[np.isfinite(x[:, column]), column]
        if values.size:
            location[column] = np.median(values)
            deviation = np.abs(values - location[column])
            mad = MAD_TO_SD * np.median(deviation)
            scale[column] = mad or MEAN_AD_TO_SD * deviation.mean()
    return location, scale


class RobustZScore(Scorer):
    """Outliers by the largest robust z over the features.

    Parameters
    ----------
    contamination : float, default=0.1
        The share of the training rows that `predict` flags, in (0, 0.5].
    cutoff : float or None, default=None
        Flag rows whose largest |z| exceeds this instead of a share. The usual
        3.5 gives 113 times the nominal alarms in groups of five; it is a
        choice, never the default.

    Attributes
    ----------
    location_, scale_ : ndarray of shape (n_features,)
        Median and robust standard deviation (see `robust_location_scale`).
    offset_ : float
        `decision_function` is `score_samples` less this.
    n_features_in_ : int

    Notes
    -----
    A missing cell, and any cell of a feature that was constant in training and
    equals that constant, has z = 0: it speaks neither for nor against. A cell
    that differs from a constant feature counts as infinitely far.

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
        "cutoff": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(self, contamination=0.1, cutoff=None):
        self.contamination = contamination
        self.cutoff = cutoff

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn medians and scales from X of shape (n_samples, n_features)."""
        X = self._checked(X, fitting=True)
        self.location_, self.scale_ = robust_location_scale(X)
        if self.cutoff is None:
            self._set_offset(X)
        else:
            self.offset_ = -float(self.cutoff)
        return self

    def z(self, X):
        """Return the robust z of every cell, shape (n_samples, n_features)."""
        return self._z(self._checked(X))

    def _z(self, X):
        away = X - self.location_
        with np.errstate(divide="ignore", invalid="ignore"):
            z = away / self.scale_
        return np.where(np.isnan(away) | (away == 0), 0.0, z)

    def _score(self, X):
        """Return minus the largest |z| of each row."""
        return -np.abs(self._z(X)).max(axis=1)
