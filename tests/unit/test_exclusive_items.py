"""Items that next to nobody uses: whoever does is scored, never dropped."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from anomaly.peers import evidence, thin
from anomaly.peers.families import Poisson


def users(*counts: float, peers: int = 105, exposure: float = 30.0) -> pd.DataFrame:
    """Doctors of one group, the first ones with these counts, the others with none."""
    count = np.zeros(peers + 1)
    count[: len(counts)] = counts
    return pd.DataFrame(
        {
            "unit_id": np.arange(count.size),
            "group": "a",
            "numerator": count,
            "denominator": exposure,
        }
    )


def test_the_more_a_lone_user_uses_the_smaller_its_p():
    p = [evidence(users(n), "count")["p"].iloc[0] for n in (1, 2, 3, 5, 8)]
    assert all(a > b for a, b in pairwise(p))
    assert p[0] > 0.001
    assert evidence(users(1e6), "count")["p"].iloc[0] > 0
    assert p[-1] < 1e-6


def test_who_does_not_use_it_is_ordinary_and_finite():
    found = evidence(users(50), "count")
    assert np.isfinite(found.to_numpy()).all()
    assert (found["p"].iloc[1:] > 0.4).all()
    assert found["excess"].iloc[0] == pytest.approx(50, rel=0.1)
    assert found["lower"].iloc[0] > 30


def test_a_share_that_only_one_has_is_scored():
    found = evidence(users(12), "share_of_count")
    assert found["p"].iloc[0] < 1e-4
    assert np.isfinite(found.to_numpy()).all()


def test_thin_groups_leave_the_others_as_they_were():
    rng = np.random.default_rng(3)
    busy = users(peers=59).assign(group="b", numerator=rng.poisson(30, 60))
    busy["unit_id"] += 1000
    both = pd.concat([users(9), busy], ignore_index=True)
    alone = evidence(busy.reset_index(drop=True), "count")
    together = evidence(both, "count").iloc[106:].reset_index(drop=True)
    assert np.allclose(alone["p"], together["p"], rtol=0.35)
    assert np.corrcoef(alone["p"], together["p"])[0, 1] > 0.999


def test_the_exact_answer_is_the_integral_over_rates():
    """Gamma-Poisson by quadrature over the peers' rate and the unit's own."""
    count, exposure, spread = (
        np.array([4.0, 1.0, 0.0]),
        np.array([9.0, 20.0, 30.0]),
        0.5,
    )
    found = thin.judged(Poisson(count, exposure).rare(), np.array([3]), spread)
    scatter = 1 / spread**2
    rate = stats.gamma(1 + 0.5, scale=1 / 50).ppf((np.arange(20_000) + 0.5) / 20_000)
    success = scatter / (scatter + rate * exposure[0])
    law = stats.nbinom(scatter, success)
    expected = (law.sf(4) + law.pmf(4) / 2).mean()
    assert found.high[0] == pytest.approx(expected, rel=1e-3)


def test_lone_users_alarm_no_more_often_than_they_say():
    """Rare events at one common rate: the exact p holds its level."""
    rng = np.random.default_rng(8)
    group = np.repeat(np.arange(400), 40)
    world = pd.DataFrame(
        {
            "unit_id": np.arange(group.size),
            "group": group,
            "numerator": rng.poisson(0.04, group.size),
            "denominator": 1.0,
        }
    )
    p = evidence(world, "count")["p"]
    assert (p < 0.01).mean() < 0.01
    assert (p < 0.001).mean() < 0.001
    assert (p < 0.05).mean() > 0.01
