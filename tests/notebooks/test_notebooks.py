"""Every notebook: no outputs, and cells that import, call or explain."""

import ast
from pathlib import Path

import nbformat
import pytest
from drawn_case import MONTH, case_world
from drawn_indicators import load_world

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
REFUSED = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.Lambda,
)


def code_cells(path):
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_it_is_valid_and_holds_no_outputs(path):
    nbformat.validate(nbformat.read(path, as_version=4))
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_its_cells_define_nothing_and_loop_over_nothing(path):
    for cell in code_cells(path):
        nodes = list(ast.walk(ast.parse(cell.source)))
        assert not [node for node in nodes if isinstance(node, REFUSED)]


def test_the_brief_begins_with_its_parameters():
    path = next(path for path in NOTEBOOKS if path.name == "district_brief.ipynb")
    first = code_cells(path)[0]
    assert first.metadata.tags == ["parameters"]


def test_the_case_file_runs_as_it_stands(tmp_path):
    path = next(path for path in NOTEBOOKS if path.name == "case_file.ipynb")
    parameters, *cells = code_cells(path)
    assert parameters.metadata.tags == ["parameters"]
    scope: dict = {}
    exec(parameters.source, scope)
    scope |= {"store": str(load_world(tmp_path, case_world())), "month": MONTH}
    for cell in cells:
        exec(cell.source, scope)
    # Nobody was named, so the first of the list is told.
    assert scope["case"].who["unit_id"].iloc[0] == "D00"
    assert "D00" in scope["case"]._repr_html_()


@pytest.mark.parametrize("name", ["city_overview", "unit_profile"])
def test_the_short_views_run_as_they_stand(name, tmp_path):
    path = next(path for path in NOTEBOOKS if path.stem == name)
    parameters, *cells = code_cells(path)
    assert parameters.metadata.tags == ["parameters"]
    scope: dict = {}
    exec(parameters.source, scope)
    scope |= {"store": str(load_world(tmp_path, case_world())), "month": MONTH}
    scope |= {"out": str(tmp_path / "out")}
    for cell in cells:
        exec(cell.source, scope)
    assert list((tmp_path / "out" / MONTH).glob("*.pdf"))
