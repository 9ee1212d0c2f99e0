"""Who is due: periods from both sides, states, and a plan that anyone can check."""

from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import pandas as pd
import pytest
from drawn_visits import units, visit
from hypothesis import given
from hypothesis import strategies as st

from anomaly.errors import DataRefusedError, PolicyError, UsageError
from anomaly.inspection.coverage import (
    COLUMNS,
    coverage,
    missed_periods,
    months_left,
    period_of,
    progress,
)
from anomaly.inspection.units import read_units
from anomaly.policy.coverage import coverage_policy
from anomaly.policy.working_days import is_working_day

DAYS = st.dates(date(2023, 1, 1), date(2026, 12, 31))
NEW = date(2026, 4, 15)


@pytest.mark.parametrize(
    ("months", "day", "name", "due_on"),
    [
        # 安康市 2024: each medical institution every half year.
        (6, date(2026, 6, 30), "2026H1", date(2026, 6, 30)),
        (6, date(2026, 7, 1), "2026H2", date(2026, 12, 31)),
        (6, date(2025, 12, 31), "2025H2", date(2025, 12, 31)),
        (6, date(2026, 1, 1), "2026H1", date(2026, 6, 30)),
        # 30 June 2024 was a Sunday: the last working day is the Friday before.
        (6, date(2024, 6, 30), "2024H1", date(2024, 6, 28)),
        # 安康市 2024: each pharmacy every quarter.
        (3, date(2026, 3, 31), "2026Q1", date(2026, 3, 31)),
        (3, date(2026, 4, 1), "2026Q2", date(2026, 6, 30)),
        (3, date(2026, 9, 30), "2026Q3", date(2026, 9, 30)),
        (3, date(2026, 10, 1), "2026Q4", date(2026, 12, 31)),
        (1, date(2026, 2, 28), "2026-02", date(2026, 2, 28)),
        (12, date(2026, 2, 28), "2026", date(2026, 12, 31)),
    ],
)
def test_a_day_lies_in_its_period(months, day, name, due_on):
    period = period_of(day, months)
    assert (period.name, period.due_on) == (name, due_on)
    assert period.first <= day <= period.last


def row(on, *visits, kind="institution", since=date(2024, 1, 1), **more):
    found = coverage(units("H1", kind=kind, since=since), visits, on, **more)
    assert list(found.columns) == list(COLUMNS)
    return found.iloc[0]


@pytest.mark.parametrize(
    ("kind", "day", "on", "state", "missed"),
    [
        # The visit of 30 June is the first half's, that of 1 July the second's.
        ("institution", date(2026, 6, 30), date(2026, 6, 30), "done", 0),
        ("institution", date(2026, 6, 30), date(2026, 7, 1), "due", 0),
        ("institution", date(2026, 7, 1), date(2026, 7, 1), "done", 0),
        ("institution", date(2025, 12, 31), date(2026, 7, 1), "overdue", 1),
        ("institution", date(2025, 6, 30), date(2026, 7, 1), "overdue", 2),
        ("pharmacy", date(2026, 3, 31), date(2026, 4, 1), "due", 0),
        ("pharmacy", date(2026, 4, 1), date(2026, 4, 1), "done", 0),
        ("pharmacy", date(2025, 12, 31), date(2026, 4, 1), "overdue", 1),
        # The due day of 2024H1 was Friday the 28th; from the 29th on it is late.
        ("institution", date(2023, 12, 31), date(2024, 6, 28), "due", 0),
        ("institution", date(2023, 12, 31), date(2024, 6, 29), "overdue", 0),
    ],
)
def test_a_visit_counts_in_its_own_period(kind, day, on, state, missed):
    found = row(on, visit("H1", day, kind=kind), kind=kind)
    assert (found["state"], found["periods_missed"]) == (state, missed)
    assert found["last_inspected_on"] == day


def test_a_period_in_which_the_agreement_began_is_not_missed():
    assert row(date(2026, 6, 1), since=NEW)["state"] == "due"
    assert row(date(2026, 7, 1), since=NEW)["state"] == "due"
    assert row(date(2027, 1, 1), since=NEW)["state"] == "overdue"
    # Begun on a period's first day it is whole.
    assert row(date(2026, 7, 1), since=date(2026, 1, 1))["state"] == "overdue"


