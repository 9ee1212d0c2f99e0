"""The casework policy: procedures, deadlines, who decides, actions, rewards.

Shipped records stand in casework.toml; a store's own `casework.toml` takes their
place key by key, records with an `id` one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from anomaly.errors import PolicyError
from anomaly.policy.read import (
    as_number,
    as_record,
    check_known,
    check_whole,
    of_store,
)

FILE = "casework.toml"
STATES = (
    "suspected",
    "notified",
    "accepted",
    "appealed",
    "reviewed",
    "decided",
    "confirmed",
    "dismissed",
    "recovered",
    "rectified",
    "restored",
)
GRADES = ("unreasonable", "breach", "illegal")


@dataclass(frozen=True)
class Procedure:
    """The order of the states of a case, and what a procedure calls them."""

    id: str
    zh: str
    en: str
    steps: Mapping[str, list[str]]
    names: Mapping[str, str]
    evidence_before: list[str]
    basis: str

    def __post_init__(self) -> None:
        after = [state for states in self.steps.values() for state in states]
        for state in [*self.steps, *after, *self.names, *self.evidence_before]:
            _known(state, STATES, f"procedure '{self.id}'")


@dataclass(frozen=True)
class Deadlines:
    """Working days in each state, and the day of the month for decisions."""

    decide_by_day: int
    working_days: Mapping[str, int]
    basis: str

    def __post_init__(self) -> None:
        for state, days in self.working_days.items():
            _known(state, STATES, "deadlines.working_days")
            _whole(days, 0, 1000, f"deadlines.working_days.{state}")
        _whole(self.decide_by_day, 1, 28, "deadlines.decide_by_day")


@dataclass(frozen=True)
class Deciders:
    """Who may decide, by name."""

    leaders: list[str]
    deputies: list[str]
    members: list[str]
    basis: str

    def __post_init__(self) -> None:
        for key in ("leaders", "deputies", "members"):
            names = getattr(self, key)
            texts = isinstance(names, list) and all(
                isinstance(name, str) and name.strip() for name in names
            )
            if not texts:
                raise PolicyError(
                    f"{FILE}, deciders.{key}: {names!r}", expected="a list of names"
                )

    @property
    def everyone(self) -> list[str]:
        return [*self.leaders, *self.deputies, *self.members]


@dataclass(frozen=True)
class Panel:
    """How many must vote, and what share of them confirms."""

    least: int
    majority: Decimal
    recusal: bool
    basis: str

    def __post_init__(self) -> None:
        _whole(self.least, 1, 99, "panel.least")
        majority = _number(self.majority, "panel.majority")
        if not Decimal("0.5") <= majority < 1:
            raise PolicyError(
                f"{FILE}, panel.majority: {majority}", expected="0.5 to below 1"
            )
        object.__setattr__(self, "majority", majority)


@dataclass(frozen=True)
class LeaderFrom:
    """From how many yuan on the main leader presides, by kind of object."""

    hospital: Decimal
    chain: Decimal
    pharmacy: Decimal
    clinic: Decimal
    other: Decimal
    clinic_words: list[str]
    basis: str

    def __post_init__(self) -> None:
        for key in ("hospital", "chain", "pharmacy", "clinic", "other"):
            number = _number(getattr(self, key), f"leader_from.{key}")
            object.__setattr__(self, key, number)


@dataclass(frozen=True)
class Action:
    """What a decision may order, and by which clause."""

    id: str
    grade: str
    zh: str
    en: str
    units: list[str]
    basis: str
    leader: bool = False
    multiple: Sequence[int] = ()

    def __post_init__(self) -> None:
        where = f"action '{self.id}'"
        _known(self.grade, GRADES, where)
        for times in self.multiple:
            _whole(times, 1, 100, f"{where}.multiple")
        if len(self.multiple) not in (0, 2):
            raise PolicyError(
                f"{FILE}, {where}: multiple {self.multiple!r}",
                expected="the least and the most times, or none",
            )


@dataclass(frozen=True)
class Rewards:
    """The most that whoever told may be given."""

    cap: Decimal
    share: Decimal
    basis: str

    def __post_init__(self) -> None:
        for key in ("cap", "share"):
            number = _number(getattr(self, key), f"rewards.{key}")
            object.__setattr__(self, key, number)


@dataclass(frozen=True)
class Casework:
    """All of it, as it holds in one store."""

    procedure: str
    procedures: list[Procedure]
    deadlines: Deadlines
    deciders: Deciders
    panel: Panel
    leader_from: LeaderFrom
    actions: list[Action]
    rewards: Rewards

    def procedure_of(self, name: str) -> Procedure:
        """Return a procedure by its id; PolicyError where there is none."""
        known = {each.id: each for each in self.procedures}
        _known(name, known, "procedure")
        return known[name]


KINDS: dict[str, Callable] = {
    "procedures": Procedure,
    "deadlines": Deadlines,
    "deciders": Deciders,
    "panel": Panel,
    "leader_from": LeaderFrom,
    "actions": Action,
    "rewards": Rewards,
}


def casework(root: Path | None = None) -> Casework:
    """Return the policy that holds in a store; PolicyError where it cannot be."""
    cells = of_store("casework", root, whole=("steps",))
    made = {key: _made(key, cell) for key, cell in cells.items()}
    found = as_record(Casework, made, FILE)
    found.procedure_of(found.procedure)
    return found


def _made(key: str, cell: object) -> object:
    kind = KINDS.get(key)
    if kind is None:
        return cell
    if isinstance(cell, list):
        return [as_record(kind, one, f"{FILE}, {key} '{one['id']}'") for one in cell]
    return as_record(kind, cell, f"{FILE}, {key}")


def _known(name: str, known, where: str) -> None:
    check_known(name, known, f"{FILE}, {where}")


def _whole(number: object, least: int, most: int, where: str) -> None:
    check_whole(number, least, most, f"{FILE}, {where}")


def _number(cell: object, where: str) -> Decimal:
    return as_number(cell, f"{FILE}, {where}")
