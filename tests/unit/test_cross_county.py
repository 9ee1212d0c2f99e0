"""Who checks whom: a circle that a hash alone draws again."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly.errors import UsageError
from anomaly.inspection.cross import cross_county

CODES = st.sets(st.text("0123456789", min_size=6, max_size=6), min_size=2, max_size=20)


@given(CODES, st.text(max_size=8))
def test_each_is_checked_by_another_in_one_circle(districts, seed):
    found = cross_county(districts, seed)
    by = dict(found.itertuples(index=False))
    assert set(by) == set(by.values()) == districts
    assert all(name != other for name, other in by.items())
    if len(districts) > 2:
        assert all(by[other] != name for name, other in by.items())
    # One circle: whoever follows it meets everyone before coming back.
    met, name = set(), next(iter(by))
    while name not in met:
        met.add(name)
        name = by[name]
    assert met == districts


@given(CODES, st.text(max_size=8))
def test_it_can_be_drawn_again_by_hash_alone(districts, seed):
    circle = sorted(districts, key=lambda d: sha256(f"{seed}|{d}".encode()).hexdigest())
    wanted = {name: circle[nth - 1] for nth, name in enumerate(circle)}
    assert dict(cross_county(districts, seed).itertuples(index=False)) == wanted


@pytest.mark.parametrize("districts", [[], ["1"], ["1", "1"], ["1", " "]])
def test_fewer_than_two_are_refused(districts):
    with pytest.raises(UsageError, match="at least two"):
        cross_county(districts, "s")
