"""The sample prefecture as a store, with doctors' indicators built."""

import shutil
from pathlib import Path

from anomaly.features.builder import build
from anomaly.sources.mapping import load_mapping
from anomaly.sources.world import write_world
from anomaly.store.ingest import load
from anomaly.store.store import Store

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
# Of a larger prefecture; the sample's own is 2024.
SEED = 2025
STORE, TRUTH = "store", "truth.csv"


def prepare(folder: Path, scale: float) -> None:
    """Write FOLDER/store and FOLDER/truth.csv: the sample's, or a larger one's."""
    folder.mkdir(parents=True, exist_ok=True)
    export = SAMPLE if scale == 1 else folder / "export"
    if scale != 1:
        write_world(export, seed=SEED, scale=scale)
    shutil.copy(export / TRUTH, folder / TRUTH)
    store = Store.create(folder / STORE)
    try:
        load(store, [export], load_mapping())
        build(store, store.months(), units=("doctor",))
    finally:
        store.close()
    if scale != 1:
        shutil.rmtree(export)
