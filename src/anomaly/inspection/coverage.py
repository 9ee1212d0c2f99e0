"""Who has been visited in this period, who is due, and in which month to go."""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from anomaly.errors import UsageError
from anomaly.inspection.draw import drawing_order
from anomaly.inspection.visits import Visit
from anomaly.periods import month_text, shift
from anomaly.policy.coverage import Coverage, coverage_policy
from anomaly.policy.working_days import count_working_days, on_or_before

DAY = timedelta(days=1)
# What a period is called by its months, with its place in the year.
NAMES = {1: "{year}-{nth:02d}", 3: "{year}Q{nth}", 6: "{year}H{nth}", 12: "{year}"}
COLUMNS = (
    "unit_kind",
    "unit_id",
    "unit_name",
    "district",
    "kind",
    "period",
    "last_inspected_on",
    "state",
    "periods_missed",
    "due_on",
    "three_years_due_on",
    "three_years_state",
    "planned_month",
    "risk",
)
PROGRESS = ("units", "done", "left", "overdue", "share", "per_working_day_left")


@dataclass(frozen=True)
class Period:
    """Some whole months of a year; ``first`` and ``last`` are its days."""

    first: date
    months: int

    @property
    def name(self) -> str:
        nth = (self.first.month - 1) // self.months + 1
        return NAMES[self.months].format(year=self.first.year, nth=nth)

    @property
    def last(self) -> date:
        return shift(self.first, self.months) - DAY

    @property
    def due_on(self) -> date:
        """The last working day, by which the visit is to be done."""
        return on_or_before(self.last)

    @property
    def before(self) -> "Period":
        return Period(shift(self.first, -self.months), self.months)


def period_of(day: date, months: int) -> Period:
    """Return the period of so many months, counted from January, that holds a day."""
    first = (day.month - 1) // months * months + 1
    return Period(date(day.year, first, 1), months)


def coverage(
    units: pd.DataFrame,
    visits: Iterable[Visit],
    on: date,
    policy: Coverage | None = None,
    seed: str = "",
) -> pd.DataFrame:
    """Return a row a unit: visited in the period of a day or not, and when to go.

    Parameters
    ----------
    units : DataFrame
        `anomaly.inspection.units.COLUMNS`, and risk if known (higher = worse).
    visits : iterable of Visit
        Those after ``on``, or of a manner that the policy does not count, are passed
        over.
    on : date
        The day as of which it is told.
    seed : str
        Whoever does not know it cannot foretell the order among equals.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. state is done, due or overdue: overdue where a complete
        period has passed unvisited since the last visit (periods_missed says how
        many), or where the day itself lies after due_on. planned_month, 'YYYY-MM',
        spreads those left evenly over the months left, the riskiest and the longest
        missed first. UsageError for a unit that stands twice.
    """
    policy = policy or coverage_policy()
    _refuse_twice(units)
    last = _last_visits(visits, on, policy)
    rows = [_row(one, last, on, policy) for one in units.to_dict("records")]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    found["planned_month"] = found["planned_month"].astype(object)
    for kind, cycle in policy.cycles.items():
        left = found[(found["unit_kind"] == kind) & (found["state"] != "done")]
        plan = planned(left, period_of(on, cycle.months), on, seed)
        found.loc[left.index, "planned_month"] = left["unit_id"].map(plan)
    order = ["unit_kind", "district", "unit_id"]
    return found.sort_values(order, ignore_index=True)


def _refuse_twice(units: pd.DataFrame) -> None:
    twice = units[units.duplicated(["unit_kind", "unit_id"])]
    if len(twice):
        one = twice.iloc[0]
        raise UsageError(
            f"{one['unit_kind']} '{one['unit_id']}': it stands twice",
            expected="each unit once",
        )


def _last_visits(
    visits: Iterable[Visit], on: date, policy: Coverage
) -> dict[tuple, date]:
    """Return the last day on which each unit was visited."""
    found: dict[tuple, date] = {}
    for one in visits:
        if one.inspected_on <= on and one.how in policy.counts:
            key = (one.unit_kind, one.unit_id)
            found[key] = max(one.inspected_on, found.get(key, one.inspected_on))
    return found


