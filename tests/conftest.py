"""Fixtures that every kind of test shares."""

from pathlib import Path

import pytest

from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store

ROOT = Path(__file__).parents[1]


@pytest.fixture
def loaded(tmp_path):
    """A function that loads a drawn export into a fresh store and returns both."""
    opened = []

    def load_export(folder: Path):
        store = Store.create(tmp_path / "store")
        opened.append(store)
        return store, load(store, [folder], load_mapping())

    yield load_export
    for store in opened:
        store.close()
