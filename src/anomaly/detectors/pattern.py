"""Pattern: the unusual combination, a ranking aid that never alerts alone."""

from numbers import Integral, Real

import numpy as np
from scipy import stats
from sklearn.base import _fit_context
from sklearn.ensemble import IsolationForest
from sklearn.utils._param_validation import Interval

from anomaly.detectors.robust_z import RobustZScore
from anomaly.detectors.scorer import Scorer


def additive_evidence(z: np.ndarray) -> np.ndarray:
    """Return sum log(1 + z^2 / 3) over the features, high sides only.

    One far feature counts like the tail of a t with two degrees of freedom, so
    that several mild ones together can outweigh it.
    """
    return np.log1p(np.maximum(z, 0) ** 2 / 3).sum(axis=1)


class PatternScore(Scorer):
    """Mean normal score of two views: additive one-sided z and isolation forest.

    Parameters
    ----------
    n_estimators : int, default=500
        Trees of the isolation forest.
    contamination : float, default=0.1
        The share of the training rows that `predict` flags, in (0, 0.5].
    random_state : int, RandomState or None, default=0

    Attributes
    ----------
    forest_ : IsolationForest
    robust_ : RobustZScore
    offset_ : float
    n_features_in_ : int

    Notes
    -----
    Features should be oriented so that high is suspect. A missing cell counts
    as the feature's median in both views.
    """

    _parameter_constraints = {  # noqa: RUF012
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "contamination": [Interval(Real, 0, 0.5, closed="right")],
        "random_state": ["random_state"],
    }

    def __init__(self, n_estimators=500, contamination=0.1, random_state=0):
        self.n_estimators = n_estimators
        self.contamination = contamination
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn both views from X of shape (n_samples, n_features)."""
        X = self._checked(X, fitting=True)
        self.robust_ = RobustZScore().fit(X)
        self.forest_ = IsolationForest(
            n_estimators=self.n_estimators, random_state=self.random_state
        ).fit(self._filled(X))
        self._training = [np.sort(view) for view in self._views(X)]
        self._set_offset(X)
        return self

    def _filled(self, X):
        return np.where(np.isnan(X), self.robust_.location_, X)

    def _views(self, X):
        z = np.clip(self.robust_.z(X), -1e6, 1e6)
        return [-additive_evidence(z), self.forest_.score_samples(self._filled(X))]

    def _score(self, X):
        """Return the mean normal score of both views."""
        return np.mean(
            [
                _normal_score(view, training)
                for view, training in zip(self._views(X), self._training, strict=True)
            ],
            axis=0,
        )


def _normal_score(values: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Return the normal quantile of each value's rank among the training values."""
    below = np.searchsorted(training, values, side="left")
    upto = np.searchsorted(training, values, side="right")
    return stats.norm.ppf((below + upto + 1) / (2 * training.size + 2))
