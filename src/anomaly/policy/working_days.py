"""Working days: State Council holidays, weekends worked, deadlines counted in them."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from anomaly.policy.read import as_record, policy

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Year:
    """The public holidays, first and last day, and weekend days worked for them."""

    holidays: list[list[date]]
    worked: list[date]


@cache
def years() -> dict[int, Year]:
    """Return the announced years; PolicyError on a key that is none."""
    where = "policy/holidays.toml"
    return {
        int(year): as_record(Year, cells, f"{where} {year}")
        for year, cells in policy("holidays").items()
    }


@cache
def exceptions() -> dict[date, bool]:
    """Return the days that are not as their weekday says: day -> is it worked."""
    found = {}
    for year in years().values():
        for first, last in year.holidays:
            for step in range((last - first).days + 1):
                found[first + timedelta(days=step)] = False
        found |= dict.fromkeys(year.worked, True)
    return found


def is_working_day(day: date) -> bool:
    """Tell whether a day is worked; weekdays are where a year is not announced."""
    return exceptions().get(day, day.weekday() < 5)


def on_or_before(day: date) -> date:
    """Return the day itself where it is worked, else the last worked one before."""
    while not is_working_day(day):
        day -= DAY
    return day


def on_or_after(day: date) -> date:
    """Return the day itself where it is worked, else the next worked one."""
    while not is_working_day(day):
        day += DAY
    return day


def add_working_days(day: date, count: int) -> date:
    """Return the count-th working day after a day; before it where negative.

    The day itself is never counted; zero returns it, worked or not.
    """
    step = DAY if count > 0 else -DAY
    for _ in range(abs(count)):
        day += step
        day = on_or_after(day) if count > 0 else on_or_before(day)
    return day


def count_working_days(day: date, until: date) -> int:
    """Return how many working days lie after a day, up to and with another."""
    span = (until - day).days
    return sum(is_working_day(day + n * DAY) for n in range(1, span + 1))
