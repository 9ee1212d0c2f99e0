"""The notebook template: where it is, and which parameters it takes."""

import ast
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from anomaly.errors import UsageError

NAME = "district_brief.ipynb"
OURS = ("store", "district", "month", "language", "out")
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]+)?")
PLAIN = (str, int, float, bool, type(None))


def template_path() -> Path:
    """Return the template: the wheel's own, or the repository's notebooks/."""
    inside = Path(str(files("anomaly.briefs"))) / "templates" / NAME
    beside = Path(__file__).parents[3] / "notebooks" / NAME
    for path in (inside, beside):
        if path.is_file():
            return path
    raise UsageError(
        f"template: {NAME} is neither in the package nor in notebooks/",
        todo="install the package again",
    )


def parameter_names(path: str | Path) -> list[str]:
    """Return the names that the notebook's cell tagged `parameters` assigns."""
    import nbformat

    notebook = nbformat.read(str(path), as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            return _assigned(cell.source)
    raise UsageError(
        f"{Path(path).name}: no cell tagged 'parameters'",
        expected="one code cell with that tag",
    )


def _assigned(source: str) -> list[str]:
    targets = [
        target
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        for target in node.targets
    ]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def own_parameters(texts: Sequence[str]) -> dict:
    """Return parameters given as 'name=value'; UsageError where one is not so.

    A value is true or false, a number, or else text; never code.
    """
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (equals and name.isidentifier()):
            raise UsageError(f"parameter '{text}'", expected="name=value")
        if name in OURS:
            raise UsageError(
                f"parameter '{name}'",
                expected="a parameter of the template's own",
                todo="store, district, month, language and out have options",
            )
        found[name] = _value(value)
    return found


def _value(text: str) -> str | int | float | bool:
    """Return what the text says; a code such as 007 or 1_0 stays the text it is."""
    if text in ("true", "false"):
        return text == "true"
    if not NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def check_parameters(path: str | Path, parameters: dict) -> None:
    """Refuse a name that the notebook does not have, or a value that is not plain.

    papermill would run a misspelt name with the default, and a crafted one as code.
    """
    known = parameter_names(path)
    for name, value in parameters.items():
        if name not in known:
            raise UsageError(
                f"{Path(path).name}: no parameter '{name}'",
                expected=f"one of {', '.join(known)}",
            )
        if not isinstance(value, PLAIN):
            raise UsageError(
                f"{Path(path).name}: parameter '{name}' is a {type(value).__name__}",
                expected="text, a number, true or false",
            )
