"""Districts beside each other: this month's value on the range of their own past."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from anomaly.plots.drawing import Sheet, styled
from anomaly.plots.style import BLUE, FAINT, INK, Margins

# A value beyond its range differs in shape and fill, not in colour alone.
SIDES = {
    "within": {"marker": "o", "facecolor": "white", "edgecolor": INK},
    "above": {"marker": "^", "facecolor": INK, "edgecolor": "white"},
    "below": {"marker": "v", "facecolor": INK, "edgecolor": "white"},
    "": {"marker": "o", "facecolor": "white", "edgecolor": FAINT},
}
RANGE = "#b9c9d9"


@styled(
    "districts",
    Sheet(height=24, row=8, margins=Margins(left=28)),
    needs=("label", "value", "lower", "upper", "side"),
)
def draw_districts(
    table: pd.DataFrame,
    ax: Axes,
    *,
    words: dict,
    title: str = "",
    scale: float = 1.0,
    whole: float = float("nan"),
) -> Axes:
    """Draw one row a district, the first on top.

    ``table`` holds label, value, lower, upper, side ('above', 'below', 'within', or
    '' where there is no range); ``whole`` is the value of all together. `words`
    holds range, whole, number and a text for each side.
    """
    ax.set_title(title)
    ax.use_sticky_edges = False
    places = range(len(table))
    ranged = table["upper"].notna()
    ax.barh(
        [place for place, known in zip(places, ranged, strict=True) if known],
        (table["upper"] - table["lower"])[ranged] / scale,
        left=table["lower"][ranged] / scale,
        height=0.42,
        color=RANGE,
        label=words["range"],
    )
    if math.isfinite(whole):
        ax.axvline(whole / scale, color=BLUE, lw=1, ls="--", label=words["whole"])
    for side, look in SIDES.items():
        rows = table.reset_index(drop=True)
        rows = rows[rows["side"] == side]
        if len(rows):
            ax.scatter(
                rows["value"] / scale,
                rows.index,
                s=46,
                zorder=4,
                label=words[side or "unknown"],
                **look,
            )
    _values(ax, table, scale, words["number"])
    ax.set_yticks(list(places), list(table["label"]))
    ax.set_ylim(len(table) - 0.5, -0.7)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: words["number"].format(v)))
    ax.grid(axis="y", visible=False)
    ax.margins(x=0.12)
    return ax


def _values(ax: Axes, table: pd.DataFrame, scale: float, number: str) -> None:
    for place, value in enumerate(table["value"]):
        if math.isfinite(value):
            ax.annotate(
                number.format(value / scale),
                (value / scale, place),
                xytext=(0, 5),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=7.5,
                zorder=5,
            )
