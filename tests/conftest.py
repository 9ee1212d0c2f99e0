"""Fixtures that every kind of test shares."""

import os
import shutil
from pathlib import Path

import formats
import pytest
from drawn import write_bills
from drawn_case import case_world
from drawn_indicators import load_world

from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store

ROOT = Path(__file__).parents[1]
# Tests that run side by side are told a terminal's 80 columns, in which tables fold.
os.environ["COLUMNS"] = "200"


@pytest.fixture(scope="session")
def spark():
    """One local Spark for every test, small and without a page of its own."""
    sql = pytest.importorskip("pyspark.sql", reason="no pyspark: make test-spark")
    if not shutil.which("java"):
        pytest.skip("no Java: Spark needs a JRE of version 17 or newer")
    import engines

    chosen = engines.small_spark()
    builder = sql.SparkSession.builder.appName("tests")
    session = builder.config(map=chosen).getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def case_store(tmp_path_factory):
    """The drawn world of one dear doctor, opened for analysis; nobody writes to it."""
    from anomaly.workspace import open_store

    opened = open_store(load_world(tmp_path_factory.mktemp("case"), case_world()))
    yield opened
    opened.store.close()


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


@pytest.fixture
def drawn_tables(tmp_path):
    """A drawn export as tables of text; `tmp_path/plain` holds it as CSV."""
    return formats.read_tables(write_bills(tmp_path / "plain", formats.BILLS))


@pytest.fixture
def taken(tmp_path):
    """A function that loads into a fresh store and returns it with the report."""
    opened = []

    def load_into(paths=(), **how):
        store = Store.create(tmp_path / f"store{len(opened)}")
        opened.append(store)
        return store, load(store, list(paths), load_mapping(), **how)

    yield load_into
    for store in opened:
        store.close()


@pytest.fixture
def same_as_plain(tmp_path, taken, drawn_tables):
    """A function that loads and asserts the rows and accounts of the plain CSV."""

    def load_and_compare(paths=(), **how):
        plain, of_plain = taken([tmp_path / "plain"])
        store, report = taken(paths, **how)
        formats.assert_same_rows(store, plain)
        assert report.accounts == of_plain.accounts
        return store, report

    return load_and_compare
