"""How the pages of this folder become a site: `make docs`.

Nothing on a page is fetched from elsewhere, so that the site reads the same on a desk
without a network. The pages stay plain Markdown, which any Git host shows as it is.
"""

import re
import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))

project = "anomaly"
version = release = metadata.version("anomaly")
author = copyright = "anomaly"
language = "zh_CN"
root_doc = "index"
extensions = ["myst_parser", "two_letter_search", "self_contained"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["extensions"]

myst_heading_anchors = 4


html_theme = "furo"
html_title = f"anomaly {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
# A page opened as a file may not read another: no excerpts below what is found.
html_show_search_summary = False
# Fonts of the reader's own machine, Chinese ones among them.
FONTS = '"Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei"'
html_theme_options = {
    "light_css_variables": {
        "font-stack": f"'Segoe UI', Helvetica, Arial, {FONTS}, sans-serif",
        "font-stack--monospace": f"Consolas, 'DejaVu Sans Mono', {FONTS}, monospace",
    }
}

# Folders whose pages hang below their list.
FOLDERS = ("indicators/README", "decisions/README")
BELOW = "\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"
# Git hosts take an HTML anchor above a heading, the site a target.
ANCHOR = re.compile(r'^<a id="([^"]+)"></a>\n\n(?=#)', flags=re.MULTILINE)
# Chinese writes no blank where a line of the source ends.
HAN = "\u3001-\u303f\u4e00-\u9fff\uff01-\uff5e\u2014\u201c\u201d"
FOLD = re.compile(rf"(?<=[{HAN}])\n *(?=[{HAN}]|`[^`]|\[)")


def adapt(app, name: str, source: list[str]) -> None:
    """Say in the site's words what the pages say in a Git host's."""
    text = FOLD.sub("", ANCHOR.sub(r"(\1)=\n", source[0]))
    source[0] = text + (BELOW if name in FOLDERS else "")


def setup(app) -> dict:
    """Adapt each page as it is read."""
    app.connect("source-read", adapt)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
