"""Indicator records: what is counted, for whom, why, and on what clause."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from anomaly.errors import PolicyError
from anomaly.policy.read import as_record

UNITS = {
    "doctor": "doctor_id",
    "institution": "institution_id",
    "pharmacy": "institution_id",
    "district": "district",
}
# The aggregates that each kind needs, beside the optional `where`.
KINDS = {
    "count": ("count",),
    "amount": ("amount",),
    "per_visit": ("amount",),
    "share_of_money": ("part", "whole"),
}
BLOCKS = ("volume", "price", "drug", "stay", "pattern")
DIRECTIONS = ("high", "low", "both", "context")


@dataclass(frozen=True)
class Indicator:
    """One indicator.

    ``amount``, ``part``, ``whole`` and ``count`` are columns of the step
    ``visit_fact``; ``where`` narrows its rows. ``direction`` says which side
    is looked at; 'context' carries no alert. ``growth`` adds the derived
    ``<id>_yoy`` against the same month last year.
    """

    id: str
    block: str
    zh: str
    en: str
    units: list[str]
    kind: str
    direction: str
    why_it_matters: str
    basis: str
    reviewed: date
    count: str = ""
    amount: str = ""
    part: str = ""
    whole: str = ""
    where: str = "true"
    growth: bool = False

    def __post_init__(self) -> None:
        where = f"indicator {self.id}"
        _refuse(where, "kind", self.kind, KINDS)
        _refuse(where, "block", self.block, BLOCKS)
        _refuse(where, "direction", self.direction, DIRECTIONS)
        for unit in self.units:
            _refuse(where, "unit", unit, UNITS)
        for key in KINDS[self.kind]:
            if not getattr(self, key):
                raise PolicyError(f"{where}: kind {self.kind} needs the key '{key}'")


def _refuse(where: str, what: str, found: str, known) -> None:
    if found not in known:
        raise PolicyError(
            f"{where}: unknown {what} '{found}'", expected=f"one of {', '.join(known)}"
        )


@cache
def indicators() -> dict[str, Indicator]:
    """Return every indicator record by id; the file's name is the block."""
    found: dict[str, Indicator] = {}
    folder = files("anomaly.features").joinpath("indicators")
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        block = path.name.removesuffix(".toml")
        for name, cells in tomllib.loads(path.read_text(encoding="utf-8")).items():
            record = {"id": name, "block": block} | cells
            found[name] = as_record(Indicator, record, f"indicator {name}")
    return found


def of_unit(unit_kind: str) -> list[Indicator]:
    """Return the indicators that a kind of unit has, in catalogue order."""
    return [record for record in indicators().values() if unit_kind in record.units]
