"""The working calendar as a step: State Council holidays, weekends worked."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from anomaly.policy.read import as_record, policy
from anomaly.store.steps import Step

# Stays settled in a month began up to so many days before it.
LOOK_BACK_DAYS = 92
# A Monday, from which weekdays are counted.
MONDAY = "DATE '2018-01-01'"


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


def is_working(day: date) -> bool:
    """Tell whether a day is worked; weekdays are where a year is not announced."""
    return exceptions().get(day, day.weekday() < 5)


def calendar_step() -> Step:
    """Return the step ``calendar``: the days of a month and of those before it."""
    numbers = ", ".join(f"({n})" for n in range(LOOK_BACK_DAYS + 31))
    days = ", ".join(
        f"(DATE '{day}', {int(worked)})" for day, worked in sorted(exceptions().items())
    )
    return Step(
        name="calendar",
        needs=(),
        about="The days of a month and of three before it: worked, holiday, neither.",
        sql=f"""WITH number AS (
    SELECT n FROM (VALUES {numbers}) AS t (n)
),
known AS (
    SELECT day, worked FROM (VALUES {days}) AS t (day, worked)
),
plain AS (
    SELECT CAST({{month}} - {LOOK_BACK_DAYS} + n AS DATE) AS day FROM number
),
marked AS (
    SELECT
        p.day,
        CASE
            WHEN k.worked IS NOT NULL THEN k.worked
            WHEN date_diff('day', {MONDAY}, p.day) % 7 < 5 THEN 1
            ELSE 0
        END AS is_working,
        CASE WHEN k.worked = 0 THEN 1 ELSE 0 END AS is_holiday
    FROM plain p
    LEFT JOIN known k ON p.day = k.day
)
SELECT
    day,
    is_working,
    is_holiday,
    CASE
        WHEN extract(year FROM day) = extract(year FROM {{month}})
            AND extract(month FROM day) = extract(month FROM {{month}}) THEN 1
        ELSE 0
    END AS in_month,
    {{month}} AS month
FROM marked
WHERE day < {{month}} OR extract(month FROM day) = extract(month FROM {{month}})
ORDER BY day""",
    )
