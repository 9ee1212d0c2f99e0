"""A monthly series with the range its own past leads one to expect."""

from datetime import date

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from anomaly.plots.drawing import styled
from anomaly.plots.style import BAND, BLUE, FAINT, TIER_LOOKS

LEAST_MONTHS = 6


def trend_table(series: pd.DataFrame, month: date, window: int = 24) -> pd.DataFrame:
    """Return month, value, centre, lower, upper, is_report_month.

    The centre is a straight line through the months before the report month (the
    median of the slopes between any two months, so that one odd month cannot tilt
    it); the limits lie 2.66 mean moving ranges of what is left around it. The report
    month cannot widen its own range. With fewer than six earlier months there are
    no limits.
    """
    table = series.loc[:, ["month", "value"]].copy()
    table["month"] = pd.to_datetime(table["month"])
    table["value"] = table["value"].astype(float)
    report = pd.Timestamp(month)
    table = table.loc[table["month"] <= report].sort_values("month").tail(window)
    centre, reach = _expected(table.loc[table["month"] < report], table["month"])
    table = table.assign(
        centre=centre, lower=np.maximum(centre - reach, 0), upper=centre + reach
    )
    return table.assign(is_report_month=table["month"] == report).reset_index(drop=True)


def _expected(before: pd.DataFrame, months: pd.Series) -> tuple[np.ndarray, float]:
    if len(before) < LEAST_MONTHS:
        return np.full(len(months), np.nan), np.nan
    from scipy.stats import theilslopes

    from anomaly.detectors.charts import XMR

    place = before["month"].map(_index)
    slope, start, *_ = theilslopes(before["value"], place)
    rest = before["value"] - start - slope * place
    return (
        start + slope * months.map(_index)
    ).to_numpy(), XMR * rest.diff().abs().mean()


def _index(month: pd.Timestamp) -> int:
    return month.year * 12 + month.month


NEEDS = ("month", "value", "centre", "lower", "upper", "is_report_month")


@styled("trend", needs=NEEDS)
def draw_trend(
    table: pd.DataFrame,
    ax: Axes,
    *,
    words: dict,
    title: str = "",
    scale: float = 1.0,
    label_every: int = 6,
) -> Axes:
    """Draw the series; the report month stands out by shape and by its value.

    `scale` divides the values (10,000 where the axis is in 万元); `words` holds
    series, band, report and number, a format such as '{:,.0f}'. One month in
    `label_every`, counted back from the last, has its name below the axis.
    """
    ax.set_title(title)
    values = table["value"] / scale
    if table["upper"].notna().any():
        ax.fill_between(
            table["month"],
            table["lower"] / scale,
            table["upper"] / scale,
            color=BAND,
            lw=0,
            label=words["band"],
        )
        ax.plot(table["month"], table["centre"] / scale, color=BLUE, lw=0.7, ls="--")
    ax.plot(
        table["month"],
        values,
        color=BLUE,
        lw=1.3,
        marker="o",
        ms=2.8,
        label=words["series"],
    )
    _mark_report(ax, table, scale, words)
    _months(ax, table, label_every)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: words["number"].format(v)))
    ax.margins(y=0.18)
    return ax


def _mark_report(ax: Axes, table: pd.DataFrame, scale: float, words: dict) -> None:
    rows = table.loc[table["is_report_month"]]
    falls = table["value"].diff().iloc[-1] < 0
    look = TIER_LOOKS["orange"]
    for month, value in rows[["month", "value"]].itertuples(index=False):
        ax.plot(
            month,
            value / scale,
            marker="s",
            ms=6,
            mfc=look.colour,
            mec="white",
            ls="",
            label=words["report"],
            zorder=5,
        )
        ax.annotate(
            words["number"].format(value / scale),
            (month, value / scale),
            xytext=(4, -7 if falls else 7),
            textcoords="offset points",
            ha="right",
            va="top" if falls else "bottom",
            bbox={"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.6},
            fontsize=8,
            fontweight="bold",
        )


def _months(ax: Axes, table: pd.DataFrame, step: int) -> None:
    every = table["month"].iloc[::-step][::-1]
    ax.set_xticks(list(every), [month.strftime("%Y-%m") for month in every])
    ax.tick_params(axis="x", labelcolor=FAINT)
    ax.set_xlim(
        table["month"].min() - pd.Timedelta(days=20),
        table["month"].max() + pd.Timedelta(days=30),
    )
