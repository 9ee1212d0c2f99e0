"""The one place that owns matplotlib's settings, the font and the colours.

Figures are made without pyplot: no global state, no window, nothing to close.
"""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

FONT = "Noto Sans SC"
UNSEEN = "\n\u2060"  # line feed, word joiner: no glyph is wanted
# Where the shipped fonts and their licence stand.
FONT_FOLDER = Path(__file__).parent / "fonts"

INK = "#22303c"
FAINT = "#66727d"
GRID = "#e3e7eb"
BLUE = "#1f4e79"
BAND = "#d5e1ee"
BAND_WIDE = "#ebf1f7"
ORDINARY = "#8fa3b5"


class Look(NamedTuple):
    """How one tier is marked: by shape, by colour and by lightness."""

    marker: str
    colour: str
    size: float


# Dark to light, so that greyscale print keeps the order; shapes differ as well.
TIER_LOOKS = {
    "red": Look("D", "#8c1c2b", 46),
    "orange": Look("^", "#d2741c", 52),
    "yellow": Look("o", "#f0bd3a", 44),
    "": Look("o", ORDINARY, 14),
}

SETTINGS = {
    "font.family": FONT,
    "font.size": 8.5,
    "axes.unicode_minus": True,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "text.color": INK,
    "text.parse_math": False,  # a name with dollar signs is a name
    "legend.frameon": False,
    "legend.fontsize": 8,
    "svg.fonttype": "none",
    "svg.hashsalt": "anomaly",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


LEGEND = {
    "loc": "lower center",
    "borderaxespad": 0.2,
    "ncols": 6,
    "columnspacing": 1.4,
}


@lru_cache(maxsize=1)
def register_fonts() -> None:
    """Make the shipped font known to matplotlib, whatever the machine has."""
    for path in sorted(FONT_FOLDER.glob("*.ttf")):
        font_manager.fontManager.addfont(str(path))


def settings():
    """Return a context in which figures look like ours."""
    register_fonts()
    return mpl.rc_context(SETTINGS)


@dataclass(frozen=True)
class Picture:
    """A figure with the words that stand in for it where it cannot be seen."""

    figure: Figure
    alt: str = ""

    def svg(self) -> str:
        """Return the same SVG for the same figure: no date, no random ids."""
        text = self._saved("svg", metadata={"Date": None, "Creator": None})
        return text.decode("utf-8")

    def png(self, dpi: int = 110, **options) -> bytes:
        """Return the figure as PNG; same figure, same bytes."""
        return self._saved("png", dpi=dpi, metadata={"Software": None}, **options)

    def share_legend(self, *axes: Axes, **options) -> None:
        """Set one legend below all panels: each label of the axes once."""
        entries = {}
        for ax in axes:
            handles, labels = ax.get_legend_handles_labels()
            entries |= dict(zip(labels, handles, strict=True))
        if entries:
            with settings():
                self.figure.legend(
                    entries.values(), entries.keys(), **(LEGEND | options)
                )

    def _saved(self, kind: str, **options) -> bytes:
        target = BytesIO()
        with settings():
            self.figure.savefig(target, format=kind, **options)
        return target.getvalue()

    def _repr_png_(self) -> bytes:
        return self.png()


def shown(png: bytes, alt: str) -> dict:
    """Return a picture as a notebook keeps it, with words that stand in for it."""
    text = b64encode(png).decode("ascii")
    html = f'<img alt="{escape(alt)}" src="data:image/png;base64,{text}">'
    return {"image/png": text, "text/html": html}


class Panel(Axes):
    """Axes that a notebook shows as their whole figure; ``alt`` says what is seen."""

    alt = ""

    def _repr_mimebundle_(self, **asked) -> dict:
        return shown(self._repr_png_(), self.alt)

    def _repr_png_(self) -> bytes:
        # Cut to what is drawn: nothing is lost at an edge, and no edge is empty.
        return Picture(self.figure).png(bbox_inches="tight", pad_inches=0.06)


class Margins(NamedTuple):
    """Millimetres kept free around and between panels: words stand there."""

    left: float = 17
    right: float = 4
    top: float = 7
    bottom: float = 17
    between: float = 19


def canvas(
    width_mm: float,
    height_mm: float,
    panels: int = 1,
    *,
    alt: str = "",
    margins: Margins | None = None,
) -> tuple[Picture, list[Axes]]:
    """Return a Picture and its axes, side by side where there are several.

    The layout is fixed from the start: names can be placed among the points at
    once, and the same table gives the same picture to the byte.
    """
    edge = margins or Margins()
    panel = (width_mm - edge.left - edge.right - edge.between * (panels - 1)) / panels
    with settings():
        figure = Figure(figsize=(width_mm / 25.4, height_mm / 25.4))
        kind = {"axes_class": Panel}
        axes = figure.subplots(1, panels, squeeze=False, subplot_kw=kind)[0]
    figure.subplots_adjust(
        left=edge.left / width_mm,
        right=1 - edge.right / width_mm,
        bottom=edge.bottom / height_mm,
        top=1 - edge.top / height_mm,
        wspace=edge.between / panel,
    )
    return Picture(figure, alt), list(axes)


@lru_cache(maxsize=1)
def _covered() -> frozenset[str]:
    """Return the characters that both shipped weights can show."""
    register_fonts()
    fonts = [font_manager.get_font(str(path)) for path in FONT_FOLDER.glob("*.ttf")]
    codes = set.intersection(*(set(font.get_charmap()) for font in fonts))
    return frozenset(map(chr, codes)) | frozenset(UNSEEN)


def missing_glyphs(texts: Iterable[str]) -> list[str]:
    """Return the characters of the texts which the shipped font cannot show."""
    return sorted(set().union(*texts) - _covered())