def test_periods_before_inspections_were_recorded_are_not_missed(tmp_path):
    (tmp_path / "coverage.toml").write_text("recorded_from = 2026-01-01\n", "utf-8")
    own = coverage_policy(tmp_path)
    assert row(date(2026, 6, 1))["state"] == "overdue"
    assert row(date(2026, 6, 1), policy=own)["state"] == "due"


def test_what_lies_ahead_or_does_not_count_is_passed_over():
    ahead = visit("H1", date(2026, 5, 2))
    assert row(date(2026, 5, 1), ahead)["state"] == "overdue"
    policy = replace(coverage_policy(), counts=["routine"])
    tip = visit("H1", date(2026, 5, 1), how="tip")
    assert row(date(2026, 5, 1), tip, policy=policy)["state"] == "overdue"
    assert row(date(2026, 5, 1), tip)["state"] == "done"


@pytest.mark.parametrize(
    ("on", "state"),
    [(date(2026, 6, 5), "done"), (date(2026, 6, 6), "overdue")],
)
def test_nobody_goes_unvisited_for_three_years(on, state):
    """杭州市: three years end on 7 June 2026, a Sunday: due on Friday the 5th."""
    found = row(on, visit("H1", date(2023, 6, 7)))
    assert found["three_years_due_on"] == date(2026, 6, 5)
    assert found["three_years_state"] == state


def test_three_years_from_a_leap_day_and_without_a_visit():
    assert row(date(2024, 3, 1), visit("H1", date(2024, 2, 29)))[
        "three_years_due_on"
    ] == date(2027, 2, 26)
    assert row(date(2026, 6, 1), since=date(2024, 1, 1))["three_years_state"] == "due"
    assert row(date(2027, 6, 1))["three_years_state"] == "overdue"


@given(DAYS, st.sampled_from([1, 3, 6, 12]))
def test_months_left_hold_a_working_day_up_to_the_due_day(on, months):
    period = period_of(on, months)
    left = months_left(period, on)
    assert left == sorted(left)
    if on > period.due_on:
        assert left == [on.replace(day=1)]
        return
    days = [on + timedelta(n) for n in range((period.due_on - on).days + 1)]
    assert left == sorted({day.replace(day=1) for day in days if is_working_day(day)})


VISITED = st.dictionaries(st.integers(0, 30), DAYS, max_size=31)
RISKS = st.lists(st.none() | st.floats(0, 1), min_size=31, max_size=31)


@given(DAYS, VISITED, RISKS, st.sampled_from(["institution", "pharmacy"]))
def test_a_plan_is_whole_even_and_in_time(on, visited, risks, kind):
    names = [f"U{n:02d}" for n in range(31)]
    asked = units(*names, kind=kind, since=date(2023, 2, 1), risk=risks)
    visits = [visit(names[n], day, kind=kind) for n, day in visited.items()]
    found = coverage(asked, visits, on, seed="s")
    assert sorted(found["unit_id"]) == names
    done = found["state"] == "done"
    assert (found["planned_month"].isna() == done).all()
    left = found[~done]
    assert (
        left["planned_month"] <= left["due_on"].map(lambda d: d.isoformat()[:7])
    ).all()
    assert (left["planned_month"] >= on.isoformat()[:7]).all()
    months = [
        m.isoformat()[:7]
        for m in months_left(period_of(on, {"institution": 6, "pharmacy": 3}[kind]), on)
    ]
    loads = [int((left["planned_month"] == month).sum()) for month in months]
    assert sum(loads) == len(left)
    assert max(loads) - min(loads) <= 1
    # Nobody goes later than one who is less risky.
    risk = left["risk"].astype(float).fillna(-1)
    ordered = (
        left.assign(risk=risk).groupby("planned_month")["risk"].agg(["min", "max"])
    )
    assert (
        ordered["min"].iloc[:-1].to_numpy() >= ordered["max"].iloc[1:].to_numpy()
    ).all()
    told = progress(found, on).iloc[0]
    assert told["units"] == told["done"] + told["left"] == 31
    assert told["overdue"] == (found["state"] == "overdue").sum() <= told["left"]


def test_among_equals_the_hash_decides():
    names = [f"H{n}" for n in range(6)]
    found = coverage(units(*names, since=NEW), [], date(2026, 5, 4), seed="s")
    order = sorted(names, key=lambda n: sha256(f"s|2026H1|{n}".encode()).hexdigest())
    plan = found.set_index("unit_id")["planned_month"]
    assert plan[order].tolist() == ["2026-05"] * 3 + ["2026-06"] * 3
    # Whoever was missed for longer goes before all of them.
    asked = pd.concat([units(*order, since=NEW), units("H9", since=date(2024, 1, 1))])
    plan = coverage(asked, [], date(2026, 5, 4), seed="s").set_index("unit_id")
    assert plan.loc["H9", "planned_month"] == "2026-05"
    assert plan.loc[order[3], "planned_month"] == "2026-06"


