"""Kinds of objects, and the rules that apply to each."""

from dataclasses import dataclass
from functools import cache

from anomaly.errors import PolicyError, UsageError
from anomaly.policy.read import as_record, policy
from anomaly.rules.rule import rules


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
