"""Two per cent of units lifted: are lists as true as they say, and is the top right?"""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd
from alarms import Measured, rare, share, verdict
from effects import FAMILIES, City
from kinds import world
from null import each, seeds
from rivals import RIVALS

from anomaly.leads.combine import q_values
from anomaly.peers import evidence

KINDS = ("count", "per_visit")
PLANTED = 0.02
FACTORS = {
    "x1.5": (1.5, 1.5),
    "x2": (2.0, 2.0),
    "x3": (3.0, 3.0),
    "x1.5-3": (1.5, 3.0),
}
RATE = 0.10
DEMANDED = 0.12
OURS = "evidence"


def tally(
    planted: np.ndarray, order: np.ndarray, p: np.ndarray | None, listable: bool
) -> dict:
    """Return what one method did in one world: its top K and, if any, its list."""
    k = int(planted.sum())
    listed = np.zeros(planted.size, dtype=bool)
    if p is not None and listable:
        listed = (q_values(pd.Series(p)) <= RATE).to_numpy()
    return {
        "k": k,
        "top": int(planted[order[:k]].sum()),
        "issued": p is not None and listable,
        "listed": int(listed.sum()),
        "false": int((listed & ~planted).sum()),
    }


def contest(seed: int, kind: str, family: str, city: City) -> dict[str, dict]:
    """Return the tally of every method on one world."""
    units = world(seed, kind, family, city)
    planted = units["lift"].to_numpy() > 0
    result = evidence(units, kind)
    # Ties of p are broken by z; who has no p comes last.
    order = np.lexsort((-result["z"].fillna(-np.inf), result["p"].fillna(2.0)))
    listable = result.attrs["tail"]["listable"]
    found = {OURS: tally(planted, order, result["p"].to_numpy(), listable)}
    for name, judge in RIVALS.items():
        score, p = judge(units, kind, seed)
        found[name] = tally(planted, np.argsort(-score, kind="stable"), p, True)
    return found


def rows(
    kinds: tuple[str, ...],
    groups: tuple[int, ...],
    worlds: int,
    first: int,
    jobs: int,
) -> Iterator[dict]:
    """Yield a row a kind, number of groups, family, factor and method."""
    for kind in kinds:
        for count in groups:
            for family in FAMILIES:
                for name, factors in FACTORS.items():
                    city = City(count, planted=PLANTED, factors=factors)
                    work = partial(contest, kind=kind, family=family, city=city)
                    found = each(work, seeds(first, worlds, city), jobs)
                    about = {"kind": kind, "groups": count, "world": family}
                    yield from _compared({**about, "factor": name}, found)


def _compared(about: dict, found: list[dict[str, dict]]) -> Iterator[dict]:
    tallies = {name: pd.DataFrame([one[name] for one in found]) for name in found[0]}
    ours = tallies[OURS]
    for name, each_world in tallies.items():
        yield {
            **about,
            "method": name,
            **summary(each_world),
            "we lead by": "" if name == OURS else lead(ours, each_world),
            "demand": demand(tallies) if name == OURS else "",
        }


def summary(worlds: pd.DataFrame) -> dict:
    """Return the figures of one method over its worlds.

    false: share of false leads among all listed; false, mean: mean of each world's
    share, 0 where its list is empty, over worlds whose list was issued.
    """
    issued = worlds[worlds["issued"]]
    own = issued["false"] / issued["listed"].clip(lower=1)
    every = np.ones(len(worlds))
    hits = worlds["listed"] - worlds["false"]
    return {
        "issued": share(worlds["issued"], every),
        "not empty": share(worlds["listed"] > 0, every),
        "listed": int(worlds["listed"].sum()),
        "false": rare(issued["false"], issued["listed"]),
        "false, mean": share(own, np.ones(len(own))),
        "power": share(hits, worlds["k"]),
        "P@K": share(worlds["top"], worlds["k"]),
    }


def demand(tallies: dict[str, pd.DataFrame]) -> str:
    """Return 'met', or what is missed: true lists, and a top as good as any rival's."""
    ours = tallies[OURS]
    found = {"false leads": summary(ours)["false"].outside(0, DEMANDED)}
    for name in RIVALS:
        found[f"P@K of {name}"] = lead(ours, tallies[name]).outside(0, 1)
    return verdict(found)


def lead(ours: pd.DataFrame, theirs: pd.DataFrame) -> Measured:
    """Return by how much our precision at K is above another's, world by world."""
    return share(ours["top"] - theirs["top"], ours["k"])
