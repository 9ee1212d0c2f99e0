"""Random worlds: every shared step that an engine builds against plain loops."""

import os
import tempfile
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from reference import references
from reference.agreement import differences, stored
from reference.rows import Tables, of
from reference.settings import steps
from worlds import RICH, Shape, load_into, shapes

from anomaly.store.steps import Runner
from anomaly.store.store import Store

# More of them, new ones each time, a failing one made small: ANOMALY_WORLDS=150.
WORLDS = int(os.environ.get("ANOMALY_WORLDS", "0"))
ENGINES = ("duckdb", pytest.param("spark", marks=pytest.mark.spark))
# What a rich world must hold, lest equality be that of noughts.
HELD = """
insured_move.is_impossible trace_use.is_repeated stay_fact.has_complication
stay_fact.is_readmitted_here stay_fact.has_low_criteria stay_fact.is_at_threshold
institution_census.patients line_upload.late_lines agency_handler.deducted
pharmacy_benford.tickets pharmacy_gap.seconds
insured_companion.companions insured_overlap.overlap_days
stock_balance.missing_quantity institution_shift.divergence
pharmacy_refill.is_refill case_mix.fee_of_other_doctors
case_mix.fee_of_other_institutions item_jump.jump item_fact.out_of_scope_lines
settlement_net.ct_fee settlement_net.mri_fee settlement_net.dear_fee
""".split()
Opened = Callable[[Path], Store]


@pytest.fixture(scope="module", params=ENGINES)
def opened(request) -> Opened:
    """Open a store under the engine whose rows are compared."""
    if request.param == "spark":
        request.getfixturevalue("spark")
    return partial(Store.open, engine=request.param)


def built(shape: Shape, opened: Opened, folder: Path) -> Tables:
    """Build a world's months; return every row.

    All of them, or a step that looks back too short a while would find its
    reference as short of rows as itself.
    """
    store = opened(load_into(shape, folder))
    Runner(store, steps()).run(shape.months)
    tables = stored(store, folder)
    store.close()
    return tables


# What chance seldom draws; worlds of their own are in tests/spec/test_screen.py.
RARE = {"count_unit", "neighbour_code", "shared_code", "unknown_id"}


def disagreements(tables: Tables, last: date) -> dict[str, str]:
    """Return where a step's rows are not those of its reference, and how."""
    found = {}
    for name, reference in references().items():
        rows = tables[name]
        for month in sorted({row["month"] for row in rows} | {last}):
            told = differences(of(rows, month), reference(tables, month))
            if told:
                found[f"{name} {month:%Y-%m}"] = told
    return found


def assert_agreed(tables: Tables, last: date) -> None:
    found = disagreements(tables, last)
    assert not found, "\n".join(f"{where}: {told}" for where, told in found.items())


def test_a_world_has_something_for_every_step(opened, tmp_path):
    tables = built(RICH, opened, tmp_path)
    empty = {name for name in references() if not of(tables[name], RICH.last)}
    assert empty <= RARE
    for name in HELD:
        step, column = name.split(".")
        assert any(row[column] for row in of(tables[step], RICH.last)), name
    artefacts = {row["artefact"] for row in of(tables["screened"], RICH.last)}
    assert artefacts >= {"placeholder_doctor", "reuploaded_batch", "code_map_error"}
    assert_agreed(tables, RICH.last)


def test_every_step_holds_what_plain_loops_find(opened):
    # On Spark a world takes minutes: one beside the simplest, which is drawn first.
    few = 2 if opened.keywords["engine"] == "spark" else 6

    @settings(
        max_examples=WORLDS or few,
        deadline=None,
        derandomize=not WORLDS,
        phases=[Phase.generate, *([Phase.shrink] if WORLDS else [])],
    )
    @given(shape=shapes())
    def agrees(shape):
        with tempfile.TemporaryDirectory() as folder:
            assert_agreed(built(shape, opened, Path(folder)), shape.last)

    agrees()
