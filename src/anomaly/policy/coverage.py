"""The policy of inspections: how often each kind is visited, how nights are chosen.

Shipped records stand in coverage.toml; a store's own `coverage.toml` takes their
place key by key, cycles by their `id`.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from anomaly.errors import PolicyError
from anomaly.policy.read import (
    as_record,
    check_basis,
    check_known,
    check_whole,
    of_store,
)

NAME = "coverage"
FILE = f"{NAME}.toml"
LENGTHS = (1, 3, 6, 12)
CHOICES = ("census", "rest")


@dataclass(frozen=True)
class Cycle:
    """A kind of unit and the months in which each of it is visited once."""

    id: str
    months: int
    basis: str

    def __post_init__(self) -> None:
        where = f"{FILE}, cycle '{self.id}'"
        check_known(self.months, LENGTHS, f"{where}: months")
        check_basis(self.basis, where)


@dataclass(frozen=True)
class Longest:
    """The years after which nobody may be unvisited."""

    years: int
    basis: str

    def __post_init__(self) -> None:
        check_whole(self.years, 1, 50, f"{FILE}, longest.years")
        check_basis(self.basis, f"{FILE}, longest")


@dataclass(frozen=True)
class Night:
    """What a night check of beds counts, and which nights it takes."""

    rules: list[str]
    foremost: str
    nights: int
    choose: str
    fewest: int
    unsettled_nights: int
    zh: str
    en: str
    basis: str

    def __post_init__(self) -> None:
        check_basis(self.basis, f"{FILE}, night")
        check_known(self.foremost, self.rules, f"{FILE}, night.foremost")
        check_known(self.choose, CHOICES, f"{FILE}, night.choose")
        check_whole(self.nights, 1, 7, f"{FILE}, night.nights")
        check_whole(self.fewest, 0, 1000, f"{FILE}, night.fewest")
        check_whole(self.unsettled_nights, 0, 21, f"{FILE}, night.unsettled_nights")
        for language in ("zh", "en"):
            try:
                getattr(self, language).format(expected=0, beds=0)
            except (KeyError, IndexError, ValueError):
                raise PolicyError(
                    f"{FILE}, night.{language}: braces that are not understood",
                    expected="{expected} and {beds} at most",
                ) from None


@dataclass(frozen=True)
class Coverage:
    """All of it, as it holds in one store."""

    recorded_from: date | None
    counts: list[str]
    cycles: dict[str, Cycle]
    longest: Longest
    night: Night


def coverage_policy(root: Path | str | None = None) -> Coverage:
    """Return the policy that holds in a store; PolicyError where it cannot be."""
    cells = of_store(NAME, root)
    cycles = [
        as_record(Cycle, one, f"{FILE}, cycle '{one['id']}'") for one in cells["cycles"]
    ]
    made = {
        "recorded_from": _day(cells["recorded_from"]),
        "cycles": {one.id: one for one in cycles},
        "longest": as_record(Longest, cells["longest"], f"{FILE}, longest"),
        "night": as_record(Night, cells["night"], f"{FILE}, night"),
    }
    return as_record(Coverage, cells | made, FILE)


def _day(cell: object) -> date | None:
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(str(cell)) if cell else None
    except ValueError:
        raise PolicyError(
            f"{FILE}, recorded_from: {cell!r}", expected="YYYY-MM-DD or nothing"
        ) from None
