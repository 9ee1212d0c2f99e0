"""Notebooks run cell by cell in this process, as a kernel would show them."""

import ast
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
from IPython.core.formatters import DisplayFormatter


def run_notebook(path: Path, **parameters) -> tuple[dict, list[dict]]:
    """Run a notebook; return its names, and what each code cell shows, by MIME type.

    ``parameters`` take the place of those of its parameters cell that it has.
    """
    cells = nbformat.read(path, as_version=4).cells
    scope: dict = {"__name__": "__main__"}
    shown = []
    for cell in (one for one in cells if one.cell_type == "code"):
        tree = ast.parse(cell.source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), scope)  # noqa: S102
        value = None
        if last is not None:
            shown_last = compile(ast.Expression(last.value), path.name, "eval")
            value = eval(shown_last, scope)  # noqa: S307
        quiet = cell.source.rstrip().endswith(";") or value is None
        shown.append({} if quiet else DisplayFormatter().format(value)[0])
        # A notebook shows what was drawn at the end of its cell.
        shown[-1]["figures"] = len(plt.get_fignums())
        plt.close("all")
        if "parameters" in cell.metadata.get("tags", ()):
            scope |= {name: parameters[name] for name in parameters if name in scope}
    return scope, shown