def _row(unit: dict, last: dict, on: date, policy: Coverage) -> dict:
    cycle = policy.cycles.get(unit["unit_kind"])
    if cycle is None:
        raise UsageError(
            f"unit '{unit['unit_kind']}': no cycle of visits",
            expected=f"one of {', '.join(policy.cycles)}",
        )
    seen = last.get((unit["unit_kind"], unit["unit_id"]))
    since = max(filter(None, (unit["since"], policy.recorded_from)))
    period = period_of(on, cycle.months)
    missed = missed_periods(period, since, seen)
    years_due_on = on_or_before(years_after(seen or since, policy.longest.years))
    return {
        **{name: unit.get(name, "") for name in COLUMNS[:5]},
        "period": period.name,
        "last_inspected_on": seen,
        "state": _state(period, seen, missed, on),
        "periods_missed": missed,
        "due_on": period.due_on,
        "three_years_due_on": years_due_on,
        "three_years_state": _years_state(seen, years_due_on, on),
        "risk": unit.get("risk", float("nan")),
    }


def missed_periods(period: Period, since: date, seen: date | None) -> int:
    """Return how many complete periods before this one went by unvisited.

    Counted back to the last visit, or to the first period that lies wholly after
    ``since``: of a period in which the agreement began, part was no time to visit.
    """
    count, before = 0, period.before
    if seen and seen >= period.first:
        return 0
    while before.first >= since and not (seen and seen >= before.first):
        count, before = count + 1, before.before
    return count


def _state(period: Period, seen: date | None, missed: int, on: date) -> str:
    if seen and seen >= period.first:
        return "done"
    return "overdue" if missed or on > period.due_on else "due"


def _years_state(seen: date | None, due_on: date, on: date) -> str:
    if on > due_on:
        return "overdue"
    return "done" if seen else "due"


def years_after(day: date, years: int) -> date:
    """Return the same day so many years later; 28 February for one that is none."""
    year = day.year + years
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))


def months_left(period: Period, on: date) -> list[date]:
    """Return the months of a period with a working day left, from a day on.

    The day's own month where none is left: then it is to be done at once.
    """
    month = on.replace(day=1)
    found = []
    while month <= period.due_on:
        first = max(on, month)
        end = min(period.due_on, shift(month, 1) - DAY)
        if count_working_days(first - DAY, end):
            found.append(month)
        month = shift(month, 1)
    return found or [on.replace(day=1)]


def planned(
    left: pd.DataFrame, period: Period, on: date, seed: str = ""
) -> dict[str, str]:
    """Return the month of each unit left: loads differ by at most one.

    The riskiest go first, then who was missed for longer, then as the seed draws.
    """
    drawn = drawing_order(f"{seed}|{period.name}", left["unit_id"])
    place = {name: nth for nth, name in enumerate(drawn)}
    ordered = left.assign(place=left["unit_id"].map(place)).sort_values(
        ["risk", "periods_missed", "place"],
        ascending=[False, False, True],
        na_position="last",
    )
    months = months_left(period, on)
    each, more = divmod(len(ordered), len(months))
    loads = [each + (nth < more) for nth in range(len(months))]
    slots = [
        month_text(month)
        for month, load in zip(months, loads, strict=True)
        for _ in range(load)
    ]
    return dict(zip(ordered["unit_id"], slots, strict=True))


def progress(
    found: pd.DataFrame, on: date, by: Sequence[str] = ("unit_kind",)
) -> pd.DataFrame:
    """Return how far the period has come: ``by``, then `PROGRESS`, a row a kind.

    left are all units not yet visited, overdue those of them that should have been;
    share is done over units; per_working_day_left the visits a working day that it
    takes from ``on`` to the due day, NaN where no working day is left.
    """
    names = list(dict.fromkeys([*by, "unit_kind"]))
    rows = []
    for key, group in found.groupby(names, sort=True):
        done = int((group["state"] == "done").sum())
        left = len(group) - done
        days = count_working_days(on - DAY, group["due_on"].iloc[0])
        row = dict(zip(names, key, strict=True))
        row |= {"units": len(group), "done": done, "left": left}
        row["overdue"] = int((group["state"] == "overdue").sum())
        row["share"] = round(done / len(group), 4)
        row["per_working_day_left"] = round(left / days, 2) if days else float("nan")
        rows.append(row)
    return pd.DataFrame(rows, columns=[*names, *PROGRESS])
