"""Control charts: published series, each run rule by hand, and what chance does."""

import numpy as np
import pytest

from anomaly.detectors.charts import RULES, cusum, ewma, run_rules, xmr_limits
from anomaly.errors import UsageError

# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.4: EWMA, target 50.
NIST_EWMA = (
    "52.0 47.0 53.0 49.3 50.1 47.0 51.0 50.1 51.2 50.5"
    " 49.6 47.6 49.9 51.3 47.8 51.2 52.6 52.4 53.6 52.1"
)
# The same, 6.3.2.3: CUSUM, target 325.
NIST_CUSUM = (
    "324.925 324.675 324.725 324.350 325.350 325.225 324.125 324.525 325.225 324.600"
    " 324.625 325.150 328.325 327.250 327.825 328.500 326.675 327.775 326.875 328.350"
)
# Montgomery and Runger, Applied Statistics and Probability for Engineers, table
# 16-8: CUSUM, target 99, K = 1, H = 10.
MONTGOMERY = (
    "102.0 94.8 98.3 98.4 102.0 98.5 99.0 97.7 100.0 98.1"
    " 101.3 98.7 101.1 98.4 97.0 96.7 100.3 101.4 97.2 101.0"
)


def numbers(text):
    return [float(word) for word in text.split()]


def test_xmr_by_hand():
    limits = xmr_limits([3, 5, 4, 8])
    assert limits.centre == 5
    assert limits.mean_range == pytest.approx(7 / 3)
    assert limits.lower == pytest.approx(5 - 2.66 * 7 / 3)
    assert limits.upper == pytest.approx(5 + 2.66 * 7 / 3)
    assert limits.range_upper == pytest.approx(3.268 * 7 / 3)
    assert 3 * limits.sigma == pytest.approx(limits.upper - 5, rel=1e-3)


def test_a_constant_series_breaks_nothing():
    limits = xmr_limits([7.0] * 12)
    assert (limits.lower, limits.upper, limits.sigma) == (7, 7, 0)
    for rules in RULES:
        assert not run_rules([7.0] * 12, 7.0, 0.0, rules).to_numpy().any()


@pytest.mark.parametrize(
    ("rules", "name", "values", "at"),
    [
        ("western_electric", "beyond", [0, 3, 3.01, -3.5], [2, 3]),
        ("western_electric", "two_of_three", [2.1, 0, 2.1, 0, -2.1, 2.1], [2]),
        ("western_electric", "four_of_five", [1.1, 1.1, 0, 1.1, 1.1, 0.9], [4]),
        ("western_electric", "eight_on_one_side", [0.1] * 9, [7, 8]),
        ("wheeler", "three_of_four", [-1.6, 0, -1.6, -1.6, 0, 1.6], [3]),
        ("wheeler", "eight_on_one_side", [-0.1] * 7 + [0.1] + [-0.1] * 8, [15]),
    ],
)
def test_each_run_rule_by_hand(rules, name, values, at):
    table = run_rules(values, 0.0, 1.0, rules)
    assert np.flatnonzero(table[name]).tolist() == at
    assert (table["any"] == table.drop(columns="any").any(axis=1)).all()


def test_ewma_reproduces_the_nist_handbook():
    table = ewma(numbers(NIST_EWMA), target=50, sigma=2.0539, weight=0.3)
    assert table["upper_asymptotic"].iloc[0] == pytest.approx(52.5884, abs=5e-5)
    assert table["lower_asymptotic"].iloc[0] == pytest.approx(47.4115, abs=1e-4)
    published = [50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33]
    published += [50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99]
    assert table["ewma"].to_numpy() == pytest.approx(published, abs=0.0101)
    assert not table["signal"].any()


def test_exact_ewma_limits_start_at_one_value_and_end_at_the_asymptote():
    table = ewma(np.zeros(60), target=0, sigma=2, weight=0.2)
    assert table["upper"].iloc[0] == pytest.approx(3 * 2 * 0.2)
    assert table["upper"].iloc[-1] == pytest.approx(table["upper_asymptotic"].iloc[-1])


def test_ewma_of_weight_one_is_the_series():
    table = ewma([1.0, 9.0], target=0, sigma=1, weight=1)
    assert table["ewma"].tolist() == [1, 9]
    assert table["upper"].tolist() == [3, 3]
    assert table["signal"].tolist() == [False, True]


def test_cusum_reproduces_the_nist_handbook():
    table = cusum(numbers(NIST_CUSUM), target=325, slack=0.3175, decision=4.1959)
    published = [0, 0, 0, 0, 0.03, 0, 0, 0, 0, 0, 0, 0, 3.01, 4.94, 7.45, 10.63]
    published += [11.99, 14.44, 16.00, 19.04]
    assert table["high"].to_numpy() == pytest.approx(published, abs=0.0051)
    assert np.flatnonzero(table["signal_high"]).tolist() == list(range(13, 20))
    assert not table["signal_low"].any()


def test_cusum_reproduces_montgomery_and_runger():
    table = cusum(numbers(MONTGOMERY), target=99, slack=1, decision=10)
    high = [2, 0, 0, 0, 2, 0.5, 0, 0, 0, 0, 1.3, 0, 1.1, 0, 0, 0, 0.3, 1.7, 0, 1]
    low = [0, 3.2, 2.9, 2.5, 0, 0, 0, 0.3, 0, 0, 0, 0, 0, 0, 1, 2.3, 0, 0, 0.8, 0]
    assert table["high"].to_numpy() == pytest.approx(high, abs=1e-9)
    assert table["low"].to_numpy() == pytest.approx(low, abs=1e-9)
    assert not table[["signal_high", "signal_low"]].to_numpy().any()


def test_charts_are_pictures_because_chance_breaks_their_rules():
    rng = np.random.default_rng(11)
    broken = dict.fromkeys(RULES, 0)
    for _ in range(1000):
        series = rng.normal(size=24)
        limits = xmr_limits(series)
        for rules in RULES:
            table = run_rules(series, limits.centre, limits.sigma, rules)
            broken[rules] += table["any"].any()
    assert 0.12 < broken["western_electric"] / 1000 < 0.18
    assert 0.08 < broken["wheeler"] / 1000 < 0.14


@pytest.mark.parametrize(
    "refused",
    [
        lambda: xmr_limits([1.0]),
        lambda: xmr_limits([1.0, np.nan]),
        lambda: xmr_limits([[1.0, 2.0]]),
        lambda: run_rules([1.0], 0, 1, "nelson"),
        lambda: run_rules([1.0], 0, -1),
        lambda: run_rules([], 0, 1),
        lambda: ewma([1.0], 0, 1, weight=0),
        lambda: ewma([np.inf], 0, 1),
        lambda: cusum([1.0], 0, slack=-1, decision=4),
        lambda: cusum([1.0], 0, slack=1, decision=np.nan),
    ],
)
def test_what_cannot_be_charted_is_refused(refused):
    with pytest.raises(UsageError):
        refused()
