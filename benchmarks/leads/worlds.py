"""Sample prefectures of many seeds, drawn, loaded and built once each."""

import shutil
from pathlib import Path

import pandas as pd

from anomaly.sources.mapping import load_mapping
from anomaly.sources.world import write_world
from anomaly.store.ingest import load
from anomaly.store.store import Store
from anomaly.workspace import Workspace, open_store

READY = "ready"


def world(folder: Path, seed: int, planted: bool = True) -> Path:
    """Return the folder of a world: `store`, and `truth.csv` beside it."""
    home = folder / f"{seed}{'' if planted else '-null'}"
    if (home / READY).exists():
        return home
    shutil.rmtree(home, ignore_errors=True)
    export = home / "export"
    write_world(export, seed=seed, planted=planted)
    shutil.copy(export / "truth.csv", home)
    store = Store.create(home / "store")
    load(store, [export], load_mapping())
    store.close()
    shutil.rmtree(export)
    opened(home)[0].store.close()
    (home / READY).touch()
    return home


def opened(home: Path) -> tuple[Workspace, pd.DataFrame]:
    """Return a world's store, its last month built, and its truth."""
    workspace = open_store(home / "store")
    workspace.prepare(workspace.months()[-1])
    truth = pd.read_csv(home / "truth.csv", dtype=str).fillna("")
    return workspace, truth
