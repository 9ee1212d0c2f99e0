"""How a unit's peers lie, and where the unit stands among them."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from anomaly.plots.drawing import styled
from anomaly.plots.style import BAND, BLUE, INK, ORDINARY

FEWEST_BINS, MOST_BINS = 8, 40


NEEDS = ("value", "is_unit", "expected", "expected_low", "expected_high")


@styled("peers", needs=NEEDS)
def draw_peers(
    table: pd.DataFrame,
    ax: Axes,
    *,
    words: dict,
    title: str = "",
    scale: float = 1.0,
    number: str = "{:,.4g}",
) -> Axes:
    """Draw the peers as a histogram, the unit as a diamond on a stem.

    ``table`` is what `store.peer_values` returns: value and is_unit, and on the
    unit's row expected, expected_low and expected_high (NaN where unknown). `scale`
    divides the values (.01 for per cent); ``number`` writes the unit's value. The
    place counts from the highest value. A column name heads the x axis. `words` may
    hold x, y, peers, ordinary, expected, unit and told.

    >>> values, own = [1.0, 2.0, 9.0], [False, False, True]
    >>> table = pd.DataFrame({"value": values, "is_unit": own})
    >>> table = table.assign(expected=1.5, expected_low=0.8, expected_high=3.0)
    >>> [text.get_text() for text in draw_peers(table, language="en").texts]
    ['9, 1 of 3']
    """
    ax.set_title(title)
    ax.set_xlabel(table["name"].iloc[0] if "name" in table else words["x"])
    ax.set_ylabel(words["y"])
    known = table[table["value"].notna()]
    values = known["value"].astype(float) / scale
    peers = values[~known["is_unit"]]
    edges = _edges(values.to_numpy())
    ax.hist(
        peers, bins=edges, color=ORDINARY, edgecolor="white", lw=0.6,
        label=words["peers"], zorder=2,
    )  # fmt: skip
    for row in known[known["is_unit"]].to_dict("records"):
        _ordinary(ax, row, scale, words)
        place = int((peers > row["value"] / scale).sum()) + 1
        told = words["told"].format(
            value=number.format(row["value"] / scale), place=place, of=len(values)
        )
        _unit(ax, row["value"] / scale, told, words)
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.xaxis.set_major_locator(MaxNLocator(7))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.10g}"))
    ax.grid(axis="x", visible=False)
    return ax


def _edges(values: np.ndarray) -> np.ndarray:
    """Return round edges, as many as show the shape and can still be told apart."""
    wanted = np.histogram_bin_edges(values, bins="fd").size - 1
    bins = int(np.clip(wanted, FEWEST_BINS, MOST_BINS))
    return np.histogram_bin_edges(values, bins=bins)


def _ordinary(ax: Axes, row: dict, scale: float, words: dict) -> None:
    low, high = row["expected_low"] / scale, row["expected_high"] / scale
    if np.isfinite([low, high]).all():
        ax.axvspan(low, high, color=BAND, lw=0, zorder=0, label=words["ordinary"])
    if np.isfinite(row["expected"]):
        middle = row["expected"] / scale
        ax.axvline(middle, color=BLUE, lw=1.1, ls="--", label=words["expected"])


def _unit(ax: Axes, value: float, told: str, words: dict) -> None:
    top = max(ax.get_ylim()[1], 1.0)
    height = top * 1.06
    ax.set_ylim(0, top * 1.22)
    ax.vlines(value, 0, height, color=INK, lw=1.2, zorder=4)
    ax.scatter(
        [value], [height], marker="D", s=46, color=INK, edgecolors="white",
        zorder=5, label=words["unit"],
    )  # fmt: skip
    low, high = ax.get_xlim()
    right = value < (low + high) / 2
    ax.annotate(
        told,
        (value, height),
        xytext=(8 if right else -8, 0),
        textcoords="offset points",
        ha="left" if right else "right",
        va="center",
        fontweight="bold",
        bbox={"fc": "white", "ec": "none", "alpha": 0.8, "pad": 0.6},
        zorder=6,
    )
