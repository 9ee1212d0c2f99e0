"""Evidence of odd input: a defined result or a clear error, for every kind."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from anomaly.errors import UsageError
from anomaly.peers import evidence
from anomaly.peers.scales import SCALES

KINDS = tuple(SCALES)
GROWTH = tuple(kind for kind in KINDS if kind.startswith("growth"))


def frame(units: int = 60, groups: int = 2) -> pd.DataFrame:
    """A small world that every kind can read."""
    rng = np.random.default_rng(11)
    n = rng.integers(20, 60, units)
    one = pd.DataFrame(
        {
            "numerator": rng.binomial(n, 0.4).astype(float),
            "denominator": n.astype(float),
            "n": n,
            "spread": 0.3 / n,
        }
    )
    before = one.sample(frac=1, random_state=1).reset_index(drop=True)
    names = {"unit_id": np.arange(units), "group": np.arange(units) % groups}
    return one.join(before.add_suffix("_before")).assign(**names)


def whole(found: pd.DataFrame) -> bool:
    """Whether every unit has a p within its range and finite numbers beside."""
    return found["p"].between(0, 1).all() and np.isfinite(found.to_numpy()).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_frame_has_evidence_of_every_unit(kind):
    assert whole(evidence(frame(), kind))


@pytest.mark.parametrize("kind", KINDS)
def test_constant_columns_hold_no_surprise(kind):
    world = frame().assign(numerator=12.0, denominator=30.0, n=30, spread=0.0)
    world = world.assign(
        numerator_before=12.0, denominator_before=30.0, n_before=30, spread_before=0.0
    )
    found = evidence(world, kind)
    assert whole(found)
    assert found["p"].between(0.35, 0.65).all()
    assert np.allclose(found["excess"], 0, atol=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_all_missing_gives_no_evidence(kind):
    assert evidence(frame().assign(numerator=np.nan), kind).isna().all(axis=None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_is_no_number_has_no_p_and_spoils_nobody_else(kind, value):
    world = frame()
    world.loc[3, "numerator"] = value
    found, others = evidence(world, kind), evidence(world.drop(index=3), kind)
    assert found.loc[3].isna().all()
    pd.testing.assert_frame_equal(found.drop(index=3), others)


@pytest.mark.parametrize("kind", KINDS)
def test_zero_exposure_has_no_p(kind):
    world = frame()
    world.loc[5, "denominator"] = 0
    assert np.isnan(evidence(world, kind).loc[5, "p"])


@pytest.mark.parametrize("kind", GROWTH)
def test_what_had_no_exposure_before_has_no_growth(kind):
    world = frame()
    world.loc[5, "denominator_before"] = 0
    assert np.isnan(evidence(world, kind).loc[5, "p"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("units", [0, 1])
def test_no_unit_or_one_has_no_peer(kind, units):
    assert evidence(frame().head(units), kind).isna().all(axis=None)


@pytest.mark.parametrize("kind", KINDS)
def test_one_group_is_enough(kind):
    assert whole(evidence(frame(groups=1), kind))


@pytest.mark.parametrize("kind", KINDS)
def test_two_units_are_compared(kind):
    assert whole(evidence(frame(2, 1), kind))


def test_a_unit_alone_in_its_group_has_no_p_and_the_rest_keep_theirs():
    world = frame()
    world["group"] = world["group"].astype(object)
    world.loc[7, "group"] = "alone"
    found = evidence(world, "count")
    assert found.loc[7].isna().all()
    assert found.drop(index=7)["p"].notna().all()


def test_a_unit_without_a_group_has_no_p():
    world = frame().astype({"group": object})
    world.loc[7, "group"] = None
    assert np.isnan(evidence(world, "count").loc[7, "p"])


@pytest.mark.parametrize("count", [-1.0, 1000.0])
def test_counts_that_cannot_be_have_no_p(count):
    world = frame()
    world.loc[4, "numerator"] = count
    assert np.isnan(evidence(world, "share_of_count").loc[4, "p"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_rows_and_their_index_change_nothing(kind):
    world = frame()
    mixed = world.sample(frac=1, random_state=5).set_index(np.zeros(len(world), int))
    found = evidence(mixed, kind).to_numpy()
    expected = evidence(world, kind).to_numpy()[mixed["unit_id"]]
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_both_sides_is_twice_the_smaller(kind):
    high, low, both = (
        evidence(frame(), kind, side)["p"] for side in ("high", "low", "both")
    )
    assert np.allclose(both, np.minimum(1, 2 * np.minimum(high, low)))
    assert np.allclose(high + low, 1, atol=2e-3)


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"denominator": -1.0}, "count", "denominator is negative"),
        ({"denominator_before": -1.0}, "growth_count", "denominator_before"),
        ({"unit_id": 1}, "count", "twice"),
    ],
)
def test_bad_frames_are_refused(change, kind, message):
    with pytest.raises(UsageError, match=message):
        evidence(frame().assign(**change), kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_missing_column_is_named(kind):
    for column in SCALES[kind].needs:
        with pytest.raises(UsageError, match=f"'{column}' is missing"):
            evidence(frame().drop(columns=column), kind)


def test_text_among_numbers_is_refused():
    world = frame().astype({"numerator": object})
    world.loc[1, "numerator"] = "many"
    with pytest.raises(UsageError, match="many"):
        evidence(world, "count")


def test_unknown_kinds_and_directions_are_named():
    with pytest.raises(UsageError, match="kind 'amount'"):
        evidence(frame(), "amount")
    with pytest.raises(UsageError, match="direction 'up'"):
        evidence(frame(), "count", "up")


@pytest.mark.parametrize("kind", KINDS)
def test_groups_may_be_of_any_type(kind):
    world = frame(90, 1)
    world["group"] = ["small"] * 60 + ["big"] * 30
    expected = evidence(world, kind)
    order = pd.Categorical(world["group"], categories=["small", "big"])
    pd.testing.assert_frame_equal(evidence(world.assign(group=order), kind), expected)
    numbered = world.assign(group=[1] * 60 + ["x"] * 30)
    assert evidence(numbered, kind)["peers"].tolist() == [59.0] * 60 + [29.0] * 30


@pytest.mark.parametrize("kind", KINDS)
def test_decimals_are_numbers(kind):
    world = frame()
    world.loc[3, "denominator"] = 0
    money = ["numerator", "denominator"]
    exact = world.assign(**{name: world[name].map(Decimal) for name in money})
    pd.testing.assert_frame_equal(evidence(exact, kind), evidence(world, kind))


@pytest.mark.parametrize("kind", ["per_visit", "ratio", "share_of_money"])
@pytest.mark.parametrize("n", [np.nan, 0])
def test_a_mean_of_unknown_many_visits_has_no_p(kind, n):
    world = frame().astype({"n": float})
    world.loc[6, "n"] = n
    assert np.isnan(evidence(world, kind).loc[6, "p"])


def test_the_variance_of_few_visits_leans_on_that_of_all():
    world = frame(groups=1).assign(n=30, spread=0.01)
    world.loc[0, ["n", "spread"]] = 2, 1e-9
    world.loc[0, "numerator"] = world.loc[0, "denominator"] * 0.9
    told = evidence(world, "per_visit").loc[0, "p"]
    certain = evidence(world.assign(n=10_000), "per_visit").loc[0, "p"]
    assert told > 1.2 * certain


def test_a_low_unit_is_found_on_the_low_side_alone():
    world = frame()
    world.loc[9, "numerator"] = 0
    for kind in ("count", "share_of_count"):
        assert evidence(world, kind, "low")["p"].idxmin() == 9
        assert evidence(world, kind)["p"].idxmax() == 9


def test_growth_from_nothing_counts_all_that_came():
    world = frame().assign(denominator=30.0, denominator_before=30.0)
    world.loc[2, ["numerator", "numerator_before"]] = 500, 0
    found = evidence(world, "growth_count").loc[2]
    assert found["excess"] == pytest.approx(500, rel=0.1)
    assert found["lower"] > 0


@pytest.mark.parametrize("factor", [10, 1000])
def test_an_excess_beyond_the_grid_is_whole(factor):
    rng = np.random.default_rng(4)
    n = np.full(60, 40)
    fee = 100 * np.exp(0.002 * rng.normal(size=60))
    fee[0] *= factor
    world = pd.DataFrame(
        {
            "unit_id": range(60),
            "group": 0,
            "numerator": fee * n,
            "denominator": n,
            "n": n,
            "spread": 1e-6,
        }
    )
    found = evidence(world, "per_visit").loc[0]
    assert found["excess"] == pytest.approx(4000 * (factor - 1), rel=0.01)
    assert found["lower"] < 4000 * (factor - 1) < found["upper"]


def test_ordinary_units_lie_in_their_band_and_excesses_in_their_interval():
    rng = np.random.default_rng(6)
    group = np.repeat(np.arange(60), 40)
    centre = np.exp(rng.normal(3, 0.5, 60))[group]
    rate = centre * np.exp(0.3 * rng.normal(size=group.size))
    exposure = rng.uniform(0.3, 3, group.size)
    world = pd.DataFrame(
        {
            "unit_id": range(group.size),
            "group": group,
            "numerator": rng.poisson(rate * exposure),
            "denominator": exposure,
        }
    )
    found = evidence(world, "count")
    value = world["numerator"] / exposure
    band = value.between(found["expected_low"], found["expected_high"])
    assert 0.93 < band.mean() < 0.97
    true = pd.Series((rate - centre) * exposure)
    assert 0.92 < true.between(found["lower"], found["upper"]).mean() < 0.98
