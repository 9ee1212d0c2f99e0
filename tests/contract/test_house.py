"""The house rules as tests: fences, budgets, words, notebooks, documents."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "anomaly"
MODULES = sorted(SOURCE.rglob("*.py"))
ROOMS = (
    "policy sources store features screen peers rules detectors leads casework"
    " inspection assessment plots workspace briefs desk cli"
).split()
# What no lead, brief or message may be called.
FORBIDDEN = ("欺诈", "骗保", "fraud", "violator")


def test_import_contracts_hold():
    # Its own process: the linter keeps a cache and a parser of its own.
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_stands():
    assert [room for room in ROOMS if not list((SOURCE / room).glob("*.py"))] == []
    for name in ("errors.py", "tables.py", "periods.py"):
        assert (SOURCE / name).is_file()


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_is_small(path):
    text = path.read_text("utf-8")
    assert path.stem not in {"utils", "misc", "helpers", "common", "base"}
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= 60, f"{node.name}: {length} lines"


def test_functions_are_mostly_short():
    lengths = sorted(
        node.body[-1].end_lineno - node.body[0].lineno + 1
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    )
    assert lengths[len(lengths) // 2] < 10


def test_no_lead_is_called_what_it_is_not():
    texts = [*MODULES, *SOURCE.rglob("*.toml"), *SOURCE.rglob("*.typ")]
    texts += list((ROOT / "notebooks").glob("*.ipynb"))
    found = [
        f"{path.name}: {word}"
        for path in texts
        for word in FORBIDDEN
        if word in path.read_text("utf-8").lower()
    ]
    assert found == []


def test_notebooks_carry_no_outputs_and_no_program():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
            tree = ast.parse("".join(cell["source"]))
            loops = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While)
            assert not any(isinstance(node, loops) for node in ast.walk(tree))


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-spark.lock"])
def test_the_lock_names_no_host(lock):
    assert not re.search(r"https?://", (ROOT / lock).read_text())


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-spark.lock"])
def test_the_lock_holds_every_dependency_with_hashes(name):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lock = (ROOT / name).read_text("utf-8")
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    if "spark" in name:
        wanted = project["project"]["optional-dependencies"]["spark"]
    for requirement in wanted:
        name = re.split(r"[<>=\[ ]", requirement)[0]
        assert re.search(rf"^{re.escape(name)}==.*\\\n +--hash", lock, re.MULTILINE), (
            name
        )


def test_documents_stand_alone():
    listed = subprocess.run(
        ["git", "ls-files", "*.md", "*.py", "*.toml", "*.sql", "*.typ", "Makefile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for name in listed:
        if name != "tests/contract/test_house.py":
            text = (ROOT / name).read_text("utf-8")
            assert "../shared" not in text
            assert "/work/" not in text
            assert "/root/" not in text


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_readmes_show_the_two_commands_and_a_picture(readme):
    text = (ROOT / readme).read_text("utf-8")
    assert "make demo" in text
    assert "make test" in text
    for picture in re.findall(r"!\[[^]]+\]\(([^)]+)\)", text) or ["none shown"]:
        assert (ROOT / picture).is_file(), picture


def test_the_glossary_knows_every_indicator_and_artefact():
    from anomaly.features.indicator import indicators
    from anomaly.policy.read import policy
    from anomaly.rules.rule import rules

    text = (ROOT / "GLOSSARY.md").read_text("utf-8")
    ids = [*indicators(), *policy("screen")["artefacts"], *rules()]
    assert [name for name in ids if f"`{name}`" not in text] == []


def test_every_indicator_and_rule_is_a_reviewed_record():
    from anomaly.features.indicator import indicators
    from anomaly.rules.rule import rules

    for record in [*indicators().values(), *rules().values()]:
        assert record.zh
        assert record.en
        assert record.basis
        assert record.reviewed
