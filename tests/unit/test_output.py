"""How wide commands print: a table in a log is not folded."""

import io

from anomaly.cli.output import WIDE, Page


def test_what_is_no_terminal_is_wide_unless_told(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    page = Page(file=io.StringIO(), force_terminal=False)
    assert page.size.width == WIDE
    # Told later than the console was made, as by a test or a changed window.
    monkeypatch.setenv("COLUMNS", "90")
    assert page.size.width == 90
