"""Indicator records: what is counted, for whom, why, and on what clause."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from anomaly.errors import PolicyError
from anomaly.policy.read import as_record

# What tells units of a kind apart; a pair's id is both ids with a bar between.
PAIR = " || '|' || "
UNITS = {
    "doctor": "doctor_id",
    "institution": "institution_id",
    "pharmacy": "institution_id",
    "district": "district",
    "insured": "insured_id",
    "item": "national_item_code",
    "doctor_item": f"doctor_id{PAIR}national_item_code",
    "institution_item": f"institution_id{PAIR}national_item_code",
    "agency": "agency_id",
}
# The columns that each kind needs, unless numerator and denominator are given whole.
KINDS = {
    "count": ("count",),
    "amount": ("amount",),
    "per_visit": ("amount",),
    "share_of_money": ("part", "whole"),
    "share_of_count": ("part",),
    "ratio": ("part", "whole"),
    "extreme": ("numerator",),
}
BLOCKS = ("volume", "price", "drug", "stay", "pattern")
DIRECTIONS = ("high", "low", "both", "context")
EXPOSURES = ("", "working_days")
MEASURES = (
    "persons",
    "visits",
    "orders",
    "lines",
    "days",
    "boxes",
    "places",
    "times",
    "seconds",
    "yuan",
    "share",
    "ratio",
    "index",
)


@dataclass(frozen=True)
class Indicator:
    """One indicator.

    ``count``, ``amount``, ``part`` and ``whole`` are columns of the step, and
    ``where`` narrows its rows; or ``numerator`` and ``denominator`` are whole
    aggregates over it. ``step`` may hold '{unit}'. ``exposure`` is what a count is
    divided by. ``additive``: its sums may be added over months. ``direction`` says
    which side is looked at; only an ``alert`` indicator feeds leads, of every kind
    of unit or of ``alert_units``. ``growth``
    adds the derived ``<id>_yoy`` and ``<id>_mom`` against the same month last year
    and the month before, for context; leads ask an ``alert`` indicator how far it
    has moved from the unit's own past, unless ``change_alert`` is false. ``rests_on``
    names columns, as table.column, that its step's text does not show.
    """

    id: str
    block: str
    zh: str
    en: str
    units: list[str]
    kind: str
    direction: str
    measure: str
    why_it_matters: str
    basis: str
    reviewed: date
    step: str = "visit_fact"
    count: str = ""
    amount: str = ""
    part: str = ""
    whole: str = ""
    where: str = "true"
    numerator: str = ""
    denominator: str = ""
    spread: str = ""
    exposure: str = ""
    additive: bool = True
    growth: bool = False
    change_alert: bool = True
    alert: bool = False
    alert_units: list[str] = field(default_factory=list)
    rests_on: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        where = f"indicator {self.id}"
        _refuse(where, "kind", self.kind, KINDS)
        _refuse(where, "block", self.block, BLOCKS)
        _refuse(where, "direction", self.direction, DIRECTIONS)
        _refuse(where, "measure", self.measure, MEASURES)
        _refuse(where, "exposure", self.exposure, EXPOSURES)
        for unit in self.units:
            _refuse(where, "unit", unit, UNITS)
        if not self.numerator:
            for key in KINDS[self.kind]:
                if not getattr(self, key):
                    raise PolicyError(
                        f"{where}: kind {self.kind} needs the key '{key}'"
                    )
        if self.additive and re.search(r"DISTINCT|\b(max|min)\(", self.texts):
            raise PolicyError(
                f"{where}: distinct counts and extremes do not add over months",
                expected="additive = false",
            )
        if (self.alert or self.growth) and not self.additive:
            raise PolicyError(
                f"{where}: evidence and growth add months up, and these do not add",
                expected="additive = true, or neither alert nor growth",
            )

    def alerts(self, unit_kind: str) -> bool:
        """Say whether leads of a kind of unit ask for evidence of it."""
        return self.alert and unit_kind in (self.alert_units or self.units)

    @property
    def texts(self) -> str:
        """Every piece of SQL in the record."""
        names = "count amount part whole where numerator denominator spread"
        return " ".join(getattr(self, name) for name in names.split())

    def step_of(self, unit_kind: str) -> str:
        """Return the step that holds the rows of a kind of unit."""
        return self.step.replace("{unit}", unit_kind)


def _refuse(where: str, what: str, found: str, known) -> None:
    if found not in known:
        raise PolicyError(
            f"{where}: unknown {what} '{found}'", expected=f"one of {', '.join(known)}"
        )


def read_records(folder: Traversable | Path) -> dict[str, Indicator]:
    """Read every TOML file of a folder as records, one a table, in name order.

    PolicyError where a file cannot be read, a key is unknown or an id stands twice.
    """
    found: dict[str, Indicator] = {}
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            for name, cells in _tables(path).items():
                if name in found:
                    raise PolicyError(f"indicator {name}: stands twice ({path.name})")
                found[name] = as_record(
                    Indicator, {"id": name} | cells, f"indicator {name}"
                )
    return found


def _tables(path: Traversable | Path) -> Mapping[str, dict]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"{path.name}: {error}", expected="TOML in UTF-8, a table an indicator"
        ) from None


@cache
def indicators() -> dict[str, Indicator]:
    """Return every indicator record of the catalogue by id."""
    return read_records(files("anomaly.features").joinpath("indicators"))


def of_unit(unit_kind: str) -> list[Indicator]:
    """Return the indicators that a kind of unit has, in catalogue order."""
    return [record for record in indicators().values() if unit_kind in record.units]
