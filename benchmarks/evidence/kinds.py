"""Every kind of evidence with its null world, and worlds of several indicators."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from effects import City
from rates import DRIFT, counts, grown_counts, shares
from visits import (
    fees,
    grown_amounts,
    grown_fees,
    observed_over_expected,
    shares_of_money,
)

from anomaly.leads.combine import combined
from anomaly.peers import evidence

World = Callable[[np.random.Generator, pd.DataFrame, str], pd.DataFrame]
WORLDS: dict[str, World] = {
    "count": counts,
    "share_of_count": shares,
    "share_of_money": shares_of_money,
    "per_visit": fees,
    "ratio": observed_over_expected,
    "growth_count": grown_counts,
    "growth_per_visit": grown_fees,
    "growth_amount": grown_amounts,
}
COMBINED = "combined"


def world(seed: int, kind: str, family: str, city: City) -> pd.DataFrame:
    """Return one world as evidence takes it, and `lift`, above 0 where planted."""
    rng = np.random.default_rng(seed)
    return WORLDS[kind](rng, city.people(rng), family)


def judged(seed: int, kind: str, family: str, city: City) -> pd.DataFrame:
    """Return group and p of every unit of one world."""
    if kind == COMBINED:
        return _judged_together(seed, family, city)
    units = world(seed, kind, family, city)
    return units[["group"]].assign(p=evidence(units, kind)["p"])


def _judged_together(seed: int, family: str, city: City) -> pd.DataFrame:
    """Return the combined p of units with five indicators in three blocks.

    Visits and their growth share this year's drift and chance, and so do fees and
    theirs: with as much drift as standing effect, effects correlate at .7 within a
    block. Blocks are independent, which is where Bonferroni has least to give away.
    """
    rng = np.random.default_rng(seed)
    people = city.people(rng)
    volume = grown_counts(rng, people, family, DRIFT)
    price = grown_fees(rng, people, family, DRIFT)
    drug = shares_of_money(rng, people, family)
    asked = (
        ("volume", volume, "count"),
        ("volume", volume, "growth_count"),
        ("price", price, "per_visit"),
        ("price", price, "growth_per_visit"),
        ("drug", drug, "share_of_money"),
    )
    rows = [
        units[["unit_id"]].assign(block=block, p=evidence(units, kind)["p"])
        for block, units, kind in asked
    ]
    p = combined(pd.concat(rows))
    return people[["group"]].assign(p=people["unit_id"].map(p))
