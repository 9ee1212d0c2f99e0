"""A person's visits day by day, a row a month, by institution."""

import calendar
from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from anomaly.plots.drawing import Sheet, styled
from anomaly.plots.style import INK, Margins

# Apart in lightness; a number in each cell says it again, for print in grey.
COLOURS = ("#1f4e79", "#f0bd3a", "#8c1c2b", "#9cc3e0", "#d2741c", "#6b8f71")
OTHER, WEEKEND, FREE = "#c3ccd4", "#f0f2f4", "#fafbfc"
SATURDAY = 5
STAY = ("admitted_at", "discharged_at")


def calendar_table(visits: pd.DataFrame, numbered: int = len(COLOURS)) -> pd.DataFrame:
    """Return a row a day and institution: day, institution_id, number, visits.

    ``visits`` is what `store.visits_of` returns. ``number`` is the institution's place
    by visits (by id where equal), 0 beyond the first ``numbered``.

    >>> days = pd.to_datetime(["2026-06-01", "2026-06-01", "2026-06-02"])
    >>> frame = pd.DataFrame({"day": days, "institution_id": ["H2", "H1", "H1"]})
    >>> calendar_table(frame)["number"].tolist()
    [1, 2, 1]
    """
    counts = visits["institution_id"].value_counts()
    order = sorted(counts.index, key=lambda one: (-counts[one], one))
    places = {one: nth for nth, one in enumerate(order[:numbered], start=1)}
    days = pd.to_datetime(visits["day"]).dt.normalize()
    table = visits.assign(day=days).groupby(["day", "institution_id"], as_index=False)
    table = table.size().rename(columns={"size": "visits"})
    number = table["institution_id"].map(places).fillna(0).astype(int)
    table = table.assign(number=number)
    # Within a day those that have a number come first, in its order.
    order = number.where(number > 0, numbered + 1)
    table = table.assign(order=order).sort_values(["day", "order", "institution_id"])
    columns = ["day", "institution_id", "number", "visits"]
    return table[columns].reset_index(drop=True)


def _months_seen(visits: pd.DataFrame) -> int:
    return len(_months(visits["day"])) if len(visits) else 1


def _months(days: pd.Series) -> list[pd.Period]:
    days = pd.to_datetime(days)
    return list(pd.period_range(days.min(), days.max(), freq="M"))


@styled(
    "calendar",
    Sheet(178, 34, 6, Margins(left=17, bottom=22), columns=3, rows=_months_seen),
    needs=("day", "institution_id", "institution_name", "visit_class", *STAY),
)
def draw_calendar(
    table: pd.DataFrame, ax: Axes, *, words: dict, title: str = ""
) -> Axes:
    """Draw a cell a day, filled by institution; several institutions share a cell.

    ``table`` is what `store.visits_of` returns: day, institution_id, institution_name,
    visit_class, admitted_at, discharged_at. A line under cells is an inpatient stay,
    weekends are shaded. `words` may hold numbered, other, stay, empty, axis.

    >>> day = pd.to_datetime(["2026-06-03"])
    >>> house = {"institution_id": "H1", "institution_name": "甲"}
    >>> visit = {"visit_class": "outpatient", **dict.fromkeys(("day", *STAY), day)}
    >>> ax = draw_calendar(pd.DataFrame(house | visit))
    >>> ax.get_legend_handles_labels()[1]
    ['1 甲（1 次）']
    """
    ax.set_title(title)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    if table.empty:
        ax.set_axis_off()
        ax.text(0.5, 0.5, words["empty"], transform=ax.transAxes, ha="center")
        return ax
    cells = calendar_table(table)
    months = _months(table["day"])
    rows = {month: place for place, month in enumerate(months)}
    for month, row in rows.items():
        _blank(ax, month, row)
    for day, found in cells.groupby("day"):
        row = rows[day.to_period("M")]
        _filled(ax, day.day, row, found["number"].tolist())
    stays = table[table["visit_class"] == "inpatient"]
    _stays(ax, stays[list(STAY)].to_numpy(), rows)
    _keys(ax, table, cells, len(stays) > 0, words)
    ax.set_xlim(0.5, 31.5)
    ax.set_ylim(len(months) - 0.45, -0.55)
    ax.set_xticks([1, 5, 10, 15, 20, 25, 30])
    axis = words["axis"]["month"]
    told = [axis.format(year=one.year, month=one.month) for one in months]
    ax.set_yticks(range(len(months)), told)
    ax.tick_params(length=0)
    return ax


def _blank(ax: Axes, month: pd.Period, row: int) -> None:
    for day in range(1, month.days_in_month + 1):
        free = calendar.weekday(month.year, month.month, day) >= SATURDAY
        shade = WEEKEND if free else FREE
        cell = Rectangle((day - 0.47, row - 0.44), 0.94, 0.88, fc=shade, ec="#d8dee3")
        cell.set_linewidth(0.4)
        ax.add_patch(cell)


def _filled(ax: Axes, day: int, row: int, numbers: list[int]) -> None:
    width = 0.94 / len(numbers)
    for place, number in enumerate(numbers):
        left = day - 0.47 + place * width
        colour = COLOURS[number - 1] if number else OTHER
        size = (width, 0.88)
        ax.add_patch(
            Rectangle((left, row - 0.44), *size, fc=colour, ec="white", lw=0.5)
        )
        if len(numbers) <= 2:
            ax.text(
                left + width / 2,
                row,
                str(number) if number else "·",
                ha="center",
                va="center",
                fontsize=7 if len(numbers) == 1 else 5.5,
                color=_readable(colour),
            )


def _readable(colour: str) -> str:
    light = np.dot(to_rgb(colour), (0.299, 0.587, 0.114)) > 0.5
    return INK if light else "white"


def _stays(ax: Axes, stays: Iterable, rows: dict) -> None:
    for admitted, discharged in stays:
        if pd.isna(admitted) or pd.isna(discharged):
            continue
        first, last = pd.Timestamp(admitted), pd.Timestamp(discharged)
        for month in pd.period_range(first, last, freq="M"):
            if month in rows:
                begins = first.day if month == first.to_period("M") else 1
                ends = last.day if month == last.to_period("M") else month.days_in_month
                places = [begins - 0.45, ends + 0.45]
                height = rows[month] + 0.47
                ax.plot(places, [height, height], color=INK, lw=2, clip_on=False)


def _keys(ax: Axes, table, cells, stays: bool, words: dict) -> None:
    """Put what the colours mean into the legend, the most visited first."""
    by_id = table.drop_duplicates("institution_id").set_index("institution_id")
    sums = cells.groupby(["number", "institution_id"])["visits"].sum()
    for (number, institution), visits in sums.items():
        if number:
            name = str(by_id.loc[institution, "institution_name"])
            name = name if len(name) <= 16 else name[:15] + "…"
            told = words["numbered"].format(number=number, name=name, visits=visits)
            ax.add_patch(_key(COLOURS[number - 1], told))
    rest = cells.loc[cells["number"] == 0, "institution_id"].nunique()
    if rest:
        ax.add_patch(_key(OTHER, words["other"].format(count=rest)))
    if stays:
        ax.plot([], [], color=INK, lw=2, label=words["stay"])


def _key(colour: str, label: str) -> Rectangle:
    return Rectangle((0, 0), 0, 0, fc=colour, ec="white", label=label)
