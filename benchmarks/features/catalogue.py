"""A build and its parts, as functions of (store folder, months, how many)."""

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from anomaly.features.builder import all_steps, build, features_step
from anomaly.features.indicator import of_unit
from anomaly.periods import month_text, shift
from anomaly.store.steps import Runner, Step, in_order, needed
from anomaly.store.store import Store
from anomaly.tables import tables

ONE = "total_fee"


def build_all(root: Path, months: Sequence[date], number: int) -> None:
    """Build everything for the first months."""
    build(Store.open(root), months[:number])


def build_more(root: Path, months: Sequence[date], number: int) -> None:
    """Build the month after the first ones."""
    build(Store.open(root), [months[number]])


def steps_by_hand(root: Path, months: Sequence[date], number: int) -> None:
    """Run the text of every step over Parquet and write what it gives as Parquet.

    No keys, no catalog, no hashes: what somebody does who has only the texts. What a
    step reads lies in a built store.
    """
    _run(root, months[:number], in_order(all_steps().values()))


def one_indicator(root: Path, months: Sequence[date], number: int) -> None:
    """Scan the visits for one indicator of doctors."""
    _run(root, months[:number], _additive(ONE))


def additive_indicators(root: Path, months: Sequence[date], number: int) -> None:
    """Scan the visits for all additive indicators of doctors."""
    _run(root, months[:number], _additive())


def one_from_input(root: Path, months: Sequence[date], number: int) -> None:
    """Build one indicator of doctors, and what it rests on, from the input."""
    _from_input(root, months[:number], _additive(ONE)[0])


def additive_from_input(root: Path, months: Sequence[date], number: int) -> None:
    """Build all additive indicators of doctors from the input."""
    _from_input(root, months[:number], _additive()[0])


def _from_input(root: Path, months: Sequence[date], step: Step) -> None:
    steps = needed([*all_steps().values(), step], [step.name])
    Runner(Store.open(root), steps).run(months)


def _additive(only: str = "") -> list[Step]:
    records = [
        record
        for record in of_unit("doctor")
        if record.additive and record.step == "visit_fact" and only in ("", record.id)
    ]
    return [features_step("doctor", records, "features_some")]


def _run(root: Path, months: Sequence[date], steps: Sequence[Step]) -> None:
    """Run steps in a built store and throw away what they give."""
    store = Store.open(root)
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        for step in steps:
            for month in months:
                _show(store, step, month)
                sql = step.sql.replace("{month}", f"DATE '{month_text(month)}-01'")
                store.engine.write(sql, Path(folder) / "step.parquet")
    store.close()


def _show(store: Store, step: Step, month: date) -> None:
    for need in step.needs:
        table = tables().get(need)
        texts = [month_text(shift(month, back)) for back in step.months]
        if table:
            store.show(need, texts if table.month else [""])
        elif store.parts(need, texts):
            store.show(need, texts)
        else:
            store.show(need, [month_text(month)], name=f"{need}_all")
            store.engine.empty_like(need, f"{need}_all")


WAYS = {
    "build": build_all,
    "build a month more": build_more,
    "steps by hand": steps_by_hand,
    "one indicator": one_indicator,
    "additive indicators": additive_indicators,
    "one from input": one_from_input,
    "additive from input": additive_from_input,
}
