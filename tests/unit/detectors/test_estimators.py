"""Every detector obeys scikit-learn and answers for the poorest of tables."""

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

import anomaly.detectors
from anomaly.detectors import PatternScore, RobustZScore
from anomaly.detectors.finite import finite_cutoff
from anomaly.detectors.pattern import additive_evidence


def test_every_detector_is_constructible_without_arguments():
    for name in anomaly.detectors.__all__:
        getattr(anomaly.detectors, name)()


@parametrize_with_checks(
    [
        RobustZScore(),
        PatternScore(n_estimators=20),
        PatternScore(n_estimators=20, two_sided=True, reference_rows=10),
    ]
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


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


def test_more_features_widen_the_finite_cutoff():
    cutoffs = [
        finite_cutoff(rows, features, 0.01)
        for rows, features in ((20, 1), (20, 10), (200, 10), (100_000, 10))
    ]
    assert cutoffs[0] < cutoffs[1] > cutoffs[2] > cutoffs[3]
    # With many rows it is the normal quantile, split over ten features.
    assert cutoffs[3] == pytest.approx(stats.norm.isf((1 - 0.99**0.1) / 2), abs=2e-3)


@pytest.mark.parametrize("rows", [5, 10, 20, 50])
@pytest.mark.parametrize(("features", "false_alarm"), [(1, 0.01), (5, 0.05)])
def test_finite_cutoff_keeps_its_false_alarms(rows, features, false_alarm):
    rng = np.random.default_rng(rows)
    worlds = 2_000_000 // rows // features
    x = rng.normal(size=(worlds, rows, features))
    away = np.abs(x - np.median(x, axis=1, keepdims=True))
    z = away / (1.4826 * np.median(away, axis=1, keepdims=True))
    alarms = (z.max(axis=2) > finite_cutoff(rows, features, false_alarm)).mean()
    assert alarms / false_alarm == pytest.approx(1, abs=0.06)


def test_the_usual_cutoff_alarms_far_too_often_with_few_rows():
    x = np.random.default_rng(1).normal(size=(200_000, 5))
    away = np.abs(x - np.median(x, axis=1, keepdims=True))
    z = away / (1.4826 * np.median(away, axis=1, keepdims=True))
    nominal = 2 * stats.norm.sf(3.5)
    assert (z > 3.5).mean() / nominal == pytest.approx(113, abs=3)


def test_finite_cutoff_takes_the_emptiest_usable_feature():
    x = np.random.default_rng(2).normal(size=(60, 3))
    x[20:, 1] = np.nan
    x[1:, 2] = np.nan  # one value judges nobody
    fitted = RobustZScore(cutoff="finite", false_alarm=0.05).fit(x)
    assert fitted.offset_ == -finite_cutoff(20, 2, 0.05)


def test_finite_cutoff_says_when_no_feature_has_three_values():
    with pytest.raises(ValueError, match=r"at least 3 values;.* has 2"):
        RobustZScore(cutoff="finite").fit([[1.0], [2.0], [np.nan]])
    assert finite_cutoff(2, 1, 0.01) == np.inf


DETECTORS = [
    RobustZScore(),
    RobustZScore(cutoff="finite"),
    PatternScore(n_estimators=20),
    PatternScore(n_estimators=20, two_sided=True),
]


@pytest.mark.parametrize("detector", DETECTORS, ids=str)
@pytest.mark.parametrize(
    "x",
    [
        np.full((9, 3), 7.0),
        np.column_stack([np.arange(9.0), np.full(9, np.nan)]),
        np.full((9, 2), [np.nan, 3.0]),
        np.arange(9.0)[:, None],
        np.arange(6.0).reshape(3, 2),
        np.array([[1e300], [-1e300], [0.0], [1.0], [2.0]]),
    ],
    ids=["constant", "one empty", "empty and constant", "one feature", "few", "huge"],
)
def test_poor_tables_give_finite_scores(detector, x):
    fitted = clone(detector).fit(x)
    scores = fitted.score_samples(x)
    assert np.isfinite(scores).all()
    assert set(fitted.predict(x)) <= {-1, 1}


@pytest.mark.parametrize("detector", [RobustZScore(), PatternScore(n_estimators=5)])
def test_one_row_and_equal_rows_stand_out_from_nobody(detector):
    for x in ([[1.0, 2.0]], [[1.0, 2.0]] * 4):
        fitted = clone(detector).fit(x)
        assert (fitted.score_samples(x) == 0).all()
        assert (fitted.predict(x) == 1).all()


@pytest.mark.parametrize("detector", DETECTORS, ids=str)
def test_infinite_cells_are_refused(detector):
    with pytest.raises(ValueError, match="infinity"):
        clone(detector).fit([[1.0], [np.inf], [2.0], [3.0]])


def test_a_feature_empty_in_training_says_nothing_later():
    x = np.column_stack([np.arange(9.0), np.full(9, np.nan)])
    for detector in (RobustZScore(), PatternScore(n_estimators=5)):
        fitted = detector.fit(x)
        seen = fitted.score_samples([[4.0, np.nan], [4.0, 1e9]])
        assert seen[0] == seen[1]


def test_a_new_row_beyond_the_trained_ones_is_more_abnormal_than_they():
    equal = PatternScore(n_estimators=5).fit([[1.0, 2.0]] * 9)
    assert equal.score_samples([[1.0, 9.0]])[0] < 0
    x = np.random.default_rng(4).normal(size=(100, 3))
    fitted = PatternScore(n_estimators=50).fit(x)
    assert fitted.score_samples([[9.0] * 3])[0] < fitted.score_samples(x).min()


def test_two_sided_pattern_sees_low_values():
    x = np.random.default_rng(5).normal(size=(200, 4))
    x[7] = -3.0
    low = [
        PatternScore(n_estimators=50, two_sided=both).fit(x).score_samples(x)[7]
        for both in (False, True)
    ]
    assert low[1] < low[0]


def test_pattern_is_the_same_twice_and_with_thinned_neighbours_close():
    x = np.random.default_rng(6).normal(size=(600, 5))
    whole = PatternScore(n_estimators=50).fit(x).score_samples(x)
    again = PatternScore(n_estimators=50).fit(x).score_samples(x)
    thinned = PatternScore(n_estimators=50, reference_rows=200).fit(x).score_samples(x)
    assert (whole == again).all()
    assert stats.spearmanr(whole, thinned).statistic > 0.98


def test_contributions_name_the_planted_feature():
    rng = np.random.default_rng(7)
    x = rng.normal(size=(400, 6))
    planted = rng.integers(0, 6, 20)
    x[np.arange(20), planted] += 8
    x[30, 2] = np.nan
    fitted = PatternScore(n_estimators=100).fit(x)
    given = fitted.contributions(x)
    assert given.shape == x.shape
    assert given[30, 2] == 0
    assert (given[:20].argmax(axis=1) == planted).mean() >= 0.9


def test_contributions_are_what_the_score_gains():
    x = np.random.default_rng(8).normal(size=(50, 3))
    fitted = PatternScore(n_estimators=20).fit(x)
    at_median = x.copy()
    at_median[:, 1] = np.median(x[:, 1])
    gained = fitted.score_samples(at_median) - fitted.score_samples(x)
    assert fitted.contributions(x)[:, 1] == pytest.approx(gained, abs=1e-9)


def test_contributions_in_pieces_are_those_at_once(monkeypatch):
    x = np.random.default_rng(9).normal(size=(40, 3))
    fitted = PatternScore(n_estimators=20).fit(x)
    at_once = fitted.contributions(x)
    monkeypatch.setattr("anomaly.detectors.pattern.CELLS_AT_ONCE", 21)
    assert fitted.contributions(x) == pytest.approx(at_once, abs=1e-9)
