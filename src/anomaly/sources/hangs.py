"""Which canonical column each header is, weighed together.

One column at a time many look alike; how they add up and go together tells them
apart.
"""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from anomaly.sources.likeness import Values, shapes

WEIGHTS = {"sum": 1.0, "product": 1.0, "at_most": 0.25, "told_by": 0.3}
SEATED = ("sum", "product")
ROUNDS = 12
CENT = 0.011
MOVABLE = 0.15
FEW = 0.02


@dataclass
class Fit:
    """The headers' values, the table's columns, and how each fits each.

    ``single`` is headers by columns, what each pair is worth alone.
    """

    values: list[Values]
    columns: list[str]
    single: np.ndarray
    known: dict[tuple, float] = field(default_factory=dict)

    def solve(self) -> list[int]:
        """Return for each header the position of its column, or -1."""
        rows, chosen = self.matched()
        found = [-1] * len(self.values)
        for row, column in zip(rows, chosen, strict=True):
            if self.single[row, column] > 0:
                found[row] = int(column)
        found, best = self._seated(found, self.worth(found))
        for _ in range(ROUNDS):
            before = best
            for header in range(len(found)):
                found, best = self._better(found, header, best)
            if best <= before + 1e-9:
                break
        return found

    def matched(self) -> tuple[np.ndarray, np.ndarray]:
        """Return headers and their columns, each weighed alone."""
        return linear_sum_assignment(-self.single)

    def _seated(self, found: list[int], best: float) -> tuple[list[int], float]:
        """Try every three headers for each sum and product: trades of two miss them."""
        for names in [names for kind, names in self.relations if kind in SEATED]:
            seats = [self.columns.index(name) for name in names[:3]]
            fitting = [np.flatnonzero(self.single[:, seat] > MOVABLE) for seat in seats]
            for headers in product(*fitting):
                if len(set(headers)) < len(seats):
                    continue
                trial = found.copy()
                for header, seat in zip(headers, seats, strict=True):
                    if seat in trial:
                        trial[trial.index(seat)] = trial[header]
                    trial[header] = seat
                worth = self.worth(trial)
                if worth > best + 1e-9:
                    found, best = trial, worth
        return found, best

    def _better(
        self, found: list[int], header: int, best: float
    ) -> tuple[list[int], float]:
        """Try every other column for one header, trading with who has it."""
        for column in np.flatnonzero(self.single[header] > MOVABLE):
            if column == found[header]:
                continue
            trial = found.copy()
            if column in found:
                trial[found.index(column)] = found[header]
            trial[header] = int(column)
            worth = self.worth(trial)
            if worth > best + 1e-9:
                found, best = trial, worth
        return found, best

    def worth(self, found: list[int]) -> float:
        """Return what an assignment is worth: each pair, and how they go together."""
        alone = sum(max(self.single[i, c], -1.0) for i, c in enumerate(found) if c >= 0)
        at = {self.columns[c]: i for i, c in enumerate(found) if c >= 0}
        return alone + sum(
            WEIGHTS[kind] * self.holds(kind, [at.get(name, -1) for name in names])
            for kind, names in self.relations
        )

    @cached_property
    def relations(self) -> list[tuple[str, list[str]]]:
        """Return the relations whose columns the table has."""
        have = set(self.columns)
        return [
            (kind, names)
            for kind, group in shapes()["relations"].items()
            for names in group
            if set(names[:3]) <= have
        ]

    def holds(self, kind: str, headers: list[int]) -> float:
        """Return the share of rows in which a relation of headers holds."""
        if -1 in headers[: 2 if kind == "sum" else len(headers)]:
            return 0.0
        key = (kind, *headers)
        if key not in self.known:
            self.known[key] = float(getattr(self, f"_{kind}")(headers))
        return self.known[key]

    def _numbers(self, header: int) -> np.ndarray:
        return self.values[header].numbers

    def _sum(self, headers: list[int]) -> float:
        whole = self._numbers(headers[0])
        parts = [np.nan_to_num(self._numbers(h)) for h in headers[1:] if h >= 0]
        told = (whole != 0) & ~np.isnan(whole)
        if not told.any():
            return 0.0
        # One part that equals the whole in every row proves nothing.
        mixed = np.mean(sum((part != 0).astype(int) for part in parts)[told] > 1)
        close = np.mean(np.abs(whole - sum(parts))[told] < CENT)
        return close * (0.5 + 0.5 * mixed) if mixed else 0.0

    def _product(self, headers: list[int]) -> float:
        whole, one, other = (self._numbers(h) for h in headers)
        # Noughts and a factor of one prove nothing.
        telling = (whole != 0) & (one != 1) & (other != 1)
        close = np.abs(whole - one * other) < CENT
        return np.mean(close[telling]) if telling.mean() > FEW else 0.0

    def _at_most(self, headers: list[int]) -> float:
        low, high = (self._numbers(h) for h in headers)
        both = ~np.isnan(low) & ~np.isnan(high)
        return np.mean(low[both] <= high[both]) if both.any() else 0.0

    def _told_by(self, headers: list[int]) -> float:
        told, teller = (self.values[h].cells for h in headers)
        frame = pd.DataFrame({"told": told, "teller": teller})
        frame = frame[frame["teller"] != ""]
        groups = frame.groupby("teller")["told"].agg(["nunique", "size"])
        groups = groups[groups["size"] > 1]
        if groups.empty:
            return 0.5
        alone = groups["nunique"] == 1
        return groups.loc[alone, "size"].sum() / groups["size"].sum()
