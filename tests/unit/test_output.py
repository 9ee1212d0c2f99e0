"""How wide commands print: a table in a log is not folded."""

import io

import pandas as pd

from anomaly.cli import output
from anomaly.cli.output import WIDE, Page


def test_what_is_no_terminal_is_wide_unless_told(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    page = Page(file=io.StringIO(), force_terminal=False)
    assert page.size.width == WIDE
    # Told later than the console was made, as by a test or a changed window.
    monkeypatch.setenv("COLUMNS", "90")
    assert page.size.width == 90


def test_brackets_in_a_cell_stand_as_they_are(monkeypatch):
    page = Page(file=io.StringIO())
    monkeypatch.setattr(output, "out", page)
    names = ["[/x]H1", "[red]H2[/red]"]
    output.show_table(pd.DataFrame({"institution_id": names}))
    text = page.file.getvalue()
    assert all(name in text for name in names)
