"""The executed notebook as one page that stands alone, its code folded."""

import html
from functools import lru_cache

import nbformat

from anomaly.briefs.freshness import digest

FOLDED = (
    '<details class="code"><summary>代码 · Code</summary>'
    "<pre><code>{source}</code></pre></details>"
)
STYLE = """<style>
details.code { margin: 4px 0; font-size: 85%; color: #5b6873; }
details.code pre { background: #eef3f8; border: 0; white-space: pre-wrap; }
@media print { details.code { display: none; } }
</style>"""
LANGUAGES = {"zh": "zh-CN"}


def to_html(notebook, title: str, language: str) -> str:
    """Return the page: outputs open, each cell's code closed, nothing fetched."""
    marked, folds = folded(notebook)
    body, _ = exporter().from_notebook_node(
        marked, resources={"metadata": {"name": title}}
    )
    for mark, fold in folds.items():
        body = body.replace(mark, fold, 1)
    spoken = LANGUAGES.get(language, language)
    body = body.replace('<html lang="en">', f'<html lang="{spoken}">', 1)
    return body.replace("</head>", f"{STYLE}\n</head>", 1)


def folded(notebook) -> tuple:
    """Return a copy with a mark before each code cell, and the fold each stands for.

    The exporter cleans what it is given, folds too: they are put in after it. A mark
    holds the digest of all sources, so that no text of the data is taken for one.
    """
    copy = nbformat.from_dict(notebook)
    sources = [cell.source for cell in copy.cells]
    seal = digest("\0".join(sources).encode())
    cells, folds = [], {}
    for cell in copy.cells:
        if cell.cell_type == "code" and cell.source.strip():
            mark = f"fold-{seal}-{len(folds)}-"
            folds[mark] = FOLDED.format(source=html.escape(cell.source))
            cells.append(nbformat.v4.new_raw_cell(mark))
        cells.append(cell)
    copy.cells = cells
    return copy, folds


@lru_cache(maxsize=1)
def exporter():
    """Return the exporter; it keeps its compiled page templates."""
    from nbconvert import HTMLExporter

    return HTMLExporter(
        template_name="classic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        embed_images=True,
        mathjax_url="",
        require_js_url="",
        jquery_url="",
        mermaid_js_url="",
    )
