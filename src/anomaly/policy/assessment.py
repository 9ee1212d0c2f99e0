"""The assessment policy: components with weights and cuts, grades, what follows.

Shipped records stand in assessment.toml; a store's own `assessment.toml` takes their
place key by key, components and grades one by one.
"""

from collections.abc import Mapping, Sequence
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

FILE = "assessment.toml"
PARTS = ("quality", "management", "cost")
TAKES_OVER = ("anything", "part", "nothing")
UNITS = ("institution", "pharmacy")
# What the rooms can compute; a bureau changes how it counts, not what there is.
COMPONENTS = (
    "confirmed_share",
    "hits_per_1000",
    "coverage",
    "rectification",
    "fee_growth",
    "visit_fee_growth",
    "fee_oe",
)
REASONS = (
    "no_cases",
    "no_deadlines",
    "nothing_paid",
    "few_visits",
    "no_checks",
    "few_months",
    "few_to_compare",
    "no_points",
)


@dataclass(frozen=True)
class Plan:
    """On-site checks planned of each unit in a year, evenly over it."""

    institution: int
    pharmacy: int
    basis: str

    def __post_init__(self) -> None:
        for unit in UNITS:
            check_whole(getattr(self, unit), 1, 12, f"{FILE}, plan.{unit}")


@dataclass(frozen=True)
class Component:
    """One thing looked at: its weight, where it earns all of it and where nothing.

    ``takes_over`` says whose weight it may take where that one is missing: anything,
    its own part's, or nothing.
    """

    id: str
    part: str
    weight: int
    units: Sequence[str]
    full: Decimal
    none: Decimal
    zh: str
    en: str
    basis: str
    takes_over: str = "anything"

    def __post_init__(self) -> None:
        where = f"{FILE}, component '{self.id}'"
        check_known(self.id, COMPONENTS, f"{FILE}, component")
        check_known(self.part, PARTS, f"{where}.part")
        check_whole(self.weight, 0, 100, f"{where}.weight")
        for unit in self.units:
            check_known(unit, UNITS, f"{where}.units")
        for key in ("full", "none"):
            number = as_number(getattr(self, key), f"{where}.{key}")
            object.__setattr__(self, key, number)
        if self.full == self.none:
            raise PolicyError(f"{where}: full and none are {self.full}")
        check_known(self.takes_over, TAKES_OVER, f"{where}.takes_over")
        check_basis(self.basis, where)


@dataclass(frozen=True)
class Grade:
    """What a score from some number on is called, and what it suggests."""

    id: str
    least: Decimal
    zh: str
    en: str
    prepayment_ratio: int
    overspend_share: int
    budget_most: int
    failed: bool
    basis: str

    def __post_init__(self) -> None:
        where = f"{FILE}, grade '{self.id}'"
        object.__setattr__(self, "least", as_number(self.least, f"{where}.from"))
        check_whole(self.prepayment_ratio, 0, 100, f"{where}.prepayment_ratio")
        check_whole(self.overspend_share, 0, 100, f"{where}.overspend_share")
        check_whole(self.budget_most, -100, 100, f"{where}.budget_most")
        check_flag(self.failed, f"{where}.failed")
        check_basis(self.basis, where)


@dataclass(frozen=True)
class AssessmentPolicy:
    """All of it, as it holds in one store; the grades from the best down."""

    least_share: Decimal
    least_visits: int
    least_months: int
    least_peers: int
    plan: Plan
    components: Sequence[Component]
    grades: Sequence[Grade]
    reasons: Mapping[str, Mapping[str, str]]
    basis: str

    def __post_init__(self) -> None:
        share = as_number(self.least_share, f"{FILE}, least_share")
        object.__setattr__(self, "least_share", share)
        for key, most in (("visits", 10**6), ("months", 12), ("peers", 10**4)):
            name = f"least_{key}"
            check_whole(getattr(self, name), 1, most, f"{FILE}, {name}")
        for name in REASONS:
            check_known(name, self.reasons, f"{FILE}, reasons")
            for language in ("zh", "en"):
                self._check_words(name, language)
        for unit in UNITS:
            weights = sum(one.weight for one in self.of(unit))
            if not weights:
                raise PolicyError(f"{FILE}: no component of a {unit} has a weight")
        grades = sorted(self.grades, key=lambda one: one.least, reverse=True)
        if not grades or grades[-1].least:
            raise PolicyError(f"{FILE}, grades: none from 0", expected="a lowest one")
        object.__setattr__(self, "grades", tuple(grades))

    def _check_words(self, name: str, language: str) -> None:
        try:
            self.reason(name, language)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PolicyError(
                f"{FILE}, reasons.{name}.{language}: {error!r}",
                expected="a text whose {braces} name a key of the policy",
            ) from None

    def of(self, unit_kind: str) -> list[Component]:
        """Return the components for a kind of unit that have a weight."""
        return [one for one in self.components if unit_kind in one.units and one.weight]

    def reason(self, name: str, language: str) -> str:
        """Return why something is not known, in words; '' for no reason."""
        return self.reasons[name][language].format(**vars(self)) if name else ""

    def grade(self, score: float) -> Grade:
        """Return the grade of a score: the best whose number it reaches."""
        return next(one for one in self.grades if score >= float(one.least))


def assessment_policy(root: Path | str | None = None) -> AssessmentPolicy:
    """Return the policy that holds in a store; PolicyError where it cannot be."""
    cells = of_store("assessment", root)
    components = [
        as_record(Component, one, f"{FILE}, component '{one['id']}'")
        for one in cells["components"]
    ]
    made = {
        "plan": as_record(Plan, cells["plan"], f"{FILE}, plan"),
        "components": components,
        "grades": [_grade(one) for one in cells["grades"]],
    }
    return as_record(AssessmentPolicy, {**cells, **made}, FILE)


def _grade(cells: dict) -> Grade:
    # `from` is a word of Python's own.
    named = {("least" if key == "from" else key): cell for key, cell in cells.items()}
    return as_record(Grade, named, f"{FILE}, grade '{cells['id']}'")
