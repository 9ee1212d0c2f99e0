"""What a unit's risk is made of, part by part up to the whole."""

import pandas as pd
from matplotlib.axes import Axes

from anomaly.plots.drawing import Sheet, styled
from anomaly.plots.style import BLUE, FAINT, INK, ORDINARY, Margins

# Parts differ by lightness and by hatching, so that print in grey keeps them apart.
PARTS = {
    "indicator": {"color": BLUE},
    "pattern": {"color": ORDINARY},
    "rule": {"color": "#e0a063", "hatch": "////", "edgecolor": "#8a4a12"},
}
SMALL = 0.01  # of the whole: such parts are told together
UNSEEN = 0.005  # what would read +0.00 is no row
LONGEST = 17  # Chinese characters of a name; letters are half as wide


SHEET = Sheet(height=30, row=7, margins=Margins(left=52, right=14))


@styled("waterfall", SHEET, needs=("part", "name", "adds"))
def draw_waterfall(
    table: pd.DataFrame, ax: Axes, *, words: dict, title: str = ""
) -> Axes:
    """Draw a bar a part, each beginning where the one above ends, the whole below.

    ``table`` holds part (indicator, pattern, rule), name and adds, such as
    `store.contributions` returns. Parts below one per cent are told together. `words`
    may hold x, a text for each part, total, rest and empty.

    >>> names = {"part": ["rule", "pattern"], "name": ["R02", "形态"]}
    >>> ax = draw_waterfall(pd.DataFrame(names).assign(adds=[2.5, 0.5]))
    >>> [text.get_text() for text in ax.texts]
    ['+2.50', '+0.50', '3.00']
    """
    ax.set_title(title)
    ax.set_xlabel(words["x"])
    if table.empty:
        ax.text(0.5, 0.5, words["empty"], transform=ax.transAxes, ha="center")
        return ax
    rows = _gathered(table, words)
    whole, begins, seen = sum(adds for _, _, adds in rows), 0.0, set()
    for place, (part, _, adds) in enumerate(rows):
        label = None if part in seen else words[part]
        seen.add(part)
        ax.barh(place, adds, left=begins, height=0.6, label=label, **PARTS[part])
        begins += adds
        _told(ax, begins, place, f"+{adds:.2f}")
        ax.plot([begins, begins], [place + 0.3, place + 0.7], color=FAINT, lw=0.8)
    ax.barh(len(rows), whole, height=0.6, color=INK, label=words["total"])
    _told(ax, whole, len(rows), f"{whole:.2f}", weight="bold")
    names = [_short(name) for _, name, _ in rows]
    ax.set_yticks(range(len(rows) + 1), [*names, words["total"]])
    ax.set_ylim(len(rows) + 0.6, -0.6)
    ax.set_xlim(0, whole * 1.14)
    ax.grid(axis="y", visible=False)
    return ax


def _gathered(table: pd.DataFrame, words: dict) -> list[tuple[str, str, float]]:
    small = table["adds"] < SMALL * table["adds"].sum()
    rows = list(table.loc[~small, ["part", "name", "adds"]].itertuples(index=False))
    if small.any():
        told = words["rest"].format(count=int(small.sum()))
        whole = float(table.loc[small, "adds"].sum())
        if whole >= UNSEEN:
            rows.append((table.loc[small, "part"].iloc[0], told, whole))
    return rows


def _short(name: str) -> str:
    most = 2 * LONGEST if name.isascii() else LONGEST
    return name if len(name) <= most else name[: most - 1] + "…"


def _told(ax: Axes, end: float, place: int, text: str, weight: str = "normal") -> None:
    ax.annotate(
        text,
        (end, place),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        fontweight=weight,
    )
