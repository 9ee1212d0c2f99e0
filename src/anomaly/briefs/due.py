"""When a month's briefs are due: a day of the month, held against working days."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from anomaly.errors import PolicyError
from anomaly.periods import shift
from anomaly.policy.read import as_record, policy
from anomaly.policy.working_days import on_or_after, on_or_before

FILE = "schedule.toml"
RULES = ("before", "on", "after")
# No public holiday is longer, with the weekend beside it.
LONGEST_REST = 10
# A run that failed is tried again on so many days.
TRIES = 7
BOUNDS = {
    "day": (1, 20),
    "hour": (0, 23),
    "minute": (0, 59),
    "month_offset": (-12, -1),
    "grace_hours": (0, 24 * 28),
}


@dataclass(frozen=True)
class Timing:
    """When briefs are due, in which zone, and for which month."""

    day: int
    hour: int
    minute: int
    working_day_rule: str
    month_offset: int
    grace_hours: int
    time_zone: str
    basis: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def grace(self) -> timedelta:
        return timedelta(hours=self.grace_hours)

    @property
    def window(self) -> tuple[int, int]:
        """The first and last day of a month on which a run may fall or be retried."""
        first = 1 if self.working_day_rule == "before" else self.day
        rest = LONGEST_REST if self.working_day_rule == "after" else 0
        return first, min(31, self.day + rest + TRIES)


def timing(store: Path | None = None) -> Timing:
    """Return the store's own schedule.toml as a record, else the shipped one."""
    own = store / FILE if store else None
    if own is None or not own.is_file():
        return _checked(policy("schedule"), f"policy/{FILE}")
    try:
        cells = tomllib.loads(own.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(f"{own}: is no TOML in UTF-8 ({error})") from None
    return _checked(cells, str(own))


def _checked(cells: Mapping, where: str) -> Timing:
    found = as_record(Timing, cells, where)
    for name, (low, high) in BOUNDS.items():
        value = getattr(found, name)
        if type(value) is not int or not low <= value <= high:
            raise PolicyError(
                f"{where}: {name} is {value!r}",
                expected=f"a whole number from {low} to {high}",
            )
    if found.working_day_rule not in RULES:
        raise PolicyError(
            f"{where}: working_day_rule is '{found.working_day_rule}'",
            expected=f"one of {', '.join(RULES)}",
        )
    try:
        ZoneInfo(str(found.time_zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PolicyError(
            f"{where}: time_zone '{found.time_zone}' is not known here",
            expected="a name such as Asia/Shanghai, from the system's zone data",
        ) from None
    return found


def due_day(rule: Timing, month: date) -> date:
    """Return the day of a month on which the briefs are due."""
    day = month.replace(day=rule.day)
    if rule.working_day_rule == "after":
        return on_or_after(day)
    if rule.working_day_rule == "before":
        worked = on_or_before(day)
        return worked if worked >= month.replace(day=1) else day
    return day


def due_at(rule: Timing, month: date) -> datetime:
    """Return the moment of that day, in the policy's zone."""
    moment = time(rule.hour, rule.minute, tzinfo=rule.zone)
    return datetime.combine(due_day(rule, month), moment)


def month_of(rule: Timing, now: datetime) -> date:
    """Return the first of the month that it is in the policy's zone."""
    return now.astimezone(rule.zone).date().replace(day=1)


def last_due(rule: Timing, now: datetime) -> date:
    """Return the month in which the latest run fell due."""
    month = month_of(rule, now)
    return month if due_at(rule, month) <= now else shift(month, -1)


def next_dues(rule: Timing, now: datetime, count: int = 1) -> list[datetime]:
    """Return the next moments at which a run falls due."""
    first = shift(last_due(rule, now), 1)
    return [due_at(rule, shift(first, n)) for n in range(count)]


def reported(rule: Timing, month: date) -> date:
    """Return the month that a run falling in this one reports."""
    return shift(month, rule.month_offset)
