"""Double-random draws: replayed in plain Python, fair, and never against a recusal."""

import runpy
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from anomaly.errors import DataRefusedError, PolicyError, UsageError
from anomaly.inspection.draw import (
    Inspector,
    Institution,
    Terms,
    allocation,
    chances,
    drawn,
    strata_table,
)
from anomaly.inspection.terms import terms
from anomaly.policy.inspection import inspection

ROOT = Path(__file__).parents[2]
POLICY = inspection().draw
SEEDS = [f"seed {n}" for n in range(1000)]
# Strata of 16, 9 and 5 institutions give 8 places: no share of them is whole.
KINDS = ["hospital"] * 16 + ["clinic"] * 9 + ["pharmacy"] * 5
POOL = pd.DataFrame(
    {
        "institution_id": [f"H{n:02d}" for n in range(30)],
        "district": [f"99010{n % 2 + 1}" for n in range(30)],
        "kind": KINDS,
        "risk": [n * 7 % 30 for n in range(30)],
    }
)
STAFF = pd.DataFrame(
    {
        "inspector_id": list("ABCDEF"),
        "recused": ["H00 H01 H02", "H00,H29", "H05；H06", None, "", "H03"],
        "district": ["990101", "990102"] * 3,
    }
)


@pytest.fixture(scope="module")
def by_risk(tmp_path_factory):
    path = tmp_path_factory.mktemp("policy") / "inspection.toml"
    path.write_text("[draw]\nrisk_weighted = true\n", "utf-8")
    return inspection(path=path).draw


def asked(policy=POLICY, count=8, team=2, **more) -> Terms:
    return terms(POOL, STAFF, count=count, team=team, policy=policy, **more)


@pytest.fixture(scope="module")
def replay():
    return runpy.run_path(str(ROOT / "docs" / "examples" / "replay_draw.py"))["replay"]


@pytest.mark.parametrize("how", ["plain", "weighted", "cross-county"])
def test_plain_python_replays_a_thousand_seeds_and_no_recusal_is_broken(
    how, replay, by_risk
):
    chosen = asked(
        by_risk if how == "weighted" else POLICY, cross_county=how == "cross-county"
    )
    barred = {one.id: set(one.recused) for one in chosen.inspectors}
    assert barred["A"] == {"H00", "H01", "H02"}
    homes = dict(zip(STAFF["inspector_id"], STAFF["district"], strict=True))
    places = dict(zip(POOL["institution_id"], POOL["district"], strict=True))
    met = 0
    for seed in SEEDS:
        found = drawn(chosen, seed)
        assert found == replay(chosen.body(), seed)
        assert len({one["institution_id"] for one in found}) == 8
        for one in found:
            assert len(set(one["inspectors"])) == 2
            for name in one["inspectors"]:
                assert one["institution_id"] not in barred[name]
                if how == "cross-county":
                    assert homes[name] != places[one["institution_id"]]
            met += one["institution_id"] == "H00"
    # The institution from which two recuse was among those drawn.
    assert met > 100


def test_where_all_are_alike_the_first_by_hash_are_drawn():
    pool = POOL[["institution_id"]]
    found = drawn(
        terms(pool, STAFF.drop(columns="district"), count=5, team=1, policy=POLICY),
        "2026-06",
    )
    order = sorted(
        pool["institution_id"],
        key=lambda i: sha256(f"2026-06|{i}".encode()).hexdigest(),
    )
    assert [one["institution_id"] for one in found] == order[:5]


def drawn_by(chosen: Terms) -> np.ndarray:
    """Return who was drawn, a row a seed and a column an institution."""
    names = [one.id for one in chosen.institutions]
    rows = [{one["institution_id"] for one in drawn(chosen, seed)} for seed in SEEDS]
    return np.array([[name in row for name in names] for row in rows], dtype=float)


def p_of_design(chosen: Terms) -> float:
    """Return the chi-square p of the frequencies against the chances designed.

    Those drawn together depend on each other (their number is fixed): the sums of
    squares are taken by the covariance that the seeds show.
    """
    seen = drawn_by(chosen)
    chance = chances(chosen)
    off = seen.mean(axis=0) - [float(chance[one.id]) for one in chosen.institutions]
    spread = np.cov(seen, rowvar=False)
    statistic = len(seen) * off @ np.linalg.pinv(spread) @ off
    return chi2.sf(statistic, np.linalg.matrix_rank(spread))


