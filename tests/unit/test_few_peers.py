"""Few peers: everybody, size allowed for, and the unit's own past."""

import numpy as np
import pandas as pd
import pytest

from anomaly.peers import evidence
from anomaly.peers.few import few_peers, size_offset


def hospitals(seed: int = 1, units: int = 60) -> pd.DataFrame:
    """Fees that rise with size; five are large. All are ordinary."""
    rng = np.random.default_rng(seed)
    n = np.round(np.exp(rng.normal(5, 0.5, units))).astype(int)
    n[:5] = 20_000
    fee = 100 * (n / 150) ** 0.25 * np.exp(0.1 * rng.normal(size=units))
    return pd.DataFrame(
        {
            "unit_id": np.arange(units),
            "group": np.where(n > 10_000, "3", "1"),
            "numerator": fee * n,
            "denominator": n.astype(float),
            "n": n,
            "spread": 0.3 / n,
            "size": n,
        }
    )


def own_past(world: pd.DataFrame, seed: int = 2) -> pd.DataFrame:
    """Return seven windows' worth of the same units, fees a little lower."""
    drift = np.exp(0.05 * np.random.default_rng(seed).normal(size=len(world)))
    fee = world["numerator"] / world["denominator"] * drift / 1.03
    past = world[["unit_id"]].assign(
        numerator=fee * world["n"] * 7, denominator=world["denominator"] * 7
    )
    return past.assign(n=world["n"] * 7, spread=world["spread"] / 7)


def test_size_explains_the_line_it_lies_on():
    size = np.array([1.0, 10, 100, 1000, 10_000])
    x = 2 + 0.25 * np.log(size)
    offset = size_offset(x, size)
    assert np.allclose(x - offset, x[2])


def test_a_unit_of_unknown_size_is_taken_for_a_usual_one():
    size = np.array([1.0, 10, np.nan, 100, 1000, 0])
    offset = size_offset(np.array([1.0, 2, 2.5, 3, 4, 9]), size)
    assert offset[[2, 5]].tolist() == [0, 0]
    assert np.allclose(np.diff(offset[[0, 1, 3, 4]]), 1)


def test_one_size_explains_nothing():
    assert not size_offset(np.array([1.0, 2.0, 3.0]), np.full(3, 7.0)).any()


def test_a_large_hospital_is_no_alarm_for_its_size():
    world = hospitals()
    plain = evidence(world.assign(group="all"), "per_visit")["p"]
    allowed = few_peers(world, "per_visit", "high")["p"]
    assert plain.iloc[:5].max() < 0.01
    assert allowed.iloc[:5].min() > 0.05


def test_one_that_is_dear_for_its_size_is_found():
    world = hospitals()
    world.loc[2, "numerator"] *= 2
    found = few_peers(world, "per_visit", "high")
    assert found["p"].idxmin() == 2
    assert found.loc[2, "p"] < 0.01
    assert found.loc[2, "excess"] == pytest.approx(
        world.loc[2, "numerator"] / 2, rel=0.2
    )


def test_its_own_past_makes_a_rise_plainer():
    world = hospitals()
    past = own_past(world)
    world.loc[3, "numerator"] *= 1.35
    alone = few_peers(world, "per_visit", "high").loc[3, "p"]
    both = few_peers(world, "per_visit", "high", past).loc[3, "p"]
    assert both < alone / 3


def test_a_unit_without_a_past_is_compared_with_the_others():
    world = hospitals()
    past = own_past(world).drop(index=4)
    world["size"] = world["unit_id"].map(past.set_index("unit_id")["n"])
    found = few_peers(world, "per_visit", "high", past)["p"]
    assert found.notna().all()


@pytest.mark.parametrize("kind", ["per_visit", "ratio"])
def test_ordinary_units_alarm_no_more_often_than_they_say(kind):
    p = []
    for seed in range(40):
        world = hospitals(seed)
        p.append(few_peers(world, kind, "high", own_past(world, seed + 99))["p"])
    p = pd.concat(p)
    assert 0.3 < (p < 0.05).mean() / 0.05 < 1.5
    assert (p < 0.01).mean() / 0.01 < 2
