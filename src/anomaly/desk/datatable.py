"""A frame as a table to sort and search, without a network."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from anomaly.desk.words import words
from anomaly.errors import UsageError
from anomaly.leads.headings import headed, kind_of, spelt

ROWS_AT_MOST = 5000
# What is shown of a list first; `columns` asks for others.
FOREMOST = (
    "rank",
    "unit_id",
    "unit_name",
    "institution_name",
    "tier",
    "line",
    "risk",
    "p",
    "excess_amount",
    "rules",
    "reasons",
    "trend",
    "persistence",
    "marks",
    "expected_by_chance",
    "district",
)
# Texts that are long fold, and only they.
CSS = (
    ".dt-container td, .dt-container th {white-space: nowrap; vertical-align: top}"
    " .dt-container td.long {white-space: normal; min-width: 30em}"
)
LONG = 24  # characters
# Short lists can be searched as well: left to itself the library leaves this out.
LAYOUT = {"topEnd": {"search": {}}}
# What the library adds for readers that have a network: links to its own pages.
LINKS = re.compile(r"<noscript>.*?</noscript>|<sup>.*?</sup>", re.DOTALL)
LOADING = re.compile(r"Loading ITables.*?</td>", re.DOTALL)
REST = re.compile(r"\(([\d,]+) more rows? not shown\)(?=</td></tr></tfoot>)")
# How it writes a number that is missing, and what is wanted.
MISSING = {r"[\"NaN\", \"___NaN___\"]": r"[\"\", \"___NaN___\"]", ">NaN</td>": "></td>"}


@dataclass(frozen=True)
class DataTable:
    """A frame that a notebook shows as a table to sort and search.

    ``frame`` is what is shown: rows, columns and headings.
    """

    frame: pd.DataFrame
    title: str = ""
    language: str = "zh"
    page: int = 15

    def _repr_html_(self) -> str:
        try:
            import itables  # noqa: F401 - whether it is there
        except ImportError:
            return plain(self.frame, self.title)
        return sortable(self.frame, self.title, self.language, self.page)

    def __repr__(self) -> str:
        return self.frame.to_string(index=False)


def table(
    frame: pd.DataFrame,
    *,
    columns: Sequence[str] | None = None,
    language: str = "zh",
    title: str = "",
    page: int = 15,
    rows: int = ROWS_AT_MOST,
) -> DataTable:
    """Return a frame as a table to sort and search; persons are not masked.

    Parameters
    ----------
    frame : DataFrame
        Of leads, hits, evidence or any other, headed by id; any number of rows.
    columns : sequence of str, optional
        Which columns, by id, and in what order. Of leads the foremost, of anything
        else all, unless given.
    language : {'zh', 'en'}
        Of headings, coded cells and the table's own words.
    page : int
        Rows a page.
    rows : int
        How many rows are shown at most; what is left out is said.

    Returns
    -------
    DataTable
        Shows itself as HTML, which holds all it needs, about 1 MB; as text elsewhere.

    Raises
    ------
    UsageError
        For a column that the frame does not have, or another language.

    >>> leads = pd.DataFrame({"rank": [1], "unit_name": ["甲"], "risk": [6.3]})
    >>> list(table(leads).frame)
    ['名次', '名称', '风险']
    """
    said = words("note", language)
    kind = kind_of(frame)
    if columns is None and kind == "leads":
        columns = [name for name in FOREMOST if name in frame]
    chosen = list(frame.columns) if columns is None else list(columns)
    missing = [name for name in chosen if name not in frame]
    if missing:
        raise UsageError(
            f"column '{missing[0]}': the frame has none",
            expected=f"one of {', '.join(map(str, frame.columns))}",
        )
    shown = spelt(frame[chosen].head(rows).reset_index(drop=True), language)
    if len(frame) > rows:
        cut = said["cut"].format(shown=f"{rows:,}", total=f"{len(frame):,}")
        title = f"{title} {cut}".strip()
    return DataTable(headed(shown, kind or "leads", language), title, language, page)


def number_text(value: float) -> str:
    """Return a number as people write it: small ones keep digits that tell.

    >>> number_text(12345.678), number_text(0.0123456), number_text(0.00000912)
    ('12,345.68', '0.0123', '9.1e-06')
    """
    if pd.isna(value):
        return ""
    if value == 0 or abs(value) >= 1:
        return f"{value:,.2f}"
    return f"{value:.3g}" if abs(value) >= 0.0001 else f"{value:.1e}"


def plain(frame: pd.DataFrame, title: str = "") -> str:
    """Return a frame as an HTML table that does not move, every text escaped."""
    html = frame.to_html(index=False, border=0, na_rep="", float_format=number_text)
    return f"<h4>{escape(title)}</h4>{html}" if title else html


def sortable(frame: pd.DataFrame, title: str, language: str, page: int) -> str:
    """Return a frame as HTML that sorts and searches, with all that it needs."""
    from itables import options, to_html_datatable
    from itables.javascript import generate_init_offline_itables_html

    right = [
        nth
        for nth in range(frame.shape[1])
        if pd.api.types.is_numeric_dtype(frame.iloc[:, nth])
        and not pd.api.types.is_bool_dtype(frame.iloc[:, nth])
    ]
    left = [nth for nth in range(frame.shape[1]) if nth not in right]
    long = [
        nth for nth in left if frame.iloc[:, nth].astype(str).str.len().max() > LONG
    ]
    with pd.option_context("display.float_format", number_text):
        html = to_html_datatable(
            _writable(frame),
            connected=False,
            display_logo_when_loading=False,
            maxBytes=0,
            maxColumns=0,
            pageLength=page,
            lengthMenu=sorted({page, 50, 200}),
            layout=LAYOUT,
            classes="display compact",
            css=CSS,
            showIndex=False,
            scrollX=True,
            language=words("table", language),
            columnDefs=[
                {"targets": right, "className": "dt-right"},
                {"targets": left, "className": "dt-left"},
                {"targets": long, "className": "dt-left long"},
            ],
        )
    html = _in_words(html, words("note", language))
    library = generate_init_offline_itables_html(options.dt_bundle)
    head = f"<h4>{escape(title)}</h4>" if title else ""
    return LINKS.sub("", library) + _dark(html) + head + html


def _in_words(html: str, said: dict) -> str:
    """Put our words where the library has its own, and take its links out."""
    html = LOADING.sub(f"{said['loading']}</td>", LINKS.sub("", html))
    html = REST.sub(lambda found: said["more"].format(count=found.group(1)), html)
    for nothing, empty in MISSING.items():
        html = html.replace(nothing, empty)
    return html


def _dark(html: str) -> str:
    """Return what lets a table follow a dark page."""
    name = re.search(r"window\.(_itables\w+)", html).group(1)
    return (
        '<script type="module">'
        f"const found = await window.{name}; found.set_or_remove_dark_class();"
        "</script>"
    )


def _writable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose cells a page can hold: numbers and texts.

    Where a whole number is missing all are texts, which sort as numbers still.
    """
    cells = {}
    for nth, name in enumerate(frame.columns):
        column = frame.iloc[:, nth]
        if pd.api.types.is_float_dtype(column):
            column = column.astype(float)
        elif pd.api.types.is_integer_dtype(column) and not column.hasnans:
            column = column.astype("int64")
        else:
            column = column.astype(object).where(column.notna(), "").map(str)
        cells[name] = column
    return pd.DataFrame(cells)
