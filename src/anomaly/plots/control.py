"""A monthly series with natural process limits: a picture, no alarm rests on it."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from anomaly.detectors.charts import run_rules, xmr_limits
from anomaly.plots.drawing import Sheet, styled
from anomaly.plots.style import BLUE, FAINT, TIER_LOOKS

LEAST = 12
EVERY = 6
MARKS = {"beyond": ("red", "D"), "run": ("orange", "^")}


def control_table(series: pd.DataFrame, baseline: int | None = None) -> pd.DataFrame:
    """Return month, value, centre, lower, upper, beyond and run, oldest month first.

    Parameters
    ----------
    series : DataFrame
        month and value, a row a month; months without a value are left out. A column
        name, where there is one, becomes the title.
    baseline : int, optional
        How many of the first months make the limits, all unless given.

    The limits are those of `anomaly.detectors.charts.xmr_limits`; ``beyond`` is a
    value outside them, ``run`` one that completes another run of the Western Electric
    rules. With fewer than 12 months in the baseline there are no limits.

    >>> months = pd.date_range("2025-01-01", periods=12, freq="MS")
    >>> table = control_table(pd.DataFrame({"month": months, "value": [5, 7] * 6}))
    >>> table[["centre", "upper"]].iloc[-1].tolist()
    [6.0, 11.32]
    """
    kept = ["month", "value", *series.columns.intersection(["name"])]
    table = series.loc[series["value"].notna(), kept].copy()
    table["month"] = pd.to_datetime(table["month"])
    table["value"] = table["value"].astype(float)
    table = table.sort_values("month").reset_index(drop=True)
    basis = table["value"].head(baseline or len(table))
    table = table.assign(centre=np.nan, lower=np.nan, upper=np.nan)
    if len(basis) < LEAST:
        return table.assign(beyond=False, run=False)
    found = xmr_limits(basis)
    told = run_rules(table["value"], found.centre, found.sigma)
    beyond = ~table["value"].between(found.lower, found.upper)
    return table.assign(
        centre=found.centre,
        lower=found.lower,
        upper=found.upper,
        beyond=beyond,
        run=told["any"] & ~beyond,
    )


@styled("control", Sheet(columns=5), needs=("month", "value", "centre", *MARKS))
def draw_control(
    table: pd.DataFrame, ax: Axes, *, words: dict, title: str = "", scale: float = 1.0
) -> Axes:
    """Draw a series between its limits; what lies outside differs by shape.

    ``table`` is what `control_table` returns, ``scale`` divides the values. `words`
    may hold series, centre, limits, beyond, run, number and short.

    >>> months = pd.date_range("2025-01-01", periods=12, freq="MS")
    >>> table = control_table(pd.DataFrame({"month": months, "value": [5, 7] * 6}))
    >>> draw_control(table, language="en").get_legend_handles_labels()[1]
    ['Mean', 'Natural process limits (XmR)', 'By month']
    """
    ax.set_title(title or (table["name"].iloc[0] if "name" in table else ""))
    values = table["value"] / scale
    _limits(ax, table, scale, words)
    ax.plot(
        table["month"], values, color=BLUE, lw=1.2, marker="o", ms=3,
        label=words["series"],
    )  # fmt: skip
    for name, (tier, marker) in MARKS.items():
        rows = table[name]
        if rows.any():
            ax.scatter(
                table.loc[rows, "month"],
                values[rows],
                marker=marker,
                s=54,
                color=TIER_LOOKS[tier].colour,
                edgecolors="white",
                zorder=5,
                label=words[name],
            )
    every = table["month"].iloc[::-EVERY][::-1]
    ax.set_xticks(list(every), [month.strftime("%Y-%m") for month in every])
    ax.tick_params(axis="x", labelcolor=FAINT)
    ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: words["number"].format(v)))
    ax.margins(x=0.04, y=0.14)
    return ax


def _limits(ax: Axes, table: pd.DataFrame, scale: float, words: dict) -> None:
    if table["centre"].isna().all():
        text = words["short"].format(least=LEAST)
        ax.text(0.01, 0.97, text, transform=ax.transAxes, va="top", color=FAINT)
        return
    row = table.iloc[0]
    ax.axhline(row["centre"] / scale, color=BLUE, lw=0.9, label=words["centre"])
    for place, name in enumerate(("lower", "upper")):
        label = words["limits"] if place else None
        dashes = (0, (5, 3))
        ax.axhline(row[name] / scale, color=BLUE, lw=0.9, ls=dashes, label=label)
