"""What every detector shares: scores below an offset are outliers."""

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted, validate_data


class Scorer(OutlierMixin, BaseEstimator):
    """A detector that gives rows a score and flags those below `offset_`.

    A subclass fits itself, sets `offset_`, and gives `_score(X)`: the lower,
    the more abnormal. Missing cells are allowed.
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _checked(self, X, *, fitting=False):
        """Return X of shape (n_samples, n_features) as floats, NaN allowed."""
        if not fitting:
            check_is_fitted(self)
        return validate_data(
            self, X, dtype=float, ensure_all_finite="allow-nan", reset=fitting
        )

    def _set_offset(self, scores):
        """Put the offset where a share `contamination` of the scores lies below."""
        self.offset_ = float(np.percentile(scores, 100.0 * self.contamination))

    def score_samples(self, X):
        """Return the score of each row: the lower, the more abnormal."""
        return self._score(self._checked(X))

    def decision_function(self, X):
        """Return `score_samples` less `offset_`; negative for outliers."""
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """Return -1 for outliers and 1 for the rest."""
        return np.where(self.decision_function(X) < 0, -1, 1)
