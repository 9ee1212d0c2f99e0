"""A papermill engine that runs cells in this very process, by an IPython shell.

The stock engine starts a kernel, and most of its seconds go into imports. Here
the process was forked from a parent that has imported everything already; it
runs one notebook and ends. Register with `register()`, then ask papermill for
the engine named `ENGINE`.
"""

import base64
import traceback
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_output
from papermill.engines import Engine, papermill_engines
from traitlets import Type
from traitlets.config import Config

ENGINE = "anomaly-shell"


class CellDisplayHook(DisplayHook):
    """Keeps the value of a cell's last line instead of printing it."""

    def write_output_prompt(self) -> None:
        """Print no prompt."""

    def write_format_data(self, format_dict, md_dict=None) -> None:
        self.shell.cell_outputs.append(
            new_output(
                "execute_result",
                data=_plain(format_dict),
                metadata=md_dict or {},
                execution_count=self.shell.execution_count,
            )
        )

    def finish_displayhook(self) -> None:
        """Flush nothing: nothing was printed."""
        self._is_active = False


class CellDisplayPublisher(DisplayPublisher):
    """Keeps what `display()` is given."""

    def publish(self, data, metadata=None, **_) -> None:
        self.shell.cell_outputs.append(
            new_output("display_data", data=_plain(data), metadata=metadata or {})
        )


class ReportShell(InteractiveShell):
    """An IPython shell that collects the outputs of one cell at a time."""

    displayhook_class = Type(CellDisplayHook)
    display_pub_class = Type(CellDisplayPublisher)
    cell_outputs: list

    def showtraceback(self, *_, **__) -> None:
        """Print nothing: the error becomes an output of the cell."""

    showsyntaxerror = showtraceback


class ShellEngine(Engine):
    """Runs a notebook's cells in order and stops at the first error."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **_) -> None:
        shell = make_shell()
        for index, cell in enumerate(nb_man.nb.cells):
            if cell.cell_type != "code":
                continue
            nb_man.cell_start(cell, index)
            error = run_cell(shell, cell)
            if error is not None:
                nb_man.cell_exception(cell, cell_index=index)
            nb_man.cell_complete(cell, cell_index=index)
            if error is not None:
                break


def register() -> None:
    """Make the engine known to papermill under its name."""
    papermill_engines.register(ENGINE, ShellEngine)


def make_shell() -> ReportShell:
    """Return a fresh shell that reads no profile and keeps no history."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Plain"
    ReportShell.clear_instance()
    shell = ReportShell.instance(config=config)
    shell.cell_outputs = []
    return shell


def run_cell(shell: ReportShell, cell) -> BaseException | None:
    """Run one cell, put its outputs into it, and return its error if any."""
    shell.cell_outputs = []
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        result = shell.run_cell(cell.source, store_history=True)
    cell.execution_count = shell.execution_count - 1
    cell.outputs = [
        new_output("stream", name=name, text=stream.getvalue())
        for name, stream in (("stdout", out), ("stderr", err))
        if stream.getvalue()
    ]
    cell.outputs += shell.cell_outputs
    error = result.error_before_exec or result.error_in_exec
    if error is not None:
        cell.outputs.append(_error_output(error))
    return error


def _error_output(error: BaseException):
    lines = traceback.format_exception(error)
    return new_output(
        "error", ename=type(error).__name__, evalue=str(error), traceback=lines
    )


def _plain(data: dict) -> dict:
    """Return output data as a notebook stores it: bytes in base 64."""
    return {
        kind: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for kind, value in data.items()
    }
