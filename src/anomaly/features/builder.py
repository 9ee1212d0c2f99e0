"""From indicator records to SQL: all indicators of a unit kind share one scan."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from importlib.resources import files

from anomaly.features.indicator import UNITS, Indicator, of_unit
from anomaly.screen.artefacts import screen_steps
from anomaly.store.steps import Runner, Step, read_steps
from anomaly.store.store import Store

EXACT = "DECIMAL(24,4)"
# Which visits count for a kind of unit.
SCOPE = {
    "doctor": "doctor_id IS NOT NULL",
    "institution": "visit_class <> 'pharmacy'",
    "pharmacy": "visit_class = 'pharmacy'",
    "district": "district IS NOT NULL",
}
Progress = Callable[[str, int, int], None]


def _aggregates(record: Indicator, unit: str) -> dict[str, str]:
    """Return the sums an indicator needs, each named after it."""
    only = f" FILTER (WHERE {record.where})"
    visits = f"count(*){only}"
    match record.kind:
        case "count":
            sums = {"num": f"count({record.count}){only}", "den": "1"}
        case "amount":
            sums = {"num": f"sum({record.amount}){only}", "den": "1"}
        case "per_visit":
            square = f"CAST({record.amount} AS DOUBLE) * {record.amount}"
            sums = {
                "num": f"sum({record.amount}){only}",
                "den": visits,
                "yy": f"sum({square}){only}",
            }
        case _:
            part = f"CAST({record.part} AS DOUBLE)"
            whole = f"CAST({record.whole} AS DOUBLE)"
            sums = {
                "num": f"sum({record.part}){only}",
                "den": f"sum({record.whole}){only}",
                "yy": f"sum({part} * {part}){only}",
                "yx": f"sum({part} * {whole}){only}",
                "xx": f"sum({whole} * {whole}){only}",
            }
    return {f"{record.id}__{key}": sql for key, sql in (sums | {"n": visits}).items()}


def _spread(record: Indicator) -> str:
    """Return SQL for the sampling variance of the value, on its evidence's scale.

    Fee per visit: of its logarithm. Shares of money: of the ratio of sums,
    linearised between visits (residual part - R x whole). Null below two visits.
    """
    num, den, n, yy, yx, xx = (
        f"{record.id}__{key}" for key in ("num", "den", "n", "yy", "yx", "xx")
    )
    if record.kind == "per_visit":
        return (
            f"CASE WHEN {n} > 1 AND {num} > 0 THEN greatest(0,"
            f" {yy} - CAST({num} AS DOUBLE) * {num} / {n}) * {n} / ({n} - 1)"
            f" / (CAST({num} AS DOUBLE) * {num}) END"
        )
    if record.kind == "share_of_money":
        ratio = f"(CAST({num} AS DOUBLE) / {den})"
        return (
            f"CASE WHEN {n} > 1 AND {den} > 0 THEN greatest(0,"
            f" {yy} - 2 * {ratio} * {yx} + {ratio} * {ratio} * {xx})"
            f" * {n} / ({n} - 1) / (CAST({den} AS DOUBLE) * {den}) END"
        )
    return "CAST(NULL AS DOUBLE)"


def _row(record: Indicator, unit_kind: str) -> str:
    num, den, n = (f"{record.id}__{key}" for key in ("num", "den", "n"))
    return (
        f"SELECT '{unit_kind}' AS unit_kind, unit_id, {{month}} AS month,"
        f" '{record.id}' AS indicator,"
        f" CAST({num} AS {EXACT}) AS numerator,"
        f" CAST({den} AS {EXACT}) AS denominator,"
        f" CAST({n} AS BIGINT) AS n, {_spread(record)} AS spread,"
        f" CASE WHEN {den} > 0 THEN CAST({num} AS DOUBLE) / {den} END AS value"
        f" FROM sums WHERE {n} > 0"
    )


def features_step(unit_kind: str) -> Step:
    """Return the step ``features_<unit>``: FEATURES rows of one kind of unit."""
    records = of_unit(unit_kind)
    sums: dict[str, str] = {}
    for record in records:
        sums |= _aggregates(record, unit_kind)
    columns = ",\n    ".join(f"{sql} AS {name}" for name, sql in sums.items())
    rows = "\nUNION ALL\n".join(_row(record, unit_kind) for record in records)
    return Step(
        name=f"features_{unit_kind}",
        needs=("visit_fact",),
        about=f"FEATURES of every {unit_kind}.",
        sql=f"WITH sums AS MATERIALIZED (\nSELECT {UNITS[unit_kind]} AS unit_id,\n"
        f"    {columns}\nFROM visit_fact WHERE {SCOPE[unit_kind]}\nGROUP BY 1\n)\n"
        f"SELECT * FROM (\n{rows}\n) f ORDER BY indicator, unit_id",
    )


@cache
def all_steps() -> dict[str, Step]:
    """Return every step from the screen to FEATURES, by name."""
    folder = files("anomaly.features").joinpath("steps")
    generated = {f"features_{unit}": features_step(unit) for unit in UNITS}
    return screen_steps() | read_steps(folder) | generated


def build(
    store: Store, months: Sequence[date], progress: Progress | None = None
) -> int:
    """Bring screen and features up to date for these months; return steps run."""
    return Runner(store, list(all_steps().values())).run(sorted(months), progress)
