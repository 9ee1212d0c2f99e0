"""Building hits, and reading them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache
from importlib.resources import files

import pandas as pd

from anomaly.features.builder import all_steps, datasets
from anomaly.features.limits import parameters
from anomaly.periods import month_text, shift
from anomaly.rules.known import known_steps
from anomaly.rules.objects import OUTSIDE, OUTSIDE_EN, is_outside
from anomaly.rules.rule import COLUMNS, Rule, rule_of, rules
from anomaly.store.steps import Runner, Step, Task, needed, read_steps
from anomaly.store.store import Store

# No two hits are alike in all of these.
ORDER = ["rule", "unit_id", "visit_id", "settlement_id", "line_id", "reason"]
Progress = Callable[[str, int, int], None]


@cache
def rule_steps() -> dict[str, Step]:
    """Return the steps that several rules share, by name."""
    folder = files("anomaly.rules").joinpath("steps")
    return read_steps(folder, parameters())


def every_step(
    store: Store | None = None, known: Iterable[Rule] | None = None
) -> list[Step]:
    """Return every step there is: this room is the last that has any.

    Tables of knowledge are those of the store, if one is given and has its own.
    """
    tables_known = known_steps(store.root if store else None)
    hit_steps = [rule.step for rule in known or rules().values()]
    shared = {**all_steps(), **tables_known, **rule_steps()}
    return [*shared.values(), *hit_steps]


def run(
    store: Store,
    months: Sequence[date],
    units: Sequence[str],
    progress: Progress | None = None,
) -> int:
    """Bring all that ranked lists of the last of these months rest on up to date.

    These are the hits of every rule in that month and the one before, and in every
    month the features of the kinds of unit asked for.
    """
    steps = every_step(store)
    targets = []
    for unit in units:
        targets.append(f"unit_{unit}")
        for name, records in datasets(unit).items():
            if any(record.alerts(unit) for record in records):
                targets.append(name)
    done = Runner(store, needed(steps, targets)).run(sorted(months), progress)
    return done + sum(run_hits(store, month) for month in sorted(months)[-2:])


def run_hits(store: Store, month: date, progress: Progress | None = None) -> int:
    """Bring the hits of every rule up to date for a month; return steps run."""
    targets = [rule.step.name for rule in rules().values()]
    steps = needed(every_step(store), targets)
    return Runner(store, steps).run([month], progress)


def run_all(
    store: Store, months: Sequence[date], progress: Progress | None = None
) -> int:
    """Bring every step there is up to date for these months; return how many ran."""
    return Runner(store, every_step(store)).run(sorted(months), progress)


def stale(store: Store, months: Sequence[date]) -> list[Task]:
    """Return what `run_all` would have to build for these months, in order."""
    return Runner(store, every_step(store)).stale(sorted(months))


def explained(store: Store, months: Sequence[date]) -> pd.DataFrame:
    """Return `stale` as a frame: step, month, why, sql as the engine is given it."""
    rows = [
        {
            "step": task.step.name,
            "month": month_text(task.month),
            "why": task.why,
            "sql": store.engine.text(task.sql),
        }
        for task in stale(store, months)
    ]
    return pd.DataFrame(rows, columns=["step", "month", "why", "sql"])


def hits(store: Store, month: date, rule: str | None = None) -> pd.DataFrame:
    """Return the hits of a month, of one rule or all.

    Columns `COLUMNS` and district, that of the institution or pharmacy.
    UsageError for a rule that does not exist.
    """
    wanted = [rule_of(rule).id] if rule else list(rules())
    names = [store.show(f"hits_{name.lower()}", [month_text(month)]) for name in wanted]
    query = " UNION ALL ".join(
        f"SELECT {', '.join(COLUMNS)} FROM {name}" for name in names
    )
    return placed(store, month, store.engine.frame(query))


def placed(store: Store, month: date, found: pd.DataFrame) -> pd.DataFrame:
    """Return hits as they are read: in order, with their district.

    A hit of a rule that is not in the set of its kind of object is excluded.
    """
    store.show("visit_fact", [month_text(month), month_text(shift(month, -1))])
    places = store.engine.frame(
        "SELECT institution_id, max(district) AS district FROM visit_fact"
        " GROUP BY institution_id"
    )
    district = found["institution_id"].map(
        places.set_index("institution_id")["district"]
    )
    amount = found["amount"].astype(float).round(2)
    found = found.assign(amount=amount, month=month_text(month), district=district)
    outside = is_outside(store, found) & ~found["excluded"].astype(bool)
    found.loc[outside, "excluded"] = True
    found.loc[outside, ["exclusion", "exclusion_en"]] = [OUTSIDE, OUTSIDE_EN]
    return found.sort_values(ORDER, ignore_index=True)


def catalogue(names: Iterable[str] | None = None) -> pd.DataFrame:
    """Return rules as a frame, all or those named.

    Columns rule, zh, en, unit_kind, basis, official, must_not_catch.
    """
    columns = ["zh", "en", "unit_kind", "basis", "official", "must_not_catch"]
    chosen = [rule_of(name) for name in rules() if names is None or name in names]
    rows = [
        {"rule": rule.id} | {name: getattr(rule, name) for name in columns}
        for rule in chosen
    ]
    return pd.DataFrame(rows, columns=["rule", *columns])
