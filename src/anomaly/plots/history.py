"""A unit's months beside the median of its peers."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from anomaly.plots.drawing import styled
from anomaly.plots.style import BLUE, FAINT, ORDINARY

EVERY = 6


def history_table(history: pd.DataFrame, indicator: str) -> pd.DataFrame:
    """Return month, value and peers_median of one indicator, oldest month first."""
    rows = history.loc[history["indicator"] == indicator]
    table = rows.loc[:, ["month", "value", "peers_median"]].copy()
    table["month"] = pd.to_datetime(table["month"])
    return table.sort_values("month").reset_index(drop=True)


@styled("history", needs=("month", "value", "peers_median"))
def draw_history(
    table: pd.DataFrame, ax: Axes, *, words: dict, title: str = "", scale: float = 1.0
) -> Axes:
    """Draw the unit's line with points, and the peers' median as a dashed line.

    `words` holds unit, peers and number, a format such as '{:,.0f}'; `scale` divides
    the values (.01 where the axis is in per cent).
    """
    ax.set_title(title)
    months = table["month"]
    ax.plot(
        months,
        table["peers_median"] / scale,
        color=ORDINARY,
        lw=1.3,
        ls="--",
        label=words["peers"],
    )
    ax.plot(
        months,
        table["value"] / scale,
        color=BLUE,
        lw=1.3,
        marker="o",
        ms=2.8,
        label=words["unit"],
    )
    every = months.iloc[::-EVERY][::-1]
    ax.set_xticks(list(every), [month.strftime("%Y-%m") for month in every])
    ax.tick_params(axis="x", labelcolor=FAINT)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: words["number"].format(v)))
    ax.set_ylim(bottom=0)
    ax.margins(y=0.18)
    return ax
