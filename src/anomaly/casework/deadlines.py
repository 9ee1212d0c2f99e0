"""By when a case must move on: working days of its state, the 5th for decisions."""

from datetime import date

from anomaly.casework.case import CLOSED, Case
from anomaly.periods import shift
from anomaly.policy.casework import Casework
from anomaly.policy.working_days import add_working_days, on_or_before

UNDECIDED = ("suspected", "notified", "accepted", "appealed", "reviewed")


def decide_by(case: Case, policy: Casework) -> date:
    """Return the last working day up to the 5th of the month after the opening."""
    month = shift(case.opened_on.replace(day=1), 1)
    return on_or_before(month.replace(day=policy.deadlines.decide_by_day))


def deadline(case: Case, policy: Casework) -> date | None:
    """Return the day by which a case must take its next step; None where none is.

    The earlier of its state's working days and, until it is decided, of the day
    for decisions. Imported history has none until it is stepped.
    """
    if case.state in CLOSED or (case.history and not case.stepped):
        return None
    days = policy.deadlines.working_days.get(case.state)
    found = [] if days is None else [add_working_days(case.since, days)]
    if case.state in UNDECIDED:
        found.append(decide_by(case, policy))
    return min(found, default=None)


def days_left(case: Case, policy: Casework, today: date) -> int | None:
    """Return the calendar days to the deadline, below 0 where it is past."""
    day = deadline(case, policy)
    return None if day is None else (day - today).days


def is_overdue(case: Case, policy: Casework, today: date) -> bool:
    """Tell whether a case should have moved on by now."""
    left = days_left(case, policy, today)
    return left is not None and left < 0
