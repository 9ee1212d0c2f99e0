"""What a sample says of all claims: against plain inversion, enumeration, published."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, hypergeom

from anomaly.inspection.estimate import improper_amount, improper_share


def strata(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["population", "sampled", "improper"])


def inverted(population, sampled, improper, tail) -> tuple[int, int]:
    """Return the least and the most in all for which what was seen is no surprise."""
    fits_low = [
        k
        for k in range(improper, population - sampled + improper + 1)
        if hypergeom.sf(improper - 1, population, k, sampled) >= tail - 1e-12
    ]
    fits_high = [
        k
        for k in range(improper, population - sampled + improper + 1)
        if hypergeom.cdf(improper, population, k, sampled) >= tail - 1e-12
    ]
    return min(fits_low), max(fits_high)


@given(st.integers(2, 90), st.data())
def test_one_stratum_has_the_exact_hypergeometric_limits(population, data):
    sampled = data.draw(st.integers(1, population))
    improper = data.draw(st.integers(0, sampled))
    found = improper_share(strata((population, sampled, improper)))
    low, high = inverted(population, sampled, improper, 0.025)
    assert found.lower * population == pytest.approx(low)
    assert found.upper * population == pytest.approx(high)
    one_sided, _ = inverted(population, sampled, improper, 0.05)
    assert found.at_least * population == pytest.approx(one_sided)
    assert found.estimate == pytest.approx(improper / sampled)


@pytest.mark.parametrize(
    "design",
    [((12, 5), (9, 2)), ((20, 4), (6, 3)), ((8, 3), (8, 3), (5, 2)), ((16, 1), (9, 5))],
)
def test_every_small_population_is_held_as_often_as_promised(design):
    """Not by lot: all samples of all populations of a design, weighed by chance."""
    whole = sum(population for population, _ in design)
    limits = {
        seen: improper_share(
            strata(*((*one, x) for one, x in zip(design, seen, strict=True)))
        )
        for seen in product(*(range(sampled + 1) for _, sampled in design))
    }
    for true in product(*(range(population + 1) for population, _ in design)):
        share = sum(true) / whole
        chances = [
            hypergeom.pmf(np.arange(sampled + 1), population, k, sampled)
            for (population, sampled), k in zip(design, true, strict=True)
        ]
        held = at_least = 0.0
        for seen, told in limits.items():
            chance = np.prod([c[x] for c, x in zip(chances, seen, strict=True)])
            held += chance * (told.lower - 1e-9 <= share <= told.upper + 1e-9)
            at_least += chance * (told.at_least - 1e-9 <= share)
        assert min(held, at_least) >= 0.95 - 1e-9, true


def test_of_many_claims_the_limits_are_the_binomial_ones():
    # Clopper and Pearson (1934): 2 of 30 gives 0.0082 to 0.2207.
    found = improper_share(strata((10_000_00, 30, 2)))
    assert found.lower == pytest.approx(beta.ppf(0.025, 2, 29), abs=2e-4)
    assert found.lower == pytest.approx(0.0082, abs=2e-4)
    assert found.upper == pytest.approx(0.2207, abs=2e-4)


def test_a_stratum_seen_whole_adds_no_doubt():
    found = improper_share(strata((40, 40, 7)))
    assert found.lower == found.upper == found.estimate == 7 / 40
    alone = improper_share(strata((100, 20, 3)))
    both = improper_share(strata((100, 20, 3), (50, 50, 10)))
    assert both.lower * 150 == pytest.approx(alone.lower * 100 + 10)
    assert both.upper * 150 == pytest.approx(alone.upper * 100 + 10)


def of_amounts(yuan, population, largest, **more):
    sample = pd.DataFrame({"stratum": "s", "improper_amount": yuan})
    table = pd.DataFrame(
        {"stratum": ["s"], "population": [population], "largest": [largest]}
    )
    return improper_amount(sample, table, **more)


def test_for_claims_all_alike_yuan_have_the_exact_limits_of_the_share():
    yuan = [200.0] * 6 + [0.0] * 34
    found = of_amounts(yuan, 400, 200.0, rounds=40_000)
    exact = improper_share(strata((400, 40, 6)))
    # Simulated: within three claims of four hundred.
    assert found.lower / 200 == pytest.approx(exact.lower * 400, abs=3)
    assert found.upper / 200 == pytest.approx(exact.upper * 400, abs=3)
    assert found.at_least / 200 == pytest.approx(exact.at_least * 400, abs=3)
    assert found.estimate == pytest.approx(6 / 40 * 400 * 200)


def test_all_alike_and_all_improper_is_not_certainty():
    found = of_amounts([100.0] * 20, 1000, 100.0)
    assert found.estimate == 100_000
    # 0.05^(1/20) of the claims not seen, where a bell curve would say all of them.
    assert found.at_least == pytest.approx(
        100 * (20 + 980 * 0.05 ** (1 / 20)), rel=0.01
    )
    assert found.upper == 100_000


def test_nothing_found_may_still_be_something():
    found = of_amounts([0.0] * 50, 500, 900.0)
    assert (found.estimate, found.lower, found.at_least) == (0, 0, 0)
    assert 0 < found.upper < 500 * 900


def test_a_population_seen_whole_is_known():
    found = of_amounts([5.0, 0.0, 7.5], 3, 10.0)
    assert {found.estimate, found.lower, found.upper, found.at_least} == {12.5}


@given(st.lists(st.floats(0, 1000), min_size=2, max_size=12), st.integers(0, 200))
def test_bounds_stand_in_order_and_hold_what_was_seen(yuan, rest):
    found = of_amounts(yuan, len(yuan) + rest, 1000.0, rounds=1000)
    near = 1e-6 * (1 + sum(yuan))
    assert sum(yuan) - near <= found.lower <= found.at_least + near
    assert found.at_least <= found.upper + near
    assert found.upper <= sum(yuan) + rest * 1000.0 + near
    # The same sample gives the same bounds; one in fen gives a hundred times as many.
    assert found == of_amounts(yuan, len(yuan) + rest, 1000.0, rounds=1000)
    in_fen = of_amounts([100 * y for y in yuan], len(yuan) + rest, 1e5, rounds=1000)
    assert in_fen.at_least == pytest.approx(100 * found.at_least, abs=100 * near)