def test_every_institution_is_drawn_as_often_as_designed(by_risk):
    even, heavy = asked(), asked(by_risk)
    assert set(chances(even).values()) == {Fraction(8, 30)}
    assert p_of_design(even) > 0.01
    assert p_of_design(heavy) > 0.01
    # The test can fail: evenness is not what the weighted draw shows.
    seen = drawn_by(heavy)
    riskiest = POOL["risk"].to_numpy() >= 24
    assert seen[:, riskiest].mean() > 2.5 * seen[:, POOL["risk"] < 15].mean()


def test_the_riskier_are_drawn_by_their_weights(by_risk):
    chance = chances(asked(by_risk))
    by_risk_of = {
        name: chance[name]
        for name in POOL.sort_values("risk", ascending=False)["institution_id"]
    }
    values = list(by_risk_of.values())
    # Six of 30 weigh 3, nine 2, fifteen 1: 51 in all for 8 places.
    assert (
        values
        == [Fraction(24, 51)] * 6 + [Fraction(16, 51)] * 9 + [Fraction(8, 51)] * 15
    )


@given(
    sizes=st.lists(st.tuples(st.integers(1, 12), st.integers(1, 9)), min_size=1),
    seed=st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip),
    data=st.data(),
)
def test_strata_give_their_share_rounded_down_or_up(sizes, seed, data):
    pool = [
        Institution(f"{s}-{n}", "", f"s{s}", weight)
        for s, (size, weight) in enumerate(sizes)
        for n in range(size)
    ]
    count = data.draw(st.integers(1, len(pool)))
    chosen = Terms(count, 1, pool, [Inspector("A")])
    chance = chances(chosen)
    assert sum(chance.values()) == count
    assert max(chance.values()) <= 1
    given_ = allocation(chosen, seed)
    assert sum(given_.values()) == count
    for stratum, places in given_.items():
        share = sum(chance[one.id] for one in pool if one.stratum == stratum)
        assert abs(places - share) < 1
    table = strata_table(chosen, seed)
    assert (table["drawn"] <= table["institutions"]).all()
    assert len(drawn(chosen, seed)) == count


@pytest.mark.parametrize("mark", [" ", ",", ";", "，", "；", "、", ", "])
def test_recusals_may_be_separated_as_people_do(mark):
    staff = pd.DataFrame(
        {"inspector_id": ["A", "B", "C"], "recused": [f"H01{mark}H02", "", ""]}
    )
    chosen = terms(POOL, staff, count=1, team=2, policy=POLICY)
    assert chosen.inspectors[0].recused == ("H01", "H02")


def test_an_inspector_named_twice_recuses_from_all_of_it():
    staff = pd.DataFrame(
        {"inspector_id": ["A", "B", "A"], "recused": ["H01", "", "H02"]}
    )
    chosen = terms(POOL, staff, count=1, team=1, policy=POLICY)
    assert chosen.inspectors == [Inspector("A", "", ("H01", "H02")), Inspector("B")]


def test_a_recusal_from_nobody_is_refused_unless_known_elsewhere():
    staff = pd.DataFrame({"inspector_id": ["A"], "recused": ["H99"]})
    with pytest.raises(UsageError, match="recused from 'H99'"):
        terms(POOL, staff, count=1, team=1, policy=POLICY)
    terms(POOL, staff, count=1, team=1, policy=POLICY, known={"H99"})


def test_a_draw_that_cannot_be_is_refused():
    with pytest.raises(UsageError, match="H00: 4 inspectors need not recuse"):
        drawn(asked(count=30, team=5), "x")
    with pytest.raises(UsageError, match="count 31"):
        drawn(asked(count=31, team=1), "x")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"institution_id": "H00", "district": "990102"}, "district is 990101 and"),
        ({"institution_id": "H00", "kind": "clinic"}, "kind is clinic and hospital"),
        ({"institution_id": " "}, "row 31: no institution_id"),
    ],
)
def test_a_pool_that_contradicts_itself_is_refused(change, says):
    row = POOL.iloc[0].to_dict() | change
    twice = pd.concat([POOL, pd.DataFrame([row])], ignore_index=True)
    with pytest.raises(DataRefusedError, match=says):
        terms(twice, STAFF, count=1, team=1, policy=POLICY)
    same = pd.concat([POOL, POOL.head(1)], ignore_index=True)
    assert len(terms(same, STAFF, count=1, team=1, policy=POLICY).institutions) == 30


