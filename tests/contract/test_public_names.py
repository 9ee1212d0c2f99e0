"""What an analyst types: few names, each with words and an example, none at a price."""

import doctest
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import anomaly
from anomaly.workspace import Workspace
from anomaly.workspace.explore import ExploreDesk

MODULES = (
    "anomaly",
    "anomaly.desk.cards",
    "anomaly.desk.clicks",
    "anomaly.desk.datatable",
    "anomaly.desk.words",
    "anomaly.workspace.explore",
    "anomaly.leads.contributions",
    "anomaly.leads.headings",
    "anomaly.plots",
    "anomaly.plots.calendar",
    "anomaly.plots.control",
    "anomaly.plots.drawing",
    "anomaly.plots.heat",
    "anomaly.plots.network",
    "anomaly.plots.peers",
    "anomaly.plots.waterfall",
)
TABLES = (
    "funnel_points",
    "course",
    "peer_values",
    "contributions",
    "heat",
    "visits_of",
    "companions",
)
HEAVY = ("pandas", "matplotlib", "plotly", "itables", "ipywidgets", "duckdb")


def test_the_names_are_few_and_complete_themselves():
    assert len(anomaly.__all__) <= 10
    assert dir(anomaly) == sorted(anomaly.__all__)
    assert set(anomaly.__all__) - {"__version__"} == set(anomaly.ROOMS)
    for name in anomaly.__all__:
        assert getattr(anomaly, name) is not None
    with pytest.raises(AttributeError, match="'anomaly' has no attribute 'nothing'"):
        _ = anomaly.nothing


def test_the_contract_of_the_api_holds():
    assert callable(anomaly.peers.evidence)
    for name in anomaly.detectors.__all__:
        assert getattr(anomaly.detectors, name)()
    told = inspect.signature(Workspace.features).parameters
    assert {"unit", "month", "wide", "headers"} <= set(told)


def test_asking_for_nothing_imports_nothing():
    code = f"import anomaly, sys; print([n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", MODULES)
def test_examples_run_as_they_stand(name):
    module = importlib.import_module(name)
    found = doctest.testmod(module, extraglobs={"anomaly": anomaly})
    assert found.failed == 0


@pytest.mark.parametrize("name", sorted(set(anomaly.ROOMS) - {"AnomalyError"}))
def test_a_public_name_says_what_it_is(name):
    said = inspect.getdoc(getattr(anomaly, name))
    assert said
    assert len(said.splitlines()[0]) <= 80


@pytest.mark.parametrize("name", anomaly.plots.__all__)
def test_a_picture_says_what_it_takes(name):
    thing = getattr(anomaly.plots, name)
    if callable(thing):
        assert inspect.getdoc(thing)


@pytest.mark.parametrize(
    "name", [name for name in vars(ExploreDesk) if not name.startswith("_")]
)
def test_a_table_for_a_picture_says_its_columns(name):
    said = inspect.getdoc(getattr(Workspace, name))
    assert said
    if name in TABLES:
        assert f">>> store.{name}(" in said
        assert "anomaly.plots." in said


PAGES = [
    Path(__file__).parents[2] / "docs" / name
    for name in ("exploring.md", "exploring.zh-CN.md")
]


def test_the_pages_name_what_there_is():
    told = [page.read_text("utf-8") for page in PAGES]
    named = [
        {
            (room, name)
            for room, name in re.findall(r"\b(store|plots|anomaly)\.(\w+)\(?", text)
        }
        for text in told
    ]
    assert named[0] == named[1]
    rooms = {"store": Workspace, "plots": anomaly.plots, "anomaly": anomaly}
    assert [one for one in named[0] if not hasattr(rooms[one[0]], one[1])] == []
    drawn = {name for room, name in named[0] if name.startswith("draw_")}
    assert len(drawn) >= 9
    for name in set(anomaly.__all__):
        assert all(f"`{name}`" in text for text in told)
