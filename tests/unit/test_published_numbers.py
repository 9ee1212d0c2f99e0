"""Numbers others published, from the functions this package rests on.

The other published numbers stand beside what they test: funnel limits in
test_funnel_limits.py, control charts in detectors/test_charts.py.
"""

import numpy as np
import pytest
from scipy import stats

from anomaly.detectors import RobustZScore
from anomaly.detectors.robust_z import robust_location_scale

# Two outliers that mask each other from mean and standard deviation.
TEN = np.array([2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3])[:, None]


def test_mad_of_zero_falls_back_to_the_mean_deviation():
    # Iglewicz and Hoaglin (1993): 90 / (1.253314 * 90 / 8).
    x = np.array([[10.0]] * 7 + [[100.0]])
    assert RobustZScore().fit(x).z(x)[-1, 0] == pytest.approx(6.3831, abs=5e-5)


def test_modified_z_is_not_masked_by_two_outliers():
    # The modified z of Iglewicz and Hoaglin (1993); published from the scale .22239.
    location, scale = robust_location_scale(TEN)
    assert (location[0], scale[0]) == pytest.approx((2.45, 0.22239), abs=5e-6)
    z = RobustZScore().fit(TEN).z(TEN)
    assert z[-2:, 0] == pytest.approx([25.856, 26.305], abs=1e-3)


def test_plain_z_is_masked_and_bounded():
    z = (TEN - TEN.mean()) / TEN.std(ddof=1)
    assert z.max() == pytest.approx(1.913, abs=5e-4)
    # Shiffler (1988): no plain z exceeds (n - 1) / sqrt(n), 1.79 of five.
    alone = np.array([0, 0, 0, 0, 1e9])
    most = (alone - alone.mean()).max() / alone.std(ddof=1)
    assert most == pytest.approx(4 / np.sqrt(5))


def test_e_test_of_two_poisson_means():
    # Krishnamoorthy and Thomson (2004), the example of scipy's documentation.
    assert stats.poisson_means_test(0, 100, 3, 100).pvalue == pytest.approx(
        0.0883790, abs=5e-8
    )


def test_three_ways_to_combine_p_values():
    p = [0.01, 0.2, 0.5]
    for method, published in (("fisher", 0.0317663), ("stouffer", 0.0336977)):
        found = stats.combine_pvalues(p, method=method).pvalue
        assert found == pytest.approx(published, abs=5e-8)
    # Liu and Xie (2020): the mean of standard Cauchy quantiles.
    cauchy = stats.cauchy.sf(stats.cauchy.isf(p).mean())
    assert cauchy == pytest.approx(0.0286877, abs=5e-8)
