"""Which claims are looked at: a share of each stratum, by the seed, large ones all."""

from decimal import Decimal
from hashlib import sha256
from math import ceil

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly.errors import DataRefusedError, PolicyError
from anomaly.inspection.sample import sampled, sizes, strata_of
from anomaly.policy.inspection import inspection

POLICY = inspection().sample


def claims(count=400, kind="outpatient", yuan="100.00", start=0):
    return pd.DataFrame(
        {
            "settlement_id": [f"{kind[:1]}{n}" for n in range(start, start + count)],
            "visit_class": kind,
            "amount": [Decimal(yuan)] * count,
        }
    )


@pytest.mark.parametrize(
    ("yuan", "stratum"),
    [
        ("0.01", "outpatient <1000"),
        ("999.99", "outpatient <1000"),
        ("1000", "outpatient 1000-10000"),
        ("9999.99", "outpatient 1000-10000"),
        ("10000", "outpatient >=10000"),
        ("49999.99", "outpatient >=10000"),
        ("50000", "large"),
    ],
)
def test_a_stratum_is_a_kind_of_visit_between_two_cuts(yuan, stratum):
    assert strata_of(claims(1, yuan=yuan), POLICY).tolist() == [stratum]


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=8))
def test_every_stratum_gives_a_tenth_or_more(counts):
    for number, size in zip(counts, sizes(counts, POLICY), strict=True):
        assert ceil(number / 10) <= size <= number
        assert size >= min(number, POLICY.least)
    # Of 201 claims a tenth is 20.1: rounded up.
    assert sizes([200, 201, 20, 19], POLICY) == [20, 21, 20, 19]


def test_a_sample_is_replayed_from_its_seed():
    every = pd.concat(
        [claims(300), claims(50, "inpatient"), claims(2, "large", "60000")]
    )
    sample, table = sampled(every, "种子", POLICY)
    table = table.set_index("stratum")
    assert table["sampled"].to_dict() == {
        "outpatient <1000": 30,
        "inpatient <1000": 20,
        "large": 2,
    }
    assert table["amount"].sum() == every["amount"].sum()
    order = sorted(
        claims(300)["settlement_id"],
        key=lambda name: sha256(f"种子|{name}".encode()).hexdigest(),
    )
    own = sample.loc[sample["visit_class"] == "outpatient", "settlement_id"]
    assert own.tolist() == order[:30]
    again, _ = sampled(every.sample(frac=1, random_state=1), "种子", POLICY)
    assert again["settlement_id"].tolist() == sample["settlement_id"].tolist()
    other, _ = sampled(every, "seed", POLICY)
    assert set(other["settlement_id"]) != set(sample["settlement_id"])


def test_every_claim_is_drawn_as_often_as_any_other():
    seen = pd.Series(0, index=claims(60)["settlement_id"])
    for seed in range(150):
        sample, _ = sampled(claims(60), f"s{seed}", POLICY)
        seen[sample["settlement_id"]] += 1
    # Each is drawn 50 times of 150: of 60 such counts none is four errors off.
    assert (seen - 50).abs().max() < 4 * (150 * 1 / 3 * 2 / 3) ** 0.5


def test_a_claim_that_stands_twice_is_refused():
    with pytest.raises(DataRefusedError, match="settlement o1 stands twice"):
        sampled(pd.concat([claims(3), claims(1, start=1)]), "s", POLICY)


@pytest.mark.parametrize("ids", [[], ["C1", ""]])
def test_a_claim_without_an_id_is_none(ids):
    claims = pd.DataFrame({"settlement_id": ids}).assign(
        visit_class="outpatient", amount=Decimal(5)
    )
    with pytest.raises(DataRefusedError, match="settlement_id"):
        sampled(claims, "s", inspection().sample)


def test_a_number_written_as_text_is_one_and_a_part_is_none(tmp_path):
    path = tmp_path / "inspection.toml"
    path.write_text('[sample]\nleast = "25"\n', "utf-8")
    assert sizes([60], inspection(path=path).sample) == [25]
    for text in ("[sample]\nleast = 20.5\n", "[draw]\nstrata = 5\n"):
        path.write_text(text, "utf-8")
        with pytest.raises(PolicyError, match="expected a"):
            inspection(path=path)
