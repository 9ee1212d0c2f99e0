"""When briefs are due, and deadlines counted in working days."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly.briefs.due import (
    RULES,
    Timing,
    due_at,
    due_day,
    last_due,
    next_dues,
    reported,
    timing,
)
from anomaly.errors import PolicyError
from anomaly.periods import parse_month
from anomaly.policy.working_days import (
    add_working_days,
    count_working_days,
    is_working_day,
    on_or_after,
    on_or_before,
)

DAYS = st.dates(date(2022, 1, 1), date(2030, 12, 31))
SHANGHAI = ZoneInfo("Asia/Shanghai")


def ruled(rule="before", day=5):
    return Timing(day, 6, 30, rule, -1, 24, "Asia/Shanghai", "a clause")


def falls(month, rule):
    return due_day(ruled(rule), parse_month(month)).isoformat()


@pytest.mark.parametrize(
    ("month", "before", "on", "after"),
    [
        ("2026-06", "2026-06-05", "2026-06-05", "2026-06-05"),  # a Friday
        ("2026-09", "2026-09-04", "2026-09-05", "2026-09-07"),  # a Saturday
        ("2026-07", "2026-07-03", "2026-07-05", "2026-07-06"),  # a Sunday
        ("2026-04", "2026-04-03", "2026-04-05", "2026-04-07"),  # 清明节
        # No day is worked from the 1st to the 5th: the month reported is over then.
        ("2026-10", "2026-10-05", "2026-10-05", "2026-10-08"),  # 国庆节
        ("2026-05", "2026-05-05", "2026-05-05", "2026-05-06"),  # 劳动节
        ("2025-05", "2025-05-05", "2025-05-05", "2025-05-06"),
        ("2027-06", "2027-06-04", "2027-06-05", "2027-06-07"),  # not announced
    ],
)
def test_the_fifth(month, before, on, after):
    assert [falls(month, rule) for rule in RULES] == [before, on, after]


@pytest.mark.parametrize(
    ("day", "month", "before", "after"),
    [
        (4, "2025-02", "2025-02-04", "2025-02-05"),  # 春节 from 28 January
        (4, "2024-02", "2024-02-04", "2024-02-04"),  # a Sunday worked for it
        (17, "2026-02", "2026-02-14", "2026-02-24"),  # 春节; the Saturday is worked
        (8, "2025-02", "2025-02-08", "2025-02-08"),  # a Saturday worked
    ],
)
def test_spring_festival_and_weekends_worked(day, month, before, after):
    first = parse_month(month)
    found = [due_day(ruled(rule, day), first) for rule in ("before", "after")]
    assert [str(day) for day in found] == [before, after]


@given(DAYS, st.sampled_from(RULES), st.integers(1, 20))
def test_a_run_is_due_on_a_working_day_of_its_month(day, rule, nominal):
    month = day.replace(day=1)
    wanted = month.replace(day=nominal)
    due = due_day(ruled(rule, nominal), month)
    first, last = ruled(rule, nominal).window
    assert due.replace(day=1) == month
    assert first <= due.day <= last
    none_worked = not any(
        is_working_day(month + timedelta(days=n)) for n in range(nominal)
    )
    if rule == "on" or (rule == "before" and none_worked):
        assert due == wanted
    else:
        assert is_working_day(due)
    if rule == "before":
        assert due <= wanted


@given(DAYS, st.integers(0, 60))
def test_adding_working_days_then_counting_gives_them_back(day, count):
    later = add_working_days(day, count)
    assert count_working_days(day, later) == count
    assert count == 0 or is_working_day(later)


@given(DAYS, st.integers(1, 60))
def test_going_back_returns_from_a_working_day(day, count):
    start = on_or_after(day)
    assert add_working_days(add_working_days(start, count), -count) == start


@given(DAYS)
def test_the_nearest_working_days_enclose_a_day(day):
    before, after = on_or_before(day), on_or_after(day)
    assert before <= day <= after
    assert is_working_day(before)
    assert is_working_day(after)
    assert (before == day) == (after == day) == is_working_day(day)


def test_deadlines_over_a_holiday():
    assert str(add_working_days(date(2026, 9, 30), 1)) == "2026-10-08"
    assert str(add_working_days(date(2026, 10, 9), 1)) == "2026-10-10"  # a Saturday
    assert str(add_working_days(date(2026, 10, 8), -1)) == "2026-09-30"


@pytest.mark.parametrize(
    ("now", "last", "following"),
    [
        ("2026-11-05T06:29", "2026-10", "2026-11-05T06:30:00+08:00"),
        ("2026-11-05T06:30", "2026-11", "2026-12-04T06:30:00+08:00"),
        ("2026-12-31T23:00", "2026-12", "2027-01-05T06:30:00+08:00"),
    ],
)
def test_last_and_next(now, last, following):
    moment = datetime.fromisoformat(now).replace(tzinfo=SHANGHAI)
    assert last_due(ruled(), moment) == parse_month(last)
    assert next_dues(ruled(), moment)[0].isoformat() == following


def test_the_moment_is_the_policys_not_the_machines():
    at_utc = datetime.fromisoformat("2026-11-04T22:30+00:00")
    assert due_at(ruled(), parse_month("2026-11")) == at_utc
    assert last_due(ruled(), at_utc) == parse_month("2026-11")


def test_the_shipped_policy():
    rule = timing()
    assert (rule.day, rule.working_day_rule, rule.time_zone) == (
        5,
        "before",
        "Asia/Shanghai",
    )
    assert rule.basis
    assert reported(rule, parse_month("2027-01")) == parse_month("2026-12")


GIVEN = """basis = "x"
day = 8
hour = 7
minute = 0
time_zone = "Asia/Shanghai"
working_day_rule = "after"
month_offset = -1
grace_hours = 4
"""


def test_a_stores_own_file_takes_its_place(tmp_path):
    (tmp_path / "schedule.toml").write_text(GIVEN)
    assert timing(tmp_path).day == 8
    assert timing(tmp_path / "other").day == 5


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("day = 8", "day = 31", "day is 31; expected a whole number from 1 to 20"),
        ("day = 8", 'day = "8"', "expected a whole number"),
        ("hour = 7", "hour = 24", "from 0 to 23"),
        ('"after"', '"never"', "expected one of before, on, after"),
        ("Asia/Shanghai", "Asia/Peking", "is not known here"),
        ("Asia/Shanghai", "../etc/passwd", "is not known here"),
        ("month_offset = -1", "month_offset = 0", "from -12 to -1"),
        ("minute = 0", "minute = 0\nsecond = 1", "unknown key 'second'"),
        ("minute = 0", "", "key 'minute' is missing"),
        ("minute = 0", "minute =", "is no TOML"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, old, new, words):
    (tmp_path / "schedule.toml").write_text(GIVEN.replace(old, new))
    with pytest.raises(PolicyError, match=r"schedule\.toml") as refused:
        timing(tmp_path)
    assert words in str(refused.value)
