"""The working calendar as a step: State Council holidays, weekends worked."""

from anomaly.policy.working_days import exceptions
from anomaly.store.steps import Step

# Stays settled in a month began up to so many days before it.
LOOK_BACK_DAYS = 92
# A Monday, from which weekdays are counted.
MONDAY = "DATE '2018-01-01'"


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
