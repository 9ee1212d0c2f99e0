"""Funnel limits: published numbers, and what the formulas must obey."""

import numpy as np
import pytest
from scipy import stats

from anomaly.errors import UsageError
from anomaly.peers.funnel import (
    Overdispersion,
    byar_limits,
    normal_consistency,
    overdispersed_limits,
    overdispersion,
    poisson_limits,
    z_scores,
)

# The example of FunnelPlotR's tests (Mainey): a ratio of 1 is expected.
OBSERVED = [100, 150, 180, 80, 120, 225]
EXPECTED = [108, 112, 165, 95, 100, 220]


def test_published_z_phi_and_tau2_on_the_log_scale():
    z, error = z_scores(OBSERVED, EXPECTED, "log")
    published = [-0.7998, 3.0917, 1.1177, -1.675, 1.8232, 0.3333]
    assert z == pytest.approx(published, abs=5e-5)
    # Of six units a tenth is none: nothing is trimmed.
    found = overdispersion(z, error, "trim")
    assert found.phi == pytest.approx(2.948033, abs=5e-7)
    assert found.tau2 == pytest.approx(0.0194775, abs=5e-8)
    assert found.units == 6
    assert found == overdispersion(z, error, "keep")


def test_published_exact_poisson_limits():
    lower, upper = poisson_limits([15, 20, 30], 0.95)
    assert lower == pytest.approx([0.5596924, 0.6108260, 0.6746958], abs=5e-8)
    assert upper == pytest.approx([1.649348, 1.544419, 1.427562], abs=5e-7)
    lower, upper = poisson_limits([15, 20, 30], 0.998)
    assert lower == pytest.approx([0.3862650, 0.4479107, 0.5289724], abs=5e-8)
    assert upper == pytest.approx([2.082907, 1.902094, 1.702771], abs=5e-7)


def test_published_byar_limits():
    lower, upper = byar_limits(65, 0.95)
    assert lower == pytest.approx([50.163188], abs=5e-7)
    assert upper == pytest.approx([82.849139], abs=5e-7)


def test_byar_is_close_to_exact_and_starts_from_zero():
    counts = np.arange(5, 200)
    exact = poisson_limits(counts, 0.95)
    for near, far in zip(byar_limits(counts, 0.95), exact, strict=True):
        assert near / counts == pytest.approx(far, rel=0.01)
    lower, upper = byar_limits(0, 0.95)
    assert lower == [0]
    assert upper == pytest.approx([3.689], rel=0.01)


def test_square_root_z_by_hand():
    z, error = z_scores([0, 25], [4, 16], "sqrt")
    assert z.tolist() == [-4, 2]
    assert error.tolist() == [0.25, 0.125]


def test_normal_consistency_is_what_a_normal_keeps():
    assert normal_consistency("winsorise", 0.1) == pytest.approx(0.679, abs=5e-4)
    assert normal_consistency("trim", 0.1) == pytest.approx(0.438, abs=5e-4)
    assert normal_consistency("keep") == normal_consistency("trim", 0) == 1
    z = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    error = np.full(z.size, 0.1)
    for extremes in ("winsorise", "trim", "keep"):
        kept = overdispersion(z, error, extremes)
        assert kept.phi == pytest.approx(normal_consistency(extremes), rel=1e-3)
        mended = overdispersion(z, error, extremes, consistent=True)
        assert mended.phi == pytest.approx(1, rel=1e-3)


def test_trimming_drops_whole_units_on_both_sides():
    z = np.array([9.0, 1, -1, 1, -1, 1, -1, 1, -1, -9])
    error = np.array([5.0, 1, 1, 1, 1, 1, 1, 1, 1, 5])
    found = overdispersion(z, error, "trim")
    assert (found.phi, found.units) == (1, 8)
    assert found.tau2 == pytest.approx((8 - 7) / (8 - 1))


def test_additive_limits_nearly_cover_the_scatter_they_came_from():
    rng = np.random.default_rng(4)
    expected = rng.uniform(50, 2000, 20_000)
    observed = rng.poisson(expected * np.exp(rng.normal(0, 0.2, expected.size)))
    for scale, tau2 in (("log", 0.04), ("sqrt", 0.01)):
        z, error = z_scores(observed, expected, scale)
        found = overdispersion(z, error, consistent=True)
        assert found.tau2 == pytest.approx(tau2, rel=0.15)
        lower, upper = overdispersed_limits(expected, found, "additive", scale)
        inside = (observed >= lower * expected) & (observed <= upper * expected)
        assert 0.93 < inside.mean() < 0.96


def test_limits_of_each_model_by_hand():
    found = Overdispersion(phi=4.0, tau2=0.03, units=9)
    z = stats.norm.isf(0.001)
    for model, sd in (("none", 0.1), ("multiplicative", 0.2), ("additive", 0.2)):
        lower, upper = overdispersed_limits(100, found, model, "log", 0.998)
        assert [*lower, *upper] == pytest.approx([np.exp(-z * sd), np.exp(z * sd)])
    lower, upper = overdispersed_limits(1, found, "multiplicative", "sqrt", 0.998)
    assert lower == [0]
    assert upper == pytest.approx([(1 + z) ** 2])


def test_less_scatter_than_chance_narrows_no_limit():
    z, error = z_scores([100, 101, 99], [100, 100, 100])
    found = overdispersion(z, error)
    assert found.phi < 1
    assert found.tau2 == 0
    plain = overdispersed_limits(100, found, "none")
    for model in ("additive", "multiplicative"):
        assert overdispersed_limits(100, found, model) == plain


def test_one_unit_has_no_scatter_between():
    found = overdispersion(*z_scores([30], [20]))
    assert (found.tau2, found.units) == (0, 1)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: poisson_limits(0),
        lambda: poisson_limits([10, np.nan]),
        lambda: poisson_limits(10, level=95),
        lambda: byar_limits(-1),
        lambda: z_scores([0], [10], "log"),
        lambda: z_scores([1], [10], "linear"),
        lambda: z_scores([1, 2], [10]),
        lambda: overdispersion([], []),
        lambda: overdispersion([1.0], [1.0], "cut"),
        lambda: overdispersion([1.0], [1.0], share=0.5),
        lambda: overdispersed_limits(10, Overdispersion(1, 0, 1), "both"),
    ],
)
def test_what_has_no_limits_is_refused(refused):
    with pytest.raises(UsageError):
        refused()
