"""One thing on a card: a lead's row, a case file, a case of the ledger."""

from dataclasses import dataclass
from html import escape

import pandas as pd

from anomaly.desk.datatable import DataTable, number_text, table
from anomaly.desk.words import words
from anomaly.errors import UsageError
from anomaly.leads.case_html import STYLE, html_table
from anomaly.leads.headings import headings, kind_of, spelt

JOINERS = "；;"


@dataclass(frozen=True)
class Card:
    """A row of a frame that a notebook shows as headings and texts."""

    row: pd.Series
    language: str = "zh"

    def _repr_html_(self) -> str:
        frame = self.row.to_frame().T
        kind = kind_of(frame)
        heads = headings(kind or "leads", self.language)
        cells = spelt(frame, self.language).iloc[0].to_dict()
        reasons = str(cells.pop("reasons", "") or "") if kind == "leads" else ""
        rows = [
            (heads.get(name, name), _text(cell))
            for name, cell in cells.items()
            if _text(cell)
        ]
        said = words("card", self.language)
        parts = [html_table(["", ""], rows), _listed(reasons)]
        if kind == "leads":
            name = escape(str(cells.get("unit_name") or cells.get("unit_id", "")))
            parts.insert(0, f"<h4>{said['lead']} · {name}</h4>")
            parts.append(f"<p><small>{escape(said['nature'])}</small></p>")
        return f'{STYLE}<div class="case-file">{"".join(parts)}</div>'

    def __repr__(self) -> str:
        return self.row.to_string()


def show(thing, language: str = "zh") -> object:
    """Return a thing in the form in which a notebook shows it best.

    Parameters
    ----------
    thing : Series, DataFrame, CaseFile, Case or Axes
        A row becomes a `Card`, a frame a `DataTable` (as `table` makes it); what
        shows itself is returned as it is.
    language : {'zh', 'en'}
        Of headings and coded cells.

    Raises UsageError for what cannot be shown. Persons are not masked on cards and
    in tables; case files mask them.

    >>> row = pd.Series({"rank": 1, "unit_name": "<b>", "risk": 6.3})
    >>> "&lt;b&gt;" in show(row)._repr_html_()
    True
    """
    words("card", language)
    if isinstance(thing, pd.DataFrame):
        return table(thing, language=language)
    if isinstance(thing, pd.Series):
        return Card(thing, language)
    own = ("_repr_html_", "_repr_png_", "_repr_mimebundle_")
    if isinstance(thing, DataTable) or any(hasattr(thing, name) for name in own):
        return thing
    raise UsageError(
        f"{type(thing).__name__}: there is no way to show it",
        expected="a row, a frame, a case file, a case or an Axes",
    )


def _text(cell: object) -> str:
    if cell is None or (not isinstance(cell, str) and pd.isna(cell)):
        return ""
    return number_text(cell) if isinstance(cell, float) else str(cell)


def _listed(reasons: str) -> str:
    """Return reasons as a list: they are joined by a semicolon in either language."""
    for mark in JOINERS:
        reasons = reasons.replace(mark, "\n")
    told = [one.strip() for one in reasons.split("\n") if one.strip()]
    return f"<ul>{''.join(f'<li>{escape(one)}</li>' for one in told)}</ul>"
