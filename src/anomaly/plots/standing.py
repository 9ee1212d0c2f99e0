"""One unit beside its peers: each indicator as a multiple of what is ordinary."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from anomaly.plots.drawing import Sheet, styled
from anomaly.plots.style import BLUE, FAINT, INK, Margins

RANGE, MIDDLE = "#d5e1ee", "#8fa3b5"
TICKS = (0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32)
LEAST, MOST = 0.1, 40  # what lies beyond is drawn at the edge
WORDS = 0.3  # of the width is kept free for the text beside the last mark


@styled(
    "standing",
    Sheet(height=24, row=7, margins=Margins(left=44)),
    needs=("label", "ratio", "told", "low", "high", "lower_quartile", "upper_quartile"),
)
def draw_standing(
    table: pd.DataFrame, ax: Axes, *, words: dict, title: str = ""
) -> Axes:
    """Draw one row an indicator, the first on top, on a scale of ratios.

    ``table`` holds label, ratio, low, high (the ordinary range), lower_quartile and
    upper_quartile of the peers, all over what is expected; and told, the text at the
    unit's mark. `words` holds range, middle, one, unit and number, such as '{} ×'.
    """
    ax.set_title(title)
    ax.use_sticky_edges = False
    columns = ["ratio", "low", "high", "lower_quartile", "upper_quartile"]
    table = table.assign(**{c: table[c].clip(LEAST, MOST) for c in columns})
    places = list(range(len(table)))
    ax.set_xscale("log")
    for low, high, height, colour, label in (
        ("low", "high", 0.62, RANGE, words["range"]),
        ("lower_quartile", "upper_quartile", 0.26, MIDDLE, words["middle"]),
    ):
        width = table[high] - table[low]
        ax.barh(
            places, width, left=table[low], height=height, color=colour, label=label
        )
    ax.axvline(1, color=BLUE, lw=1, ls="--", label=words["one"])
    ax.scatter(
        table["ratio"],
        places,
        marker="D",
        s=40,
        color=INK,
        edgecolors="white",
        zorder=4,
        label=words["unit"],
    )
    _told(ax, table)
    _axes(ax, table[columns], words["number"])
    ax.set_yticks(places, list(table["label"]))
    ax.set_ylim(len(table) - 0.45, -0.6)
    ax.grid(axis="y", visible=False)
    return ax


def _told(ax: Axes, table: pd.DataFrame) -> None:
    for place, row in enumerate(table.itertuples()):
        ax.annotate(
            row.told,
            (max(row.ratio, row.high, row.upper_quartile), place),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            fontweight="bold",
        )


def _axes(ax: Axes, known: pd.DataFrame, number: str) -> None:
    low, high = float(known.min().min()), float(known.max().max())
    first, last = min(low, 0.5) * 0.9, max(high, 2)
    ax.set_xlim(first, last * (last / first) ** WORDS)
    ax.xaxis.set_major_locator(FixedLocator(TICKS))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: number.format(f"{v:g}")))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.tick_params(axis="x", labelcolor=FAINT)
