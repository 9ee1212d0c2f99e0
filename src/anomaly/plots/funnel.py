"""Funnel: a unit against what its peers lead one to expect, by number of visits.

A small unit may stray far by chance, a large one may not: the limits narrow.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from anomaly.plots.drawing import Sheet, styled
from anomaly.plots.labels import place_labels
from anomaly.plots.style import BAND, BAND_WIDE, BLUE, FAINT, TIER_LOOKS, Margins

Z_95, Z_998 = 1.96, 3.09
CURVE_POINTS = 80
LEAST_Z = 0.2  # below it |log(o/e)| / |z| is rounding, not a spread
ORDER = {"": 0, "yellow": 1, "orange": 2, "red": 3}


def funnel_table(evidence: pd.DataFrame, leads: pd.DataFrame) -> pd.DataFrame:
    """Return one row a unit: unit_id, label, n, oe, sd, tier, rank.

    `sd` is the standard deviation of log(o/e) that the evidence's z implies.
    """
    table = evidence.loc[
        (evidence["n"] > 0) & (evidence["value"] > 0) & (evidence["expected"] > 0)
    ]
    table = table.drop_duplicates("unit_id")
    marks = leads.drop_duplicates("unit_id").set_index("unit_id")
    oe = table["value"].astype(float) / table["expected"].astype(float)
    strong = table["z"].abs() > LEAST_Z
    sd = (np.log(oe).abs() / table["z"].abs()).where(strong)
    result = pd.DataFrame(
        {
            "unit_id": table["unit_id"],
            "label": table["unit_name"],
            "n": table["n"].astype(float),
            "oe": oe,
            "sd": sd.astype(float),
            "tier": table["unit_id"].map(marks["tier"]).fillna(""),
            "rank": table["unit_id"].map(marks["rank"]),
        }
    )
    return result.sort_values(["rank", "unit_id"]).reset_index(drop=True)


def funnel_limits(table: pd.DataFrame) -> pd.DataFrame:
    """Return n, low_998, low_95, high_95, high_998 of o/e along the number of visits.

    The variance of log(o/e) is a between-unit part plus a part that falls with n;
    both are fitted to the units' own standard deviations, the middle half of them
    alone, so that a few odd units cannot bend the limits.
    """
    between, within = _variance_parts(table)
    n = np.geomspace(table["n"].min() * 0.9, table["n"].max() * 1.1, CURVE_POINTS)
    sd = np.sqrt(between + within / n)
    return pd.DataFrame(
        {
            "n": n,
            "low_998": np.exp(-Z_998 * sd),
            "low_95": np.exp(-Z_95 * sd),
            "high_95": np.exp(Z_95 * sd),
            "high_998": np.exp(Z_998 * sd),
        }
    )


def _variance_parts(table: pd.DataFrame) -> tuple[float, float]:
    usable = table.loc[table["sd"].gt(0) & np.isfinite(table["sd"])]
    if len(usable) < 2:
        spread = np.log(table["oe"]).abs().median() * 1.4826
        return float(spread**2) or 0.01, 0.0
    low, high = usable["sd"].quantile([0.05, 0.95])
    usable = usable.loc[usable["sd"].between(low, high)]
    design = np.column_stack([np.ones(len(usable)), 1 / usable["n"]])
    from scipy.optimize import nnls

    parts, _ = nnls(design, (usable["sd"] ** 2).to_numpy())
    return (float(parts[0]), float(parts[1])) if parts.any() else (0.01, 0.0)


SHEET = Sheet(width=178, margins=Margins(bottom=20), columns=6)


@styled("funnel", SHEET, needs=("label", "n", "oe", "sd", "tier", "rank"))
def draw_funnel(
    table: pd.DataFrame, ax: Axes, *, words: dict, labels: int = 5, title: str = ""
) -> Axes:
    """Draw the funnel; leads differ by shape, colour and size.

    `words` holds x, y, tiers (by tier), limits_95, limits_998, expected.
    """
    ax.set_title(title)
    ax.set_xlabel(words["x"])
    ax.set_ylabel(words["y"])
    if table.empty:
        return _empty(ax, words["empty"])
    limits = funnel_limits(table)
    _draw_limits(ax, limits, words)
    for tier in sorted(table["tier"].unique(), key=ORDER.get):
        _draw_tier(ax, table.loc[table["tier"] == tier], tier, words)
    _axes(ax, table, limits)
    above = table["oe"] > np.interp(table["n"], limits["n"], limits["high_95"])
    _name_leads(ax, table.loc[(table["tier"] != "") & above], labels)
    return ax


def _name_leads(ax: Axes, leads: pd.DataFrame, labels: int) -> None:
    """Name the leads that stand out here; others are leads for another reason."""
    rows = leads.head(labels)[["n", "oe", "rank", "label"]].itertuples(index=False)
    points = [(n, oe, f"{rank:.0f} {label}") for n, oe, rank, label in rows]
    place_labels(ax, points, leads[["n", "oe"]].to_numpy().tolist())


def _draw_limits(ax: Axes, limits: pd.DataFrame, words: dict) -> None:
    n = limits["n"]
    ax.fill_between(
        n,
        limits["low_998"],
        limits["high_998"],
        color=BAND_WIDE,
        label=words["limits_998"],
        lw=0,
    )
    ax.fill_between(
        n, limits["low_95"], limits["high_95"], color=BAND, label=words["limits_95"]
    )
    for column in ("low_998", "high_998"):
        ax.plot(n, limits[column], color=BLUE, lw=0.8, ls=(0, (5, 3)))
    ax.axhline(1, color=BLUE, lw=0.9)


def _draw_tier(ax: Axes, rows: pd.DataFrame, tier: str, words: dict) -> None:
    look = TIER_LOOKS[tier]
    ax.scatter(
        rows["n"],
        rows["oe"],
        marker=look.marker,
        s=look.size,
        color=look.colour,
        edgecolors="white",
        linewidths=0.6,
        label=words["tiers"][tier],
        zorder=3 + ORDER[tier] / 4,
    )


def _axes(ax: Axes, table: pd.DataFrame, limits: pd.DataFrame) -> None:
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(table["n"].min() * 0.85, table["n"].max() * 1.35)
    # The limits show at least where they are narrowest.
    low = min(table["oe"].min(), limits["low_998"].max(), 0.75) * 0.94
    high = max(table["oe"].max(), limits["high_998"].min(), 1.33) * 1.12
    ax.set_ylim(max(low, 0.2), high)
    plain = FuncFormatter(lambda value, _: f"{value:,.0f}")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(plain)
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.tick_params(which="minor", length=0)
    ax.yaxis.set_minor_locator(NullLocator())
    steps = (0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4, 6, 8, 12)
    if high > 2.5:
        steps = tuple(step for step in steps if step not in {0.75, 1.25, 1.5, 3, 6})
    ax.set_yticks([step for step in steps if low <= step <= high])
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _empty(ax: Axes, text: str) -> Axes:
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", color=FAINT)
    ax.set_xticks([])
    ax.set_yticks([])
    return ax
