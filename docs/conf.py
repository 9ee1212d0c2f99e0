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
extensions = ["myst_parser", "two_letter_search"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["extensions"]

myst_heading_anchors = 4
# A table's bar and a dollar are what they look like: no formula stands on a page.
myst_enable_extensions = ["colon_fence"]

html_theme = "furo"
html_title = f"anomaly {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False

# Folders whose pages hang below their list.
FOLDERS = ("indicators/README", "decisions/README")
BELOW = "\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"
# Git hosts take an HTML anchor above a heading, the site a target.
ANCHOR = re.compile(r'^<a id="([^"]+)"></a>\n\n(?=#)', flags=re.MULTILINE)


def adapt(app, name: str, source: list[str]) -> None:
    """Say in the site's words what the pages say in a Git host's."""
    text = ANCHOR.sub(r"(\1)=\n", source[0])
    source[0] = text + (BELOW if name in FOLDERS else "")


def setup(app) -> dict:
    """Adapt each page as it is read."""
    app.connect("source-read", adapt)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
