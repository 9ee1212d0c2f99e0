"""The points policy: schemes, the bands of a year's sum, conversion, repair.

Shipped records stand in points.toml; a store's own `points.toml` takes their place
key by key, schemes and bands one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from anomaly.errors import PolicyError
from anomaly.policy.read import (
    as_number,
    as_record,
    check_basis,
    check_flag,
    check_known,
    check_whole,
    of_store,
)

FILE = "points.toml"
UNITS = ("institution", "pharmacy", "doctor")
GAPS = ("next", "before")
MOST = 1000


@dataclass(frozen=True)
class Band:
    """What a year's sum means from some points on.

    It begins at ``reaches`` or past ``over``; ``budget_change`` is in %, None where
    the band says nothing of budgets; a suspension is in months, 0 for none.
    """

    id: str
    zh: str
    en: str
    basis: str
    reaches: int | None = None
    over: int | None = None
    to: int | None = None
    budget_change: int | None = None
    suspension_months: int = 0
    suspension_most: int = 0
    terminated: bool = False

    def __post_init__(self) -> None:
        where = f"{FILE}, band '{self.id}'"
        check_basis(self.basis, where)
        if (self.reaches is None) == (self.over is None):
            raise PolicyError(f"{where}: both or neither", expected="reaches or over")
        check_whole(self.begins, 0, MOST, where)
        if self.to is not None:
            check_whole(self.to, self.begins, MOST, f"{where}.to")
        if self.budget_change is not None:
            check_whole(self.budget_change, -100, 100, f"{where}.budget_change")
        check_whole(self.suspension_months, 0, 120, f"{where}.suspension_months")
        least = self.suspension_months
        check_whole(self.suspension_most, least, 120, f"{where}.suspension_most")
        check_flag(self.terminated, f"{where}.terminated")

    @property
    def begins(self) -> int:
        """The least sum that lies in it, by its own words."""
        return self.reaches if self.over is None else self.over + 1


@dataclass(frozen=True)
class Scheme:
    """One way of giving points: to whom, how many at once, what a sum means."""

    id: str
    zh: str
    en: str
    units: Sequence[str]
    most_per_entry: int
    gap: str
    repair_share: Decimal
    repair_cap: int
    bands: Sequence[Band]
    basis: str

    def __post_init__(self) -> None:
        where = f"{FILE}, scheme '{self.id}'"
        check_basis(self.basis, where)
        for unit in self.units:
            check_known(unit, UNITS, f"{where}.units")
        check_known(self.gap, GAPS, f"{where}.gap")
        check_whole(self.most_per_entry, 1, MOST, f"{where}.most_per_entry")
        check_whole(self.repair_cap, 0, MOST, f"{where}.repair_cap")
        share = as_number(self.repair_share, f"{where}.repair_share")
        if share > 1:
            raise PolicyError(f"{where}.repair_share: {share}", expected="0 to 1")
        object.__setattr__(self, "repair_share", share)
        bands = sorted(self.bands, key=lambda band: band.begins)
        begins = [band.begins for band in bands]
        if not begins or begins[0] or len(set(begins)) != len(begins):
            raise PolicyError(
                f"{where}: bands begin at {begins}",
                expected="a first one that reaches 0, and each at its own number",
            )
        object.__setattr__(self, "bands", tuple(bands))

    def band(self, points: int) -> Band:
        """Return the band of a year's sum."""
        begun = [band for band in self.bands if band.begins <= points]
        last = begun[-1]
        ended = last.to is not None and points > last.to
        following = self.bands[len(begun) : len(begun) + 1]
        return following[0] if ended and following and self.gap == "next" else last


@dataclass(frozen=True)
class Conversion:
    """What a point takes off the annual assessment; the failed years that end it."""

    per_point: Decimal
    failed_years: int
    basis: str

    def __post_init__(self) -> None:
        where = f"{FILE}, conversion"
        check_basis(self.basis, where)
        object.__setattr__(self, "per_point", as_number(self.per_point, where))
        check_whole(self.failed_years, 1, 10, f"{where}.failed_years")


@dataclass(frozen=True)
class PointsPolicy:
    """All of it, as it holds in one store."""

    schemes: Sequence[Scheme]
    conversion: Conversion

    def scheme(self, name: str) -> Scheme | None:
        """Return a scheme by its id, None where there is none."""
        return next((one for one in self.schemes if one.id == name), None)

    def schemes_of(self, unit_kind: str) -> list[Scheme]:
        """Return the schemes for a kind of unit, the usual one first."""
        return [one for one in self.schemes if unit_kind in one.units]


def points_policy(root: Path | str | None = None) -> PointsPolicy:
    """Return the policy that holds in a store; PolicyError where it cannot be."""
    cells = of_store("points", root)
    made = {
        **cells,
        "schemes": [_scheme(one) for one in cells["schemes"]],
        "conversion": as_record(Conversion, cells["conversion"], f"{FILE}, conversion"),
    }
    return as_record(PointsPolicy, made, FILE)


def _scheme(cells: dict) -> Scheme:
    where = f"{FILE}, scheme '{cells['id']}'"
    bands = cells.get("bands", [])
    if not isinstance(bands, list) or not all(isinstance(one, dict) for one in bands):
        raise PolicyError(f"{where}: bands {bands!r}", expected="[[schemes.bands]]")
    bands = [
        as_record(Band, one, f"{where}, band '{one.get('id', '')}'") for one in bands
    ]
    return as_record(Scheme, {**cells, "bands": bands}, where)