def test_progress_counts_working_days():
    asked = units("H1", "H2", "H3", since=NEW)
    visits = [visit("H1", date(2026, 6, 1))]
    on = date(2026, 6, 29)
    told = progress(coverage(asked, visits, on), on).iloc[0]
    # Monday the 29th and Tuesday the 30th are left.
    assert told.to_dict() == {
        "unit_kind": "institution",
        "units": 3,
        "done": 1,
        "left": 2,
        "overdue": 0,
        "share": 0.3333,
        "per_working_day_left": 1.0,
    }
    late = date(2024, 6, 29)
    told = progress(coverage(units("H1", since=date(2024, 1, 1)), [], late), late)
    assert told["per_working_day_left"].isna().all()


def test_both_kinds_have_their_own_periods():
    asked = pd.concat([units("H1"), units("P1", kind="pharmacy")])
    found = coverage(asked, [], date(2026, 5, 4)).set_index("unit_id")
    assert found["period"].to_dict() == {"H1": "2026H1", "P1": "2026Q2"}
    told = progress(found.reset_index(), date(2026, 5, 4), ("district",))
    assert told["unit_kind"].tolist() == ["institution", "pharmacy"]


def test_a_unit_twice_or_of_no_cycle_is_refused():
    with pytest.raises(UsageError, match="stands twice"):
        coverage(units("H1", "H1"), [], date(2026, 5, 4))
    with pytest.raises(UsageError, match="no cycle"):
        coverage(units("D1", kind="doctor"), [], date(2026, 5, 4))


@given(DAYS, st.dates(date(2020, 1, 1), date(2026, 12, 31)), st.none() | DAYS)
def test_missed_periods_are_those_without_a_visit(on, since, seen):
    seen = seen if seen and seen <= on else None
    period = period_of(on, 3)
    firsts = [period.first]
    while firsts[-1] > date(2019, 1, 1):
        firsts.append(period_of(firsts[-1] - timedelta(1), 3).first)
    wanted = sum(
        first >= since and (seen is None or seen < first) for first in firsts[1:]
    )
    assert missed_periods(period, since, seen) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "unknown = 1",
        '[night]\nbasis = ""',
        '[[cycles]]\nid = "institution"\nmonths = 5',
        "[longest]\nyears = 0",
        '[night]\nchoose = "full moon"',
        '[night]\nforemost = "R99"',
        '[night]\nzh = "{nobody}"',
        'recorded_from = "soon"',
    ],
)
def test_a_policy_that_cannot_be_is_refused(tmp_path, text):
    (tmp_path / "coverage.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError):
        coverage_policy(tmp_path)


def test_units_of_a_file(tmp_path):
    path = tmp_path / "units.csv"
    head = "unit_kind,unit_id,district,kind,risk,since\n"
    path.write_text(
        f"{head}institution,H1,990101,医院,.5,2026-04-15\npharmacy,P1,990102,,,\n",
        encoding="utf-8",
    )
    found = read_units(path, date(2024, 5, 1))
    assert found["since"].tolist() == [NEW, date(2024, 5, 1)]
    assert found["risk"].tolist()[0] == 0.5
    path.write_text(
        f"{head}doctor,D1,,,,\ninstitution,,,,,\ninstitution,H1,,,much,\n"
        "pharmacy,P1,,,,2026/13/1\npharmacy,P2,,,,\npharmacy,P2,,,,\n",
        "utf-8",
    )
    with pytest.raises(DataRefusedError) as caught:
        read_units(path, NEW)
    for word in ("doctor", "line 3", "much", "2026/13/1", "stands twice"):
        assert word in str(caught.value)


@pytest.mark.parametrize("text", ["2025-06-05", "2025/6/5", "2025-06-05T08:00"])
def test_days_are_read_as_spreadsheets_write_them(tmp_path, text):
    path = tmp_path / "units.csv"
    path.write_text(f"unit_kind,unit_id,since\ninstitution,H1,{text}\n", "utf-8")
    assert read_units(path, date(2024, 1, 1))["since"].tolist() == [date(2025, 6, 5)]
