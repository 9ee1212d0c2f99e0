"""The median of a unit's peers, itself left out."""

import numpy as np
import pandas as pd

from anomaly.peers.groups import group_name
from anomaly.policy.read import policy


def peers_median(
    people: pd.DataFrame, unit_kind: str, values: pd.Series, least: int
) -> pd.Series:
    """Return the median of each unit's peers, by unit_id.

    Where too few of the last of its chain have a value, every other unit of its kind
    is its peer; where too few of these do, it is missing.

    Parameters
    ----------
    people : DataFrame
        unit_id, the attributes of the chain, and fallback as
        `anomaly.peers.groups.assign` gives it.
    values : Series
        By unit_id; a unit without a value is nobody's peer.
    least : int
        How many others must have a value.
    """
    chain = policy("peers")["chains"][unit_kind]
    everyone = np.arange(len(people))
    known = values.reindex(people["unit_id"]).to_numpy(float)
    found = np.full(len(people), np.nan)
    for fallback, keys in enumerate(chain):
        takes = (people["fallback"] == fallback).to_numpy(bool)
        # Who took a narrower group is still a peer here.
        names = group_name(people, keys).to_numpy()
        for name in pd.unique(names[takes]):
            members = np.flatnonzero(names == name)
            for place in np.flatnonzero(takes & (names == name)):
                near = _median(known[members[members != place]], least)
                wide = _median(known[everyone != place], least)
                found[place] = wide if np.isnan(near) else near
    return pd.Series(found, index=pd.Index(people["unit_id"]))


def _median(values: np.ndarray, least: int) -> float:
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) >= least else np.nan
