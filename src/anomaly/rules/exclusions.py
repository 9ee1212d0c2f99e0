"""What spares a row that a rule catches: named once, used by many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from tomllib import loads

from anomaly.errors import PolicyError
from anomaly.policy.read import as_record


@dataclass(frozen=True)
class Exclusion:
    """A reason to spare: ``when`` is a predicate over what a rule's text selects."""

    id: str
    zh: str
    en: str
    when: str


@cache
def exclusions() -> dict[str, Exclusion]:
    """Return the shared exclusions by id."""
    path = files("anomaly.rules").joinpath("exclusions.toml")
    return {
        name: as_record(Exclusion, {"id": name} | cells, f"exclusion {name}")
        for name, cells in loads(path.read_text(encoding="utf-8")).items()
    }


def chosen(given: Sequence[str | Mapping], where: str) -> tuple[Exclusion, ...]:
    """Return a rule's exclusions: named ones, and its own {when, zh, en}."""
    return tuple(_one(item, f"{where}: exclusion") for item in given)


def _one(item: str | Mapping, where: str) -> Exclusion:
    if not isinstance(item, str):
        return as_record(Exclusion, {"id": "own"} | dict(item), where)
    if item not in exclusions():
        raise PolicyError(
            f"{where} '{item}': there is none",
            expected=f"one of {', '.join(exclusions())}",
        )
    return exclusions()[item]


def columns(chosen: Sequence[Exclusion]) -> str:
    """Return the columns excluded, exclusion and exclusion_en; the first that holds.

    What is not known excludes nobody.
    """
    nothing = "CAST(NULL AS VARCHAR)"
    cells = {
        "excluded": _first([(one.when, "true") for one in chosen], "false"),
        "exclusion": _first([(one.when, quoted(one.zh)) for one in chosen], nothing),
        "exclusion_en": _first([(one.when, quoted(one.en)) for one in chosen], nothing),
    }
    return ",\n    ".join(f"{cell} AS {name}" for name, cell in cells.items())


def _first(cases: Sequence[tuple[str, str]], last: str) -> str:
    told = "".join(f" WHEN {when} THEN {then}" for when, then in cases)
    return f"CASE{told} ELSE {last} END" if told else last


def quoted(text: str) -> str:
    """Return a text as SQL."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
