"""Units by indicator: how far each lies from its peers, as colours and as numbers."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from anomaly.plots.drawing import Sheet, styled
from anomaly.plots.style import FAINT, INK, Margins

# Blue to red passes through white, and is told apart without seeing red or green;
# in grey print the number in each cell says which side it is.
MAPS = {"z": ("RdBu_r", -4.0, 4.0), "p": ("YlOrBr", 0.0, 6.0)}
DARK = 0.52  # luminance below which ink cannot be read
# Points that a letter and a Chinese character of a heading take.
LETTER, CHARACTER = 4.6, 8.2
UPRIGHT = 40  # points of a column below which letters stand upright


@styled(
    "heat",
    Sheet(width=178, height=42, row=6.2, margins=Margins(left=36, top=32, bottom=9)),
)
def draw_heat(
    table: pd.DataFrame, ax: Axes, *, words: dict, title: str = "", measure: str = "z"
) -> Axes:
    """Draw a cell a unit (row) and indicator (column), with its number.

    ``table`` is what `store.heat` returns: floats, NaN where nothing was compared,
    which is hatched. ``measure`` is 'z' (diverging about 0, full colour from 4) or
    'p' (-log10 p, from 0 to 6). `words` may hold z, p, missing and empty.

    >>> ax = draw_heat(pd.DataFrame([[3.5, -1.2]], ["1 甲"], ["药占比", "服务人次"]))
    >>> [text.get_text() for text in ax.texts][:2]
    ['3.5', '−1.2']
    """
    ax.grid(visible=False)
    ax.set_xticks([])
    if table.empty:
        ax.text(0.5, 0.5, words["empty"], transform=ax.transAxes, ha="center")
        return ax
    name, low, high = MAPS[measure]
    paint, scaled = colormaps[name], Normalize(low, high, clip=True)
    for (down, across), value in np.ndenumerate(table.to_numpy(dtype=float)):
        _cell(ax, across, down, value, paint(scaled(value)))
    ax.set_xlim(-0.5, table.shape[1] - 0.5)
    ax.set_ylim(table.shape[0] - 0.5, -0.5)
    ax.xaxis.tick_top()
    _heads(ax, list(map(str, table.columns)))
    ax.set_yticks(range(table.shape[0]), [str(one)[:14] for one in table.index])
    ax.tick_params(length=0, labelsize=7.5, labelcolor=INK)
    ax.spines[:].set_visible(False)
    ax.set_title(title, pad=10)
    told = words[measure]
    if table.isna().to_numpy().any():
        told = f"{told}    {words['missing']}"
    ax.text(0, -0.02, told, transform=ax.transAxes, va="top", fontsize=8, color=FAINT)
    return ax


def _cell(ax: Axes, across: int, down: int, value: float, colour) -> None:
    corner = (across - 0.5, down - 0.5)
    if not np.isfinite(value):
        plain = {"fc": "white", "ec": "#c3ccd4", "hatch": "////", "lw": 0.4}
        ax.add_patch(Rectangle(corner, 1, 1, **plain))
        return
    ax.add_patch(Rectangle(corner, 1, 1, fc=colour, ec="white", lw=0.8))
    light = np.dot(colour[:3], (0.299, 0.587, 0.114)) > DARK
    ax.text(
        across,
        down,
        f"{round(value, 1) + 0.0:.1f}".replace("-", "−"),
        ha="center",
        va="center",
        fontsize=7.5,
        color=INK if light else "white",
    )


def _heads(ax: Axes, names: list[str]) -> None:
    """Fold headings to their columns' width; narrow English ones stand upright."""
    wide = ax.get_window_extent().width * 72 / ax.figure.dpi / len(names)
    letters = all(name.isascii() for name in names)
    upright = letters and wide < UPRIGHT
    width = 18 if upright else max(int(wide / (LETTER if letters else CHARACTER)), 3)
    folded = ["\n".join(textwrap.wrap(name, width)[:6]) for name in names]
    ax.set_xticks(range(len(names)), folded, rotation=90 if upright else 0)
