"""What build would run, why, and on which engine."""

import json

import pytest
from drawn import bill, write_bills
from typer.testing import CliRunner

from anomaly.cli.main import app
from anomaly.errors import UsageError
from anomaly.sources.mapping import load_mapping
from anomaly.store import spark_session
from anomaly.store.ingest import load
from anomaly.store.steps import Runner, Step
from anomaly.store.store import Store
from anomaly.workspace import open_store

PARENT = Step("parent", "SELECT settlement_id FROM settlement", ("settlement",))
CHILD = Step("child", "SELECT settlement_id FROM parent", ("parent",))


@pytest.fixture
def store(tmp_path, loaded):
    return loaded(write_bills(tmp_path / "x", [bill(1)]))[0]


def reasons(store, *steps):
    runner = Runner(store, steps)
    return {task.step.name: task.why for task in runner.stale(store.months())}


def build(store, *steps):
    Runner(store, steps).run(store.months())


def test_what_was_never_built_is_new(store):
    assert reasons(store, PARENT, CHILD) == {"parent": "new", "child": "new"}
    build(store, PARENT, CHILD)
    assert reasons(store, PARENT, CHILD) == {}


def test_a_changed_text_changes_what_rests_on_it(store):
    build(store, PARENT, CHILD)
    edited = Step("parent", PARENT.sql + " WHERE true", PARENT.needs)
    found = reasons(store, edited, CHILD)
    assert found == {"parent": "changed text", "child": "changed parent"}


def test_a_changed_input_is_told_from_a_changed_parent(store, tmp_path):
    build(store, PARENT, CHILD)
    load(store, [write_bills(tmp_path / "y", [bill(2)])], load_mapping())
    found = reasons(store, PARENT, CHILD)
    assert found == {"parent": "changed input", "child": "changed parent"}


def test_several_reasons_are_all_given(store, tmp_path):
    build(store, PARENT, CHILD)
    load(store, [write_bills(tmp_path / "y", [bill(2)])], load_mapping())
    edited = Step("parent", PARENT.sql + " WHERE true", PARENT.needs)
    assert reasons(store, edited)["parent"] == "changed text, changed input"


def test_explain_runs_nothing(store):
    store.close()
    before = open_store(store.root).explain()
    assert set(before["why"]) == {"new"}
    assert before["sql"].str.contains("2026-05-01").any()
    done = CliRunner().invoke(
        app, ["build", "--store", str(store.root), "--explain", "--json"]
    )
    steps = json.loads(done.stdout)["steps"]
    assert steps == before.to_dict("records")
    assert set(steps[0]) == {"step", "month", "why", "sql"}


def test_an_unknown_engine_is_refused(store):
    with pytest.raises(UsageError, match="expected one of duckdb, spark"):
        Store.open(store.root, engine="abacus")


def test_a_missing_extra_says_what_to_install(store, monkeypatch):
    monkeypatch.setattr(spark_session, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match="pip install 'pyspark<5,>=4'"):
        open_store(store.root, engine="spark")


def test_the_command_says_it_too(store, monkeypatch):
    monkeypatch.setattr(spark_session, "find_spec", lambda _name: None)
    command = ["build", "--store", str(store.root), "--engine", "spark"]
    done = CliRunner().invoke(app, command)
    assert isinstance(done.exception, UsageError)
    assert "build with --engine duckdb" in str(done.exception)


def test_one_build_runs_what_was_explained(store):
    store.close()
    workspace = open_store(store.root)
    expected = len(workspace.explain(["2026-05"]))
    assert workspace.build(["2026-05"]) == expected
    assert workspace.explain().empty
    done = CliRunner().invoke(app, ["build", "--store", str(store.root), "--explain"])
    assert "everything is up to date" in done.stdout


def test_without_java_spark_says_so(monkeypatch):
    monkeypatch.setattr(spark_session.shutil, "which", lambda _name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(UsageError, match="Java 17 or newer"):
        spark_session._check_java()


def test_an_empty_store_has_nothing_to_build(tmp_path):
    Store.create(tmp_path / "s").close()
    for asked in (["build"], ["build", "--explain"]):
        done = CliRunner().invoke(app, [*asked, "--store", str(tmp_path / "s")])
        assert isinstance(done.exception, UsageError)
        assert "it is empty" in str(done.exception)
        assert "anomaly load" in str(done.exception)
