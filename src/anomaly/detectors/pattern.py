"""Pattern: the unusual combination, a ranking aid that never alerts alone."""

from numbers import Integral, Real

import numpy as np
from scipy import stats
from sklearn.base import _fit_context
from sklearn.ensemble import IsolationForest
from sklearn.utils._param_validation import Interval

from anomaly.detectors.neighbours import NeighbourDistance
from anomaly.detectors.robust_z import RobustZScore
from anomaly.detectors.scorer import Scorer

# A cell that differs from a constant feature is infinitely far: trees want a number.
FARTHEST = 1e6
# Cells of altered rows held at a time while a score is taken apart.
CELLS_AT_ONCE = 4_000_000


def additive_evidence(z: np.ndarray) -> np.ndarray:
    """Return sum log(1 + z^2 / 3) over the features, high sides only.

    Parameters
    ----------
    z : ndarray of shape (n_rows, n_features)
        Standard deviations above the peers; what is below 0 adds nothing.

    Returns
    -------
    ndarray of shape (n_rows,)
        0 or more. One far feature counts like the tail of a t with two degrees
        of freedom, so that several mild ones together can outweigh it.
    """
    return np.log1p(np.maximum(z, 0) ** 2 / 3).sum(axis=1)


class PatternScore(Scorer):
    """Mean normal score of three views: additive z, isolation forest, neighbours.

    Parameters
    ----------
    n_estimators : int, default=500
        Trees of the isolation forest.
    contamination : float, default=0.1
        The share of the training rows that `predict` flags, in (0, 0.5].
    two_sided : bool, default=False
        Whether the additive view counts low values as well as high ones; the
        other two always do.
    reference_rows : int, default=5000
        Most training rows among which neighbours are sought; of more a seeded
        sample, so that the search grows with the rows and not with their square.
    random_state : int, RandomState or None, default=0

    Attributes
    ----------
    robust_ : RobustZScore
    forest_ : IsolationForest
    neighbours_ : NeighbourDistance
    offset_ : float
    n_features_in_ : int

    Notes
    -----
    All views see the robust z of `RobustZScore`. Features should be oriented so
    that high is suspect. Missing cells (NaN) have z = 0: they count as the
    training median; infinite cells are refused with a ValueError. Constant and
    empty features say nothing. One training row, or rows that are all alike,
    score 0: nobody stands out.

    A view's normal score is the normal quantile of rank / (n + 1) among the
    training values (van der Waerden), ties sharing their middle rank, straight
    between neighbouring values; beyond all of them it is that of rank 1/2.
    Sources: isolation forest, Liu, Ting and Zhou (2008); neighbours, Ramaswamy,
    Rastogi and Shim (2000).
    """

    _parameter_constraints = {  # noqa: RUF012
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "contamination": [Interval(Real, 0, 0.5, closed="right")],
        "two_sided": ["boolean"],
        "reference_rows": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_estimators=500,
        contamination=0.1,
        two_sided=False,
        reference_rows=5000,
        random_state=0,
    ):
        self.n_estimators = n_estimators
        self.contamination = contamination
        self.two_sided = two_sided
        self.reference_rows = reference_rows
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn the views from X of shape (n_samples, n_features)."""
        X = self._checked(X, fitting=True)
        self.robust_ = RobustZScore().fit(X)
        z = self._z(X)
        self.forest_ = IsolationForest(
            n_estimators=self.n_estimators, random_state=self.random_state
        ).fit(z)
        self.neighbours_ = NeighbourDistance(z, self.reference_rows, self.random_state)
        views = self._views(z)
        self._places = [_places(view) for view in views]
        self._set_offset(self._joined(views))
        return self

    def contributions(self, X):
        """Return how much of each row's abnormality each feature accounts for.

        The entry is what the score would gain if that feature alone stood at
        the training median: positive where the feature makes the row abnormal,
        negative where it makes it ordinary, 0 where the cell is missing or
        already at the median.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            In units of the score. Entries do not add up to the score: features
            that stand in for each other each account for little.
        """
        z = self._z(self._checked(X))
        result = np.zeros_like(z)
        rows, features = np.nonzero(z)
        before = self._joined(self._views(z))
        step = max(1, CELLS_AT_ONCE // z.shape[1])
        for start in range(0, rows.size, step):
            row, feature = rows[start : start + step], features[start : start + step]
            altered = z[row]
            altered[np.arange(row.size), feature] = 0
            after = self._joined(self._views(altered))
            result[row, feature] = after - before[row]
        return result

    def _z(self, X):
        return np.clip(self.robust_._z(X), -FARTHEST, FARTHEST)

    def _views(self, z):
        """Return what each view says of each row: the lower, the more abnormal."""
        return [
            -additive_evidence(np.abs(z) if self.two_sided else z),
            self.forest_.score_samples(z),
            -self.neighbours_.distance(z),
        ]

    def _joined(self, views):
        scores = [
            np.interp(view, values, normal, left=-edge, right=edge)
            for view, (values, normal, edge) in zip(views, self._places, strict=True)
        ]
        return np.mean(scores, axis=0)

    def _score(self, X):
        """Return the mean normal score of the views."""
        return self._joined(self._views(self._z(X)))


def _places(training: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the distinct training values, their normal scores, and that beyond."""
    values, counts = np.unique(training, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    cells = training.size + 1
    return values, stats.norm.ppf(ranks / cells), stats.norm.isf(0.5 / cells)
