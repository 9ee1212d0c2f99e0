"""A case file as HTML: what a notebook shows; every text escaped, persons masked."""

from html import escape

import pandas as pd

from anomaly.leads.case_advice import figure
from anomaly.leads.case_words import facts, heads, hidden, texts, words
from anomaly.leads.casefile import CaseFile
from anomaly.periods import month_text

AT_MOST = 20
ORDER = (
    "action",
    "indicators",
    "peers",
    "history",
    "ordinary",
    "checks",
    "hits",
    "items",
    "visits",
    "lines",
)
# In JupyterLab its own colours stand, so that a dark page stays readable; the doubled
# class outweighs its rule that every cell is set to the right.
STYLE = (
    "<style>.case-file.case-file td, .case-file.case-file th {text-align: left;"
    " vertical-align: top; white-space: normal} .case-file h4 {padding-left: 7px;"
    " border-left: 3px solid var(--jp-brand-color1, #1f4e79)}"
    " .case-file small {color: var(--jp-ui-font-color2, #5b6873)}</style>"
)


def as_html(case: CaseFile) -> str:
    """Return the whole case file as one piece of HTML, long tables cut at 20 rows."""
    said = words(case.language)
    reasons = [f"<li>{escape(hidden(case, one))}</li>" for one in case.reasons]
    parts = [
        f"<h3>{escape(said['title'])} · {month_text(case.month)}</h3>",
        f"<p><small>{escape(said['nature'])}</small></p>",
        html_table(["", ""], facts(case)),
        f"<ol>{''.join(reasons)}</ol>",
    ]
    for name in ORDER:
        parts.append(f"<h4>{escape(said['sections'][name])}</h4>")
        parts.append(f"<p><small>{escape(said['notes'][name])}</small></p>")
        parts.append(_section(case, name))
    return f'{STYLE}<div class="case-file">{"".join(parts)}</div>'


def _section(case: CaseFile, name: str) -> str:
    said = words(case.language)
    if getattr(case, name).empty:
        return f"<p>{escape(said['empty'])}</p>"
    if name == "history":
        frame = history_texts(case)
        return html_table(list(frame.columns), frame.to_numpy().tolist())
    table = texts(case, name).head(AT_MOST)
    return html_table(heads(case, table), table.to_numpy().tolist())


def history_texts(case: CaseFile) -> pd.DataFrame:
    """Return a row a month: each indicator's value, the peers' median behind it."""
    kinds = case.indicators.set_index("indicator")["kind"]
    months = case.history["month"].drop_duplicates().sort_values()
    table = {words(case.language)["columns"]["month"]: months.dt.strftime("%Y-%m")}
    by_test = case.history.groupby(["indicator", "name"], sort=False)
    for (indicator, name), found in by_test:
        rows = found.set_index("month").reindex(months)
        kind = kinds[indicator]
        cells = zip(rows["value"], rows["peers_median"], strict=True)
        table[name] = [
            f"{figure(own, kind) or '—'} / {figure(peers, kind) or '—'}"
            for own, peers in cells
        ]
    return pd.DataFrame(table)


def html_table(columns: list[str], rows) -> str:
    """Return headings and rows as a table, every text escaped."""
    head = "".join(f"<th>{escape(str(name))}</th>" for name in columns)
    head = f"<thead><tr>{head}</tr></thead>" if any(columns) else ""
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table>{head}<tbody>{body}</tbody></table>"
