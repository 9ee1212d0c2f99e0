"""Evidence: calibrated where nothing is wrong, blind to units of account."""

import numpy as np
import pandas as pd
import pytest

from anomaly.leads.combine import combined, listed_q, q_values
from anomaly.peers import evidence
from anomaly.peers.groups import assign


def counts(seed, groups=200, tail="normal"):
    """A null world of counts: lognormal or t5 units in groups of 8 to 90."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(8, 90, groups)
    group = np.repeat(np.arange(groups), sizes)
    noise = {
        "normal": rng.normal(size=group.size),
        "t5": rng.standard_t(5, group.size) / 1.1037,
    }[tail]
    rate = np.exp(rng.normal(3, 0.5, groups)[group] + 0.28 * noise)
    exposure = rng.uniform(0.5, 8, group.size)
    return pd.DataFrame(
        {
            "unit_id": np.arange(group.size),
            "group": group,
            "numerator": rng.poisson(rate * exposure),
            "denominator": exposure,
        }
    )


def money(seed, groups=60):
    """A null world of drug shares with their linearised variance."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), 30)
    n = rng.integers(10, 80, group.size)
    share = 0.4 + 0.05 * rng.normal(size=group.size)
    rows = []
    for unit, (visits, level) in enumerate(zip(n, share, strict=True)):
        whole = rng.lognormal(5, 0.5, visits)
        part = whole * np.clip(level + 0.2 * rng.normal(size=visits), 0, 1)
        ratio = part.sum() / whole.sum()
        residual = (part - ratio * whole) ** 2
        spread = residual.sum() * visits / (visits - 1) / whole.sum() ** 2
        rows.append((unit, group[unit], part.sum(), whole.sum(), visits, spread))
    names = ["unit_id", "group", "numerator", "denominator", "n", "spread"]
    return pd.DataFrame(rows, columns=names)


def test_shares_of_money_do_not_change_when_yuan_become_fen():
    yuan = money(4)
    fen = yuan.assign(
        numerator=yuan["numerator"] * 100, denominator=yuan["denominator"] * 100
    )
    first, second = (evidence(f, "share_of_money")["p"] for f in (yuan, fen))
    assert np.allclose(first, second, rtol=1e-9)


def test_a_planted_unit_is_found():
    world = counts(5)
    world.loc[100, "numerator"] = world.loc[100, "numerator"] * 4 + 50
    assert evidence(world, "count")["p"].idxmin() == 100


def test_common_growth_is_nobodys_alarm():
    world = counts(6)
    world = world.assign(
        numerator_before=world["numerator"],
        denominator_before=world["denominator"],
        numerator=np.random.default_rng(7).poisson(world["numerator"] * 1.5 + 0.1),
    )
    p = evidence(world, "growth_count")["p"]
    assert (p < 0.01).mean() < 0.02


def test_no_indicator_near_one_hides_another():
    rows = pd.DataFrame(
        {
            "unit_id": ["a", "a"],
            "indicator": ["x", "y"],
            "block": ["price", "price"],
            "p": [0.0001, 0.9999],
        }
    )
    assert combined(rows)["a"] < 0.001


def test_within_a_block_by_cauchy_across_by_bonferroni():
    rows = pd.DataFrame(
        {
            "unit_id": "a",
            "block": ["drug"] * 3 + ["volume"],
            "p": [0.01, 0.2, 0.5, 0.9],
        }
    )
    # Cauchy's combination of (.01, .2, .5) is .0286877; two blocks double it.
    assert combined(rows.head(3))["a"] == pytest.approx(0.0286877, abs=5e-8)
    assert combined(rows)["a"] == pytest.approx(2 * 0.0286877, abs=1e-7)


def test_a_missing_p_says_nothing():
    rows = pd.DataFrame({"unit_id": "a", "block": ["x", "y"], "p": [0.02, np.nan]})
    assert combined(rows)["a"] == pytest.approx(0.02)


def test_no_list_rests_on_heavy_tails():
    rows = pd.DataFrame(
        {
            "unit_id": ["a", "a", "b"],
            "block": ["x", "y", "y"],
            "p": [1e-6, 0.2, 0.001],
            "listable": [False, True, True],
            "few": False,
        }
    )
    q = listed_q(rows)
    assert q["b"] == pytest.approx(0.002)
    assert q["a"] == pytest.approx(0.2)
    assert listed_q(rows.assign(listable=False)).empty
    assert listed_q(rows.assign(few=True)).empty


def test_heavy_tails_are_told_and_light_ones_are_listable():
    light, heavy = (
        evidence(counts(3, tail=tail), "count").attrs["tail"]
        for tail in ("normal", "t5")
    )
    assert (light["listable"], heavy["listable"]) == (True, False)
    assert light["freedom"] > 20
    assert heavy["freedom"] < 10


def test_benjamini_hochberg_rejects_four_of_the_published_list():
    # Benjamini and Hochberg (1995), example of section 3.2.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert (q_values(pd.Series(p)) <= 0.05).sum() == 4


def test_groups_fall_back_until_there_are_enough():
    units = pd.DataFrame(
        {"department": ["内科"] * 25 + ["儿科"] * 3, "level": ["2"] * 25 + ["3"] * 3}
    )
    found = assign(units, "doctor")
    assert found["group"].iloc[0] == "内科|2"
    assert found["fallback"].iloc[-1] == 1
    assert found["few"].tolist() == [False] * 25 + [True] * 3


@pytest.mark.parametrize(("units", "few"), [(20, True), (21, False)])
def test_twenty_others_are_enough(units, few):
    frame = pd.DataFrame({"department": ["内科"] * units, "level": ["2"] * units})
    assert assign(frame, "doctor")["few"].tolist() == [few] * units
