"""From indicator records to SQL: indicators of one step and unit share one scan."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache
from importlib.resources import files

from anomaly.errors import PolicyError
from anomaly.features.aggregates import row, sums_of
from anomaly.features.calendar import calendar_step
from anomaly.features.indicator import UNITS, Indicator, of_unit
from anomaly.features.limits import parameters
from anomaly.periods import month_text
from anomaly.screen.artefacts import screen_steps
from anomaly.store.steps import Runner, Step, needed, read_steps
from anomaly.store.store import Store

# Which rows count for a kind of unit, in steps that hold several kinds.
SCOPE = {
    "institution": " AND visit_class <> 'pharmacy'",
    "pharmacy": " AND visit_class = 'pharmacy'",
}
VISITS = "visit_fact"
Progress = Callable[[str, int, int], None]


def scope(step: str, unit_kind: str) -> str:
    """Return the condition under which a row of a step is a unit's.

    A step named after the unit holds no other kind.
    """
    others = "" if step.startswith(f"{unit_kind}_") else SCOPE.get(unit_kind, "")
    return f"{UNITS[unit_kind]} IS NOT NULL{others}"


def _scan(step: str, unit_kind: str, records: Iterable[Indicator]) -> str:
    """Return the one scan of a step: a row a unit, all that its indicators sum."""
    sums: dict[str, str] = {}
    for record in records:
        sums |= sums_of(record)
    columns = ",\n    ".join(f"{sql} AS {name}" for name, sql in sums.items())
    return (
        f"SELECT {UNITS[unit_kind]} AS unit_id,\n    {columns}\nFROM {step}"
        f"\nWHERE {scope(step, unit_kind)}\nGROUP BY {UNITS[unit_kind]}"
    )


def features_step(unit_kind: str, records: Sequence[Indicator], name: str) -> Step:
    """Return the step that holds the FEATURES rows of some of a unit's indicators."""
    by_step: dict[str, list[Indicator]] = {}
    for record in records:
        by_step.setdefault(record.step_of(unit_kind), []).append(record)
    scans, rows = [], []
    for source, own in by_step.items():
        scans.append(
            f"sums_{source} AS MATERIALIZED (\n{_scan(source, unit_kind, own)}\n)"
        )
        rows += [row(record, unit_kind, f"sums_{source}") for record in own]
    exposed = any(record.exposure for record in records)
    union = "\nUNION ALL\n".join(rows)
    return Step(
        name=name,
        needs=(*by_step, *(["calendar"] if exposed else [])),
        about=f"FEATURES of every {unit_kind}.",
        sql=f"WITH {', '.join(scans)}\n"
        f"SELECT * FROM (\n{union}\n) f ORDER BY indicator, unit_id",
    )


def formula(record: Indicator, unit_kind: str) -> str:
    """Return the SQL that gives an indicator's numerator and denominator."""
    return _scan(record.step_of(unit_kind), unit_kind, [record])


def datasets(unit_kind: str) -> dict[str, list[Indicator]]:
    """Return the steps that hold a kind of unit's FEATURES, with their records.

    What comes from visits alone stands apart, so that a ranked list need not wait
    for the rest.
    """
    plain, rest = [], []
    for record in of_unit(unit_kind):
        (plain if record.step == VISITS else rest).append(record)
    named = {f"features_{unit_kind}": plain, f"features_{unit_kind}_more": rest}
    return {name: records for name, records in named.items() if records}


@cache
def all_steps() -> dict[str, Step]:
    """Return every step from the screen to FEATURES, by name."""
    folder = files("anomaly.features").joinpath("steps")
    generated = {
        name: features_step(unit, records, name)
        for unit in UNITS
        for name, records in datasets(unit).items()
    }
    calendar = {"calendar": calendar_step()}
    return screen_steps() | calendar | read_steps(folder, parameters()) | generated


def build(
    store: Store,
    months: Sequence[date],
    progress: Progress | None = None,
    units: Sequence[str] = tuple(UNITS),
) -> int:
    """Bring FEATURES of some kinds of unit, or all, up to date; return steps run."""
    wanted = [f"unit_{unit}" for unit in units]
    wanted += [name for unit in units for name in datasets(unit)]
    steps = needed(all_steps().values(), wanted)
    return Runner(store, steps).run(sorted(months), progress)


def build_own(
    store: Store, months: Sequence[date], unit_kind: str, records: Sequence[Indicator]
) -> str:
    """Build an analyst's own indicators; return the dataset that holds them.

    PolicyError names the record that its step cannot compute.
    """
    step = features_step(unit_kind, records, f"features_{unit_kind}_own")
    steps = needed([*all_steps().values(), step], [step.name])
    Runner(store, [one for one in steps if one is not step]).run(sorted(months))
    for record in records:
        source = record.step_of(unit_kind)
        store.show(source, [month_text(months[-1])])
        try:
            store.engine.check(formula(record, unit_kind))
        except Exception as error:
            raise PolicyError(
                f"indicator {record.id}: {str(error).splitlines()[0]}",
                expected=f"columns of the step {source}",
            ) from None
    Runner(store, steps).run(sorted(months))
    return step.name
