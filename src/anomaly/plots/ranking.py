"""Amounts worth a check: a dot for the estimate, a line for its interval."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from anomaly.plots.drawing import Sheet, styled
from anomaly.plots.style import FAINT, TIER_LOOKS, Margins


def ranking_table(leads: pd.DataFrame, rows: int = 10) -> pd.DataFrame:
    """Return label, amount, lower, upper, tier of the first leads that have money."""
    table = leads.loc[leads["excess_amount"].notna()].head(rows)
    return pd.DataFrame(
        {
            "label": table["rank"].astype(str) + " " + table["unit_name"].astype(str),
            "amount": table["excess_amount"].astype(float),
            "lower": table["excess_lower"].astype(float),
            "upper": table["excess_upper"].astype(float),
            "tier": table["tier"].fillna(""),
        }
    ).reset_index(drop=True)


@styled(
    "ranking",
    Sheet(height=22, row=6, margins=Margins(left=45, bottom=13)),
    needs=("label", "amount", "lower", "upper", "tier"),
)
def draw_ranking(
    table: pd.DataFrame, ax: Axes, *, words: dict, title: str = "", scale: float = 1.0
) -> Axes:
    """Draw the first row on top; `words` holds x."""
    ax.set_title(title)
    ax.set_xlabel(words["x"])
    places = range(len(table))
    ax.hlines(
        places, table["lower"] / scale, table["upper"] / scale, color=FAINT, lw=1.4
    )
    for place, (amount, tier) in enumerate(
        table[["amount", "tier"]].itertuples(index=False)
    ):
        look = TIER_LOOKS[tier]
        ax.scatter(
            amount / scale,
            place,
            marker=look.marker,
            s=max(look.size, 30),
            color=look.colour,
            edgecolors="white",
            linewidths=0.6,
            zorder=3,
        )
    ax.set_yticks(list(places), list(table["label"]))
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.axvline(0, color=FAINT, lw=0.8)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    # As many decimals as a tick needs, and no more: 0.15 must not read 0.2.
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    ax.grid(axis="y", visible=False)
    return ax
