"""Rule records and their hits."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import pandas as pd

from anomaly.errors import UsageError
from anomaly.features.builder import all_steps, datasets
from anomaly.periods import month_text, shift
from anomaly.policy.read import as_record, policy
from anomaly.store.steps import Runner, Step, Task, needed
from anomaly.store.store import Store

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
    "reason",
    "reason_en",
)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Rule:
    """One typology: what it looks for, on what clause, and what it must spare."""

    id: str
    zh: str
    en: str
    basis: str
    unit_kind: str
    needs: list[str]
    months: list[int]
    must_not_catch: str
    reviewed: date
    parameters: dict
    sql: dict

    @property
    def step(self) -> Step:
        """The step whose rows are this rule's hits."""
        text = self.sql["text"]
        for name, value in self.parameters.items():
            text = text.replace(f"{{{name}}}", str(value))
        own = ", ".join(
            "coalesce(excluded, false) AS excluded" if name == "excluded" else name
            for name in COLUMNS
            if name not in ("rule", "month")
        )
        return Step(
            name=f"hits_{self.id.lower()}",
            needs=tuple(self.needs),
            months=tuple(self.months),
            about=self.en,
            sql=f"SELECT '{self.id}' AS rule, {{month}} AS month, {own}"
            f" FROM ({text}) h ORDER BY unit_id, visit_id",
        )


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


def run(store: Store, months: Sequence[date], progress: Progress | None = None) -> int:
    """Bring all that a ranked list rests on up to date for these months.

    These are the hits of every rule, and the features of the kinds of unit that
    policy ranks; the features of other kinds are built when they are asked for.
    """
    targets = [rule.step.name for rule in rules().values()]
    for unit in policy("peers")["chains"]:
        targets.append(f"unit_{unit}")
        for name, records in datasets(unit).items():
            if any(record.alert for record in records):
                targets.append(name)
    steps = needed(every_step(), targets)
    return Runner(store, steps).run(sorted(months), progress)


def run_all(
    store: Store, months: Sequence[date], progress: Progress | None = None
) -> int:
    """Bring every step there is up to date for these months; return how many ran."""
    return Runner(store, every_step()).run(sorted(months), progress)


def stale(store: Store, months: Sequence[date]) -> list[Task]:
    """Return what `run_all` would have to build for these months, in order."""
    return Runner(store, every_step()).stale(sorted(months))


def every_step() -> list[Step]:
    """Return every step there is: this room is the last that has any."""
    return [*all_steps().values(), *(rule.step for rule in rules().values())]


def catalogue() -> pd.DataFrame:
    """Return the rules as a frame: rule, zh, en, unit_kind, basis, must_not_catch."""
    columns = ["zh", "en", "unit_kind", "basis", "must_not_catch"]
    return pd.DataFrame(
        [
            {"rule": rule.id} | {name: getattr(rule, name) for name in columns}
            for rule in rules().values()
        ]
    )


def hits(store: Store, month: date, rule: str | None = None) -> pd.DataFrame:
    """Return the hits of a month, of one rule or all.

    Columns `COLUMNS` and district, that of the institution or pharmacy.
    UsageError for a rule that does not exist.
    """
    if rule is not None and rule not in rules():
        raise UsageError(
            f"rule '{rule}': there is none", expected=f"one of {', '.join(rules())}"
        )
    wanted = [rule] if rule else list(rules())
    names = [store.show(f"hits_{name.lower()}", [month_text(month)]) for name in wanted]
    query = " UNION ALL ".join(
        f"SELECT {', '.join(COLUMNS)} FROM {name}" for name in names
    )
    store.show("visit_fact", [month_text(month), month_text(shift(month, -1))])
    found = store.engine.frame(
        f"SELECT h.*, v.district FROM ({query}) h LEFT JOIN (SELECT institution_id,"
        " max(district) AS district FROM visit_fact GROUP BY institution_id) v"
        " ON h.institution_id = v.institution_id ORDER BY rule, unit_id, visit_id"
    )
    return found.assign(
        amount=found["amount"].astype(float).round(2), month=month_text(month)
    )
