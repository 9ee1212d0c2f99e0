"""The page on schedules and the example DAG say what the program does."""

import ast
from pathlib import Path

from anomaly.briefs.due import BOUNDS, RULES, timing
from anomaly.briefs.schedule_status import OK, RUNNING, TROUBLE
from anomaly.briefs.template import parameter_names

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/scheduling.md").read_text("utf-8")
DAG = ast.parse((ROOT / "docs/examples/airflow_briefs.py").read_text("utf-8"))


def constants():
    """Return the texts that the example assigns at its top."""
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in DAG.body
        if isinstance(node, ast.Assign)
    }


def test_the_dag_passes_the_notebooks_parameters():
    (given,) = (
        node.value
        for node in ast.walk(DAG)
        if isinstance(node, ast.Assign) and node.targets[0].id == "parameters"
    )
    names = [key.value for key in given.keys]
    assert names == parameter_names(ROOT / "notebooks/district_brief.ipynb")


def test_the_dag_wakes_when_the_policy_says():
    rule, found = timing(), constants()
    first, last = rule.window
    assert found["ZONE"] == rule.time_zone
    assert found["SCHEDULE"] == f"{rule.minute} {rule.hour} {first}-{last} * *"


def test_the_operator_is_given_what_it_takes():
    calls = [node for node in ast.walk(DAG) if isinstance(node, ast.Call)]
    (partial,) = (call for call in calls if ast.unparse(call.func).endswith(".partial"))
    assert ast.unparse(partial.func) == "PapermillOperator.partial"
    assert {"task_id", "input_nb"} <= {word.arg for word in partial.keywords}
    mapped = {
        key.value
        for node in ast.walk(DAG)
        if isinstance(node, ast.Dict)
        for key in node.keys
    }
    assert {"output_nb", "parameters"} <= mapped


def test_one_districts_failure_keeps_no_other_from_its_pdf():
    (typeset,) = (
        node
        for node in ast.walk(DAG)
        if isinstance(node, ast.FunctionDef) and node.name == "typeset"
    )
    assert ast.unparse(typeset.decorator_list[0]) == "task(trigger_rule='all_done')"


def test_the_dag_calls_what_there_is():
    import importlib

    imported = [
        (node.module, name.name)
        for node in ast.walk(DAG)
        if isinstance(node, ast.ImportFrom) and node.module.startswith("anomaly")
        for name in node.names
    ]
    assert len(imported) >= 5
    for module, name in imported:
        assert hasattr(importlib.import_module(module), name)


def test_the_page_names_every_key_and_state():
    words = [*BOUNDS, *RULES, OK, RUNNING, *TROUBLE, "time_zone", "basis"]
    assert [word for word in words if f"`{word}`" not in PAGE] == []
