"""Months: first-of-month dates inside, 'YYYY-MM' outside."""

from datetime import date, datetime

from anomaly.errors import UsageError

MonthLike = str | date


def parse_month(value: MonthLike) -> date:
    """Return the first day of a month given as 'YYYY-MM' or as any date in it.

    Raises UsageError where the text is no month.
    """
    if isinstance(value, date):  # a datetime is a date as well
        return date(value.year, value.month, 1)
    try:
        return datetime.strptime(value, "%Y-%m").date()  # noqa: DTZ007
    except (TypeError, ValueError):
        raise UsageError(
            f"month: found '{value}'", expected="YYYY-MM, such as 2026-06"
        ) from None


def month_text(month: MonthLike) -> str:
    """Return a month as 'YYYY-MM'."""
    return parse_month(month).strftime("%Y-%m")


def shift(month: date, months: int) -> date:
    """Return the month that lies `months` later (earlier where negative)."""
    index = month.year * 12 + month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
