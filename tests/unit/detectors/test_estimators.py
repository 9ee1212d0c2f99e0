"""Every detector obeys scikit-learn, and reproduces published numbers."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import anomaly.detectors
from anomaly.detectors import PatternScore, RobustZScore
from anomaly.detectors.pattern import additive_evidence


def test_every_detector_is_constructible_without_arguments():
    for name in anomaly.detectors.__all__:
        getattr(anomaly.detectors, name)()


@parametrize_with_checks([RobustZScore(), PatternScore(n_estimators=20)])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def test_mad_of_zero_falls_back_to_the_mean_deviation():
    x = np.array([[10.0]] * 7 + [[100.0]])
    z = RobustZScore().fit(x).z(x)
    assert z[-1, 0] == pytest.approx(6.3831, abs=1e-4)


def test_modified_z_is_not_masked_by_two_outliers():
    x = np.array([2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3])[:, None]
    fitted = RobustZScore().fit(x)
    assert fitted.scale_[0] == pytest.approx(0.22239, abs=1e-5)
    assert fitted.z(x)[-2:, 0] == pytest.approx([25.856, 26.305], abs=1e-3)


def test_missing_and_constant_cells_say_nothing():
    x = np.array([[1.0, 5.0], [2.0, 5.0], [np.nan, 5.0], [3.0, np.nan]])
    z = RobustZScore().fit(x).z(x)
    assert z[2, 0] == 0
    assert (z[:, 1] == 0).all()


def test_cutoff_flags_by_distance():
    x = np.array([[0.0], [1.0], [2.0], [3.0], [100.0]])
    assert RobustZScore(cutoff=3.5).fit(x).predict(x).tolist() == [1, 1, 1, 1, -1]


def test_pattern_ranks_the_joint_extreme_first():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(200, 4))
    x[7] = 3.0
    scores = PatternScore(n_estimators=100).fit(x).score_samples(x)
    assert scores.argmin() == 7


def test_low_sides_add_nothing():
    assert additive_evidence(np.array([[-9.0, 0.0]])).tolist() == [0.0]
