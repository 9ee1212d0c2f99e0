"""Evidence of odd input: a defined result or a clear error, for every kind."""

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


def test_unknown_kinds_and_directions_are_named():
    with pytest.raises(UsageError, match="kind 'amount'"):
        evidence(frame(), "amount")
    with pytest.raises(UsageError, match="direction 'up'"):
        evidence(frame(), "count", "up")
