"""Kinds of objects, and the rules that apply to each."""

from dataclasses import dataclass
from functools import cache

import pandas as pd

from anomaly.errors import PolicyError, UsageError
from anomaly.policy.read import as_record, policy
from anomaly.rules.rule import rules
from anomaly.store.store import Store

# Why a row that a rule catches is listed but not counted.
OUTSIDE = "该类机构的规则集不含此规则"
OUTSIDE_EN = "not in the rule set of this kind of institution"
# What an agency answers for is what it paid, wherever that was.
AGENCY = "agency"


@dataclass(frozen=True)
class ObjectKind:
    """A kind of object; ``when`` tells its institutions by columns of the master."""

    id: str
    zh: str
    en: str
    basis: str
    when: str
    rules: list[str]


@cache
def object_kinds() -> dict[str, ObjectKind]:
    """Return every kind of object by id; PolicyError where it names no rule."""
    found = {}
    for name, cells in policy("rule_sets").items():
        where = f"policy/rule_sets.toml: {name}"
        found[name] = as_record(ObjectKind, {"id": name} | cells, where)
        for rule in found[name].rules:
            if rule not in rules():
                raise PolicyError(f"{where}: rule '{rule}': there is none")
    return found


def rules_of(kind: str) -> list[str]:
    """Return the rules of a kind of object; UsageError for one that is none."""
    if kind not in object_kinds():
        raise UsageError(
            f"object '{kind}': there is none",
            expected=f"one of {', '.join(object_kinds())}",
        )
    return object_kinds()[kind].rules


def kinds_of(rule: str) -> list[str]:
    """Return the kinds of object that a rule applies to."""
    return [kind.id for kind in object_kinds().values() if rule in kind.rules]


def places_of(store: Store) -> pd.DataFrame:
    """Return what institutions are: institution_id, kind; a row for each kind."""
    store.show("institution")
    query = " UNION ALL ".join(
        f"SELECT DISTINCT institution_id, '{kind.id}' AS kind FROM institution"
        f" WHERE {kind.when}"
        for kind in object_kinds().values()
        if kind.when
    )
    return store.engine.frame(query)


def is_outside(store: Store, found: pd.DataFrame) -> pd.Series:
    """Return which hits no rule set of their object names.

    A pharmacy or a person is a kind of its own; an institution may be of several
    kinds, and where it is of none every rule applies.
    """
    places = places_of(store)
    sets = {name: set(kind.rules) for name, kind in object_kinds().items()}
    allowed = places.groupby("institution_id")["kind"].agg(
        lambda kinds: frozenset().union(*(sets[kind] for kind in kinds))
    )
    own = found["unit_kind"].map(sets)
    theirs = own.where(own.notna(), found["institution_id"].map(allowed))
    outside = [
        isinstance(names, (set, frozenset)) and rule not in names
        for rule, names in zip(found["rule"], theirs, strict=True)
    ]
    return pd.Series(outside, index=found.index, dtype=bool)


def at(store: Store, found: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the hits at one kind of object, of the rules in its set.

    UsageError for a kind that there is none of.
    """
    named = found[found["rule"].isin(rules_of(kind))]
    if kind == AGENCY:
        return named
    if not object_kinds()[kind].when:
        return named[named["unit_kind"] == kind]
    places = places_of(store)
    here = places.loc[places["kind"] == kind, "institution_id"]
    return named[named["institution_id"].isin(here)]
