"""Who lies there each night, and which nights to take, against plain counting."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
from drawn_visits import hits
from hypothesis import given
from hypothesis import strategies as st

from anomaly.inspection.night import by_weekday, chosen, nightly
from anomaly.inspection.night_hits import counted
from anomaly.policy.coverage import coverage_policy
from anomaly.policy.working_days import is_working_day

MONTH = date(2026, 6, 1)
NIGHT = coverage_policy().night
STAY = st.tuples(
    st.sampled_from(["H1", "H2", "H3"]),
    st.dates(date(2026, 5, 1), date(2026, 7, 31)),
    st.integers(0, 70),
    st.integers(1, 3),
)


@given(st.lists(STAY, max_size=30))
def test_a_night_counts_who_came_before_and_left_after(stays):
    rows = [(name, day, day + timedelta(n), count) for name, day, n, count in stays]
    columns = ["institution_id", "admitted_on", "discharged_on", "stays"]
    frame = pd.DataFrame(rows, columns=columns)
    found = nightly(frame, pd.Series(["H1", "H2"]), MONTH)
    for nth, name in enumerate(["H1", "H2"]):
        for day in range(30):
            night = MONTH + timedelta(day)
            wanted = sum(c for who, a, b, c in rows if who == name and a <= night < b)
            assert found[nth, day] == wanted


def test_weekdays_are_averaged_and_unseen_ones_unknown():
    # 1 June 2026 was a Monday.
    usual = by_weekday(np.array([4, 1, 1, 1, 1, 1, 1, 2]), MONTH)
    assert usual.tolist() == [3, 1, 1, 1, 1, 1, 1]
    assert np.isnan(by_weekday(np.array([4]), MONTH)[1:]).all()


@given(st.lists(st.integers(0, 9), min_size=7, max_size=7), st.text(max_size=5))
def test_nights_taken_are_those_with_most_to_be_expected(usual, seed):
    policy = replace(NIGHT, nights=3)
    nights = chosen(np.array(usual, dtype=float), MONTH, policy, seed)
    assert len(set(nights)) == 3
    rest = [MONTH + timedelta(n) for n in range(30)]
    least = min(usual[day.weekday()] for day in nights)
    assert all(usual[day.weekday()] <= least for day in rest if day not in nights)
    assert nights == chosen(np.array(usual, dtype=float), MONTH, policy, seed)


def test_nights_before_a_day_off_may_be_chosen_instead():
    # The 19th, a Friday, was the Dragon Boat Festival: of all Thursdays only its eve
    # is before a day off.
    usual = np.array([9, 9, 9, 5, 4, 3, 9], dtype=float)
    policy = replace(NIGHT, choose="rest", nights=6)
    nights = chosen(usual, MONTH, policy, "s")
    assert nights[0] == date(2026, 6, 18)
    assert {day.weekday() for day in nights[1:]} == {4, 5}
    assert all(not is_working_day(day + timedelta(1)) for day in nights)


def test_hits_that_count_are_told_rule_by_rule():
    found = counted(
        hits(
            {"amount": 0.1},
            {"amount": 0.2},
            {"rule": "R28", "amount": 5.0},
            {"rule": "R02"},
            {"excluded": True},
            {"institution_id": "H2", "rule": "R29", "amount": 1.0},
        ),
        NIGHT,
    )
    assert found.to_dict("records") == [
        {
            "institution_id": "H1",
            "hung_bed_hits": 2,
            "bed_hits": 3,
            "bed_yuan": Decimal("5.30"),
            "rules": "R01×2 R28×1",
        },
        {
            "institution_id": "H2",
            "hung_bed_hits": 0,
            "bed_hits": 1,
            "bed_yuan": Decimal("1.00"),
            "rules": "R29×1",
        },
    ]
