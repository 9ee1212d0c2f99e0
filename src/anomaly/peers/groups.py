"""Peer groups from policy, with a stated chain of fallbacks."""

from collections.abc import Mapping, Sequence

import pandas as pd

from anomaly.policy.read import policy

ALL = "all"


# What most of a unit's patients come for, where that is planned treatment: such units
# are no peers of those who see all comers.
FOCUS = "focus"


def group_name(units: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    """Return the name of each unit's group, such as '内科|2'; no keys: 'all'.

    A unit with a focus, such as dialysis, belongs to the group of that focus.
    """
    name = _joined(units, keys)
    if FOCUS not in units:
        return name
    focus = units[FOCUS].fillna("")
    return name.where(focus == "", focus)


def _joined(units: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    if not keys:
        return pd.Series(ALL, index=units.index, dtype=object)
    cells = [units[key].astype("string").fillna("?") for key in keys]
    name = cells[0]
    for cell in cells[1:]:
        name = name + "|" + cell
    return name.astype(object)


def assign(
    units: pd.DataFrame, unit_kind: str, peers: Mapping | None = None
) -> pd.DataFrame:
    """Give each unit the narrowest group of its chain that has enough members.

    Parameters
    ----------
    units : DataFrame
        One row a unit with the attributes that the chain names.
    unit_kind : str
        doctor, institution or pharmacy.
    peers : mapping, optional
        A policy like policy/peers.toml, which is the default.

    Returns
    -------
    DataFrame
        On the units' index: group; fallback, 0 for the first of the chain;
        members, the group's size (units that took a narrower group count:
        they are still peers); few, true where even the last has not `enough`
        others.
    """
    peers = peers or policy("peers")
    result = pd.DataFrame(index=units.index)
    for column in ("group", "fallback", "members"):
        result[column] = pd.Series(pd.NA, index=units.index, dtype=object)
    chain = peers["chains"][unit_kind]
    for fallback, keys in enumerate(chain):
        name = group_name(units, keys)
        members = name.groupby(name).transform("size")
        last = fallback == len(chain) - 1
        takes = result["group"].isna() & ((members > peers["enough"]) | last)
        result.loc[takes, "group"] = name[takes]
        result.loc[takes, "fallback"] = fallback
        result.loc[takes, "members"] = members[takes]
    result["few"] = result["members"].astype("Int64") <= peers["enough"]
    return result.astype({"fallback": "Int64", "members": "Int64"})
