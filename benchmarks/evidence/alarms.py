"""Realised over nominal false alarms, with the error that clusters leave in them.

Units of a world share what was fitted to it, so the world is the cluster; where few
real doctors stand behind many units, the doctor is.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

LEVELS = (0.05, 0.01, 0.001, 0.0001)
SIZES = {"<=20": (0, 20), "21-60": (21, 60), ">60": (61, np.inf)}
BY_SIZE = (0.01, 0.001)


@dataclass(frozen=True)
class Measured:
    """A figure and its standard error, which one cluster alone cannot give."""

    value: float
    error: float = float("nan")

    def __str__(self) -> str:
        if np.isnan(self.value):
            return "-"
        error = "" if np.isnan(self.error) else f"±{self.error:.2f}"
        return f"{self.value:.2f}{error}"

    def outside(self, low: float, high: float) -> str:
        """Return 'missed' outside the bounds, '' within or where nothing is known.

        'unsure' outside them where two errors, if they are known, reach back.
        """
        if np.isnan(self.value) or low <= self.value <= high:
            return ""
        blur = 2 * (np.inf if np.isnan(self.error) else self.error)
        sure = self.value + blur < low or self.value - blur > high
        return "missed" if sure else "unsure"


def share(part: np.ndarray, whole: np.ndarray) -> Measured:
    """Return sum(part) / sum(whole) over clusters, its error too."""
    clusters, total = len(whole), np.sum(whole)
    if not total:
        return Measured(float("nan"))
    value = float(np.sum(part) / total)
    if clusters < 2:
        return Measured(value)
    residual = np.asarray(part) - value * np.asarray(whole)
    error = np.sqrt(clusters / (clusters - 1) * np.sum(residual**2)) / total
    return Measured(value, float(error))


def rare(events: np.ndarray, whole: np.ndarray) -> Measured:
    """Return the share of few events, whose clusters may agree by mere chance.

    The error is at least that of independent events, and one event's worth.
    """
    found = share(events, whole)
    if np.isnan(found.value):
        return found
    least = np.sqrt(max(np.sum(events), 1)) / np.sum(whole)
    return Measured(found.value, float(np.fmax(found.error, least)))


def ratio(units: pd.DataFrame, alpha: float) -> Measured:
    """Return realised / nominal alarms of units with their cluster and p."""
    alarms = (units["p"] < alpha).groupby(units["cluster"]).agg(["sum", "size"])
    return rare(alarms["sum"].to_numpy(), alarms["size"].to_numpy() * alpha)


def ratios(units: pd.DataFrame) -> dict:
    """Return the row of a table: alarms at every level, and by size of group.

    Columns of ``units``: world, group, cluster, p; those without a p are left out.
    """
    known = units.dropna(subset=["p"])
    row = {"units": len(known)}
    row |= {str(alpha): ratio(known, alpha) for alpha in LEVELS}
    size = known.groupby(["world", "group"])["p"].transform("size")
    for alpha in BY_SIZE:
        row[f"{alpha} by size"] = [
            ratio(known[size.between(*bounds)], alpha) for bounds in SIZES.values()
        ]
    return row


def verdict(found: dict[str, str]) -> str:
    """Return 'met', or what is missed and what is unsure, of what lies outside."""
    texts = []
    for word in ("missed", "unsure"):
        names = [name for name, outside in found.items() if outside == word]
        texts += [f"{word}: {', '.join(names)}"] if names else []
    return "; ".join(texts) or "met"


def gathered(worlds: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the units of several worlds, each a cluster, with its number."""
    return pd.concat(
        [units.assign(world=n, cluster=n) for n, units in enumerate(worlds)]
    )
