"""How far a row's k-th nearest neighbour is, among a bounded set of rows."""

import numpy as np
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import check_random_state

MOST_NEIGHBOURS = 50
# A feature ten robust standard deviations away is far; how far says nothing more,
# and must not drown the other features.
FAR = 10.0


class NeighbourDistance:
    """Distance to the k-th nearest reference row besides the row itself.

    Parameters
    ----------
    z : ndarray of shape (n_rows, n_features)
        Robust z of the training rows, without NaN.
    reference_rows : int
        Most rows to search; more are thinned to a seeded sample of that many.
    random_state : int, RandomState or None

    Notes
    -----
    k = min(50, rows // 2) of the reference; z is clipped at 10. A training row
    in the reference is its own nearest neighbour, so that the (k + 1)-th is
    taken; a new row is judged by the same (k + 1)-th. One row alone is at
    distance 0. Source: Ramaswamy, Rastogi and Shim (2000).
    """

    def __init__(self, z: np.ndarray, reference_rows: int, random_state) -> None:
        if len(z) > reference_rows:
            rng = check_random_state(random_state)
            z = z[np.sort(rng.choice(len(z), reference_rows, replace=False))]
        nearest = min(MOST_NEIGHBOURS, len(z) // 2) + 1
        self._search = NearestNeighbors(n_neighbors=nearest, algorithm="brute")
        self._search.fit(np.clip(z, -FAR, FAR))

    def distance(self, z: np.ndarray) -> np.ndarray:
        """Return each row's distance, shape (n_rows,), in robust deviations."""
        distances, _ = self._search.kneighbors(np.clip(z, -FAR, FAR))
        # Squares are taken apart for speed: below this, digits are rounding only.
        return np.round(distances[:, -1], 6)
