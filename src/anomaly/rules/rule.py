"""Rule records: what each looks for, on what clause, and the step of its hits."""

import re
import tomllib
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from importlib.resources import files

from anomaly.errors import PolicyError, UsageError
from anomaly.features.limits import parameters as limits
from anomaly.policy.knowledge import knowledge
from anomaly.policy.read import as_record
from anomaly.rules import exclusions as exclusions_room
from anomaly.rules.exclusions import Exclusion
from anomaly.rules.known import PREFIX
from anomaly.store.steps import Step

# Of a hit, in this order; `month` and `rule` are the framework's.
COLUMNS = (
    "rule",
    "unit_kind",
    "unit_id",
    "institution_id",
    "doctor_id",
    "insured_id",
    "settlement_id",
    "line_id",
    "visit_id",
    "month",
    "amount",
    "excluded",
    "exclusion",
    "exclusion_en",
    "reason",
    "reason_en",
)
# What a text may leave out: the row then names none.
OPTIONAL = (
    "institution_id",
    "doctor_id",
    "insured_id",
    "settlement_id",
    "line_id",
    "visit_id",
)
REQUIRED = ("unit_id", "amount", "reason", "reason_en")
# An official code is a prefix and fourteen digits; one that is cut is no code.
OFFICIAL = re.compile(r"GZ\d{14}")


@dataclass(frozen=True)
class Rule:
    """One typology: what it looks for, on what clause, and what it must spare.

    ``knowledge`` names the tables of knowledge it reads, ``exclusions`` those of
    the shared catalogue, or its own. ``official`` is the code of the national
    rule library, from a transcription by third parties.
    """

    id: str
    zh: str
    en: str
    basis: str
    unit_kind: str
    needs: list[str]
    must_not_catch: str
    reviewed: date
    sql: dict
    months: list[int] = field(default_factory=lambda: [0])
    parameters: dict = field(default_factory=dict)
    knowledge: list[str] = field(default_factory=list)
    exclusions: list = field(default_factory=list)
    official: str = ""

    def __post_init__(self) -> None:
        where = f"rule {self.id}"
        if self.official and not OFFICIAL.fullmatch(self.official):
            raise PolicyError(
                f"{where}: official code '{self.official}'",
                expected="GZ and fourteen digits",
            )
        for name in self.knowledge:
            if name not in knowledge():
                raise PolicyError(
                    f"{where}: knowledge '{name}': there is none",
                    expected=f"one of {', '.join(knowledge())}",
                )

    @cached_property
    def spares(self) -> tuple[Exclusion, ...]:
        """The exclusions, in the order in which they are tried."""
        return exclusions_room.chosen(self.exclusions, f"rule {self.id}")

    @property
    def text(self) -> str:
        """The rule's own SQL, its parameters put in."""
        text = self.sql["text"]
        for name, value in (limits() | self.parameters).items():
            text = text.replace(f"{{{name}}}", _as_sql(value))
        return text

    @property
    def step(self) -> Step:
        """The step whose rows are this rule's hits."""
        cells = ",\n    ".join(self._cell(name) for name in COLUMNS[1:-5])
        return Step(
            name=f"hits_{self.id.lower()}",
            needs=(*self.needs, *(f"{PREFIX}{name}" for name in self.knowledge)),
            months=tuple(self.months),
            about=self.en,
            sql=f"SELECT\n    '{self.id}' AS rule,\n    {cells},\n    "
            f"{exclusions_room.columns(self.spares)},\n    reason,\n    reason_en\n"
            f"FROM (\n{self.text}) h"
            "\nORDER BY unit_id, visit_id, settlement_id, line_id",
        )

    def _cell(self, name: str) -> str:
        """Return a column of the hits, empty where the last SELECT names none."""
        if name == "month":
            return "{month} AS month"
        last = self.sql["text"].rpartition("\nSELECT")[2]
        if re.search(rf"\b{name}\b", last):
            return name
        if name == "unit_kind":
            return f"'{self.unit_kind}' AS unit_kind"
        if name in REQUIRED:
            raise PolicyError(f"rule {self.id}: its text gives no '{name}'")
        return f"CAST(NULL AS VARCHAR) AS {name}"

    def changed(self, name: str, text: str) -> "Rule":
        """Return the rule with a parameter set from text, as a trial.

        UsageError where it has no such parameter or the text is no such value.
        """
        if name not in self.parameters:
            raise UsageError(
                f"rule {self.id} has no parameter '{name}'",
                expected=f"one of {', '.join(self.parameters) or 'none at all'}",
            )
        value = _like(self.parameters[name], text, f"{self.id}.{name}")
        return replace(self, parameters=self.parameters | {name: value})


def _as_sql(value: object) -> str:
    """Return a parameter as it stands in a text; of a list, quoted texts."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(exclusions_room.quoted(str(one)) for one in value)
    return str(value)


def _like(default: object, text: str, where: str) -> object:
    """Return a text as a value of the default's type."""
    if isinstance(default, list):
        return [one.strip() for one in text.split(",")]
    kind = type(default)
    try:
        if kind in (int, float):
            return kind(text)
    except ValueError:
        expected = {int: "a whole number", float: "a number"}[kind]
        raise UsageError(f"{where} is '{text}'", expected=expected) from None
    return text.replace("'", "''")


@cache
def rules() -> dict[str, Rule]:
    """Return every rule by id."""
    folder = files("anomaly.rules").joinpath("catalog")
    found = {}
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        name = path.name.removesuffix(".toml")
        cells = {"id": name} | tomllib.loads(path.read_text(encoding="utf-8"))
        found[name] = as_record(Rule, cells, f"rule {name}")
    return found


def rule_of(name: str) -> Rule:
    """Return a rule; UsageError for one that does not exist."""
    if name not in rules():
        raise UsageError(
            f"rule '{name}': there is none", expected=f"one of {', '.join(rules())}"
        )
    return rules()[name]