def test_a_weighted_draw_needs_numbers_and_the_blank_counts_as_least(by_risk):
    with pytest.raises(DataRefusedError, match="column 'risk' is missing"):
        terms(POOL.drop(columns="risk"), STAFF, count=1, team=1, policy=by_risk)
    odd = POOL.astype({"risk": object})
    odd.loc[0, "risk"] = "hoch"
    with pytest.raises(DataRefusedError, match="risk 'hoch'"):
        terms(odd, STAFF, count=1, team=1, policy=by_risk)
    odd.loc[0, "risk"] = None
    found = terms(odd, STAFF, count=1, team=1, policy=by_risk).institutions
    assert found[0].weight == 1
    ties = POOL.assign(risk=1)
    found = terms(ties, STAFF, count=1, team=1, policy=by_risk).institutions
    assert {one.weight for one in found} == {3}


def test_a_district_that_no_institution_has_is_refused_across_counties():
    how = {"count": 1, "team": 1, "policy": POLICY, "cross_county": True}
    for district, fits in (("990109", False), ("甲区", False), ("外地", True)):
        staff = STAFF.assign(district=["990101", *[district] * 5])
        if fits:
            assert len(terms(POOL, staff, **how).inspectors) == 6
        else:
            with pytest.raises(DataRefusedError, match=f"district '{district}'"):
                terms(POOL, staff, **how)


@pytest.mark.parametrize("seed", ["", " ", "\udc80"])
def test_what_is_no_text_is_no_seed(seed):
    with pytest.raises(UsageError, match="no text"):
        drawn(asked(), seed)


def test_a_cross_county_draw_needs_districts():
    with pytest.raises(DataRefusedError, match="A: no district"):
        terms(
            POOL,
            STAFF.drop(columns="district"),
            count=1,
            team=1,
            policy=POLICY,
            cross_county=True,
        )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[draw]\nstrata = ["colour"]', "'colour'"),
        ("[draw]\nrisk_weighted = 1", "risk_weighted"),
        ("[[draw.bands]]\nid='high'\nshare='0.5'", "add up to 1"),
        ("[[draw.bands]]\nid='high'\nweight=0", "1 to 1000"),
        ("[draw]\nwhat = 1", "unknown key 'what'"),
        ("[sample]\nshare = '1.5'", "sample.share"),
        ("[sample]\ncuts = ['5', '1']", "rising order"),
        ("x = 1", "unknown key 'x'"),
    ],
)
def test_a_policy_that_cannot_hold_is_refused(text, says, tmp_path):
    path = tmp_path / "inspection.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(PolicyError, match=says):
        inspection(path=path)


def test_blanks_around_a_district_let_nobody_inspect_at_home():
    pool = pd.DataFrame({"institution_id": ["H1", "H2"], "district": ["a", "b"]})
    staff = pd.DataFrame({"inspector_id": ["I1", "I2"], "district": ["a ", "b"]})
    asked = {"count": 1, "team": 1, "policy": inspection().draw}
    found = terms(pool, staff, cross_county=True, **asked)
    for seed in "abc":
        (one,) = drawn(found, seed)
        assert one["inspectors"] == [{"H1": "I2", "H2": "I1"}[one["institution_id"]]]


def test_long_recusal_lists_are_looked_up_not_searched():
    class Counted(tuple):
        searched = 0

        def __contains__(self, name):
            Counted.searched += 1
            return super().__contains__(name)

    ids = [f"H{n}" for n in range(50)]
    staff = [Inspector("I1"), Inspector("I2", "", Counted(ids[1:]))]
    found = Terms(1, 1, [Institution(name) for name in ids], staff)
    assert len(drawn(found, "s")) == 1
    assert Counted.searched == 0
