"""The working calendar: how busy each day of a month is."""

from datetime import date

import numpy as np

from anomaly.periods import shift

EPOCH = date(1970, 1, 1).toordinal()
DAY = 86_400
# Monday is the busiest day, Sunday the quietest.
_WEEK = np.array([1.15, 1.03, 1.0, 1.0, 0.98, 0.6, 0.4])
# Public holidays as published by the State Council: first day, last day, activity.
_HOLIDAYS = (
    ((2024, 5, 1), (2024, 5, 5), 0.45),
    ((2024, 6, 8), (2024, 6, 10), 0.5),
    ((2024, 9, 15), (2024, 9, 17), 0.5),
    ((2024, 10, 1), (2024, 10, 7), 0.35),
    ((2025, 1, 1), (2025, 1, 1), 0.4),
    ((2025, 1, 28), (2025, 2, 4), 0.15),
    ((2025, 4, 4), (2025, 4, 6), 0.45),
    ((2025, 5, 1), (2025, 5, 5), 0.45),
    ((2025, 5, 31), (2025, 6, 2), 0.5),
    ((2025, 10, 1), (2025, 10, 8), 0.35),
    ((2026, 1, 1), (2026, 1, 3), 0.4),
    ((2026, 2, 15), (2026, 2, 23), 0.15),
    ((2026, 4, 4), (2026, 4, 6), 0.45),
    ((2026, 5, 1), (2026, 5, 5), 0.45),
    ((2026, 6, 19), (2026, 6, 21), 0.5),
)


def day_number(day: date) -> int:
    """Return days since 1970, the form in which the world counts days."""
    return day.toordinal() - EPOCH


def _holiday_factor(day: date) -> float:
    for first, last, factor in _HOLIDAYS:
        if date(*first) <= day <= date(*last):
            return factor
    # Outside the published years only the fixed dates are known.
    known = date(2024, 5, 1) <= day <= date(2026, 12, 31)
    fixed = (day.month in (5, 10) and day.day <= 5) or (day.month, day.day) == (1, 1)
    return 0.4 if fixed and not known else 1.0


def is_quiet(day: date) -> bool:
    """Tell whether a day is a weekend day or a public holiday."""
    return day.weekday() >= 5 or _holiday_factor(day) < 1


class MonthClock:
    """Days of one month with their weights."""

    def __init__(self, month: date) -> None:
        self.month = month
        self.first = day_number(month)
        self.end = day_number(shift(month, 1))
        days = [date.fromordinal(EPOCH + n) for n in range(self.first, self.end)]
        self.weights = np.array([_WEEK[d.weekday()] * _holiday_factor(d) for d in days])
        self.quiet = np.array([is_quiet(d) for d in days])
        # Colds fill waiting rooms in winter.
        self.season = 1 + 0.07 * np.cos(2 * np.pi * (month.month - 1) / 12)

    @property
    def activity(self) -> float:
        """Activity of the month, about 1 for an ordinary one."""
        return float(self.weights.sum() / 26.4 * self.season)

    def draw_days(
        self, rng: np.random.Generator, size: int, *, flatten: float = 0.0
    ) -> np.ndarray:
        """Draw day numbers by weight; admissions are flatter than outpatients."""
        weights = (1 - flatten) * self.weights + flatten * self.weights.mean()
        cumulative = np.cumsum(weights)
        spots = np.searchsorted(cumulative, rng.random(size) * cumulative[-1], "right")
        return self.first + np.minimum(spots, len(weights) - 1)


def clinic_seconds(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw starting times in clinic hours, to the minute; few at night."""
    morning = rng.random(size) < 0.64
    minute = np.where(
        morning, 480 + rng.random(size) * 215, 840 + rng.random(size) * 190
    )
    night = rng.random(size) < 0.012
    minute = np.where(night, 1080 + rng.random(size) * 290, minute)
    return minute.astype(np.int64) * 60


def shop_seconds(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw times in a pharmacy's opening hours."""
    return (8 * 3600 + rng.random(size) * 12.8 * 3600).astype(np.int64)
