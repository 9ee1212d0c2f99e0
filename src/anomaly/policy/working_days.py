"""Working days, by the State Council's announcements in holidays.toml."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

from anomaly.policy.read import policy

DAY = timedelta(days=1)
SATURDAY = 5


@cache
def _exceptions() -> Mapping[date, bool]:
    """Return the days that are not as their weekday says: day -> is it worked."""
    found: dict[date, bool] = {}
    for year in policy("holidays").values():
        for first, last in year["holidays"]:
            span = range((last - first).days + 1)
            found |= {first + DAY * step: False for step in span}
        found |= dict.fromkeys(year["worked"], True)
    return found


def is_working_day(day: date) -> bool:
    """Tell whether a day is worked; Monday to Friday in a year not announced."""
    return _exceptions().get(day, day.weekday() < SATURDAY)


def on_or_before(day: date) -> date:
    """Return the day, or the last working day before it where it is none."""
    while not is_working_day(day):
        day -= DAY
    return day


def on_or_after(day: date) -> date:
    """Return the day, or the first working day after it where it is none."""
    while not is_working_day(day):
        day += DAY
    return day


def add_working_days(day: date, n: int) -> date:
    """Return the n-th working day after a day, the day itself where n is 0."""
    for _ in range(n):
        day = on_or_after(day + DAY)
    return day
