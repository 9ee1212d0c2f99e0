"""Random worlds: every shared step that an engine builds against plain loops."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from reference import references
from reference.agreement import differences, stored
from reference.rows import of
from reference.settings import steps
from worlds import Shape, load_into, shapes

from anomaly.store.steps import Runner
from anomaly.store.store import Store

# More of them, new ones each time: ANOMALY_WORLDS=150.
WORLDS = int(os.environ.get("ANOMALY_WORLDS", "0"))
Opened = Callable[[Path], Store]


@pytest.fixture(scope="module", params=["duckdb"])
def opened(request) -> Opened:
    """Open a store under the engine whose rows are compared."""
    return {"duckdb": Store.open}[request.param]


def disagreements(shape: Shape, opened: Opened, folder: Path) -> dict[str, str]:
    """Build a world's last month; return where a step differs, by step and month."""
    store = opened(load_into(shape, folder))
    Runner(store, steps()).run([shape.last])
    tables = stored(store, folder)
    store.close()
    found = {}
    for name, reference in references().items():
        for month in {row["month"] for row in tables[name]} | {shape.last}:
            told = differences(of(tables[name], month), reference(tables, month))
            if told:
                found[f"{name} {month:%Y-%m}"] = told
    return found


@settings(
    max_examples=WORLDS or 6,
    deadline=None,
    derandomize=not WORLDS,
    # A world that fails is made small only where there is time for it.
    phases=[Phase.generate, *([Phase.shrink] if WORLDS else [])],
)
@given(shape=shapes())
def test_every_step_holds_what_plain_loops_find(opened, shape):
    with tempfile.TemporaryDirectory() as folder:
        found = disagreements(shape, opened, Path(folder))
    assert not found, "\n".join(f"{where}: {told}" for where, told in found.items())
