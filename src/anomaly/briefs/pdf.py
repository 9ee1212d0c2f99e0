"""From brief.json and SVG figures to the PDF, by Typst and the shipped font."""

import json
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from anomaly.errors import AnomalyError

TEMPLATE = "template.typ"
WIDTHS = ("100", "94", "88", "82")
FULL_ENOUGH = 0.5


class TypesettingError(AnomalyError):
    """The PDF could not be set as it should be; none was written."""

    exit_code = 1


def make_pdf(folder: str | Path) -> bytes:
    """Return the PDF of the assets in a folder: same assets, same bytes.

    The folder is the root that Typst may read; the template is copied into it.
    Raises TypesettingError on any warning and on any character without a glyph.
    """
    import typst

    from anomaly.plots import FONT_FOLDER

    root = Path(folder)
    _check_glyphs(root)
    template = root / TEMPLATE
    template.write_text(_template(), encoding="utf-8")
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(FONT_FOLDER)],
    )
    options = {"root": str(root), "font_paths": fonts}
    try:
        options["sys_inputs"] = {"figure-width": _figure_width(template, options)}
        pdf, warnings = typst.compile_with_warnings(
            str(template), format="pdf", **options
        )
    except typst.TypstError as error:
        raise TypesettingError(f"{root.name}: {error}") from error
    if warnings:
        raise TypesettingError(f"{root.name}: {warnings[0].message}")
    return pdf


def _figure_width(template: Path, options: dict) -> str:
    """Return the width of figures, in percent, that leaves the fewest blanks.

    Slightly smaller figures often save a last page with a few lines on it.
    """
    ends = {width: _end(template, options, width) for width in WIDTHS}
    fewest = min(end["page"] for end in ends.values())
    fits = {width: end for width, end in ends.items() if end["page"] == fewest}
    for width, end in fits.items():
        if end["filled"] >= FULL_ENOUGH:
            return width
    return max(fits, key=lambda width: fits[width]["filled"])


def _end(template: Path, options: dict, width: str) -> dict:
    import typst

    found = typst.query(
        str(template),
        "<end>",
        field="value",
        one=True,
        sys_inputs={"figure-width": width},
        **options,
    )
    return json.loads(found)


def _template() -> str:
    return files("anomaly.briefs").joinpath(TEMPLATE).read_text("utf-8")


def _check_glyphs(root: Path) -> None:
    from anomaly.plots import missing_glyphs

    brief = json.loads((root / "brief.json").read_text("utf-8"))
    figures = [path.read_text("utf-8") for path in sorted(root.glob("*.svg"))]
    missing = missing_glyphs([*_texts(brief), *figures])
    if missing:
        found = ", ".join(f"U+{ord(character):04X}" for character in missing[:5])
        raise TypesettingError(
            f"{root.name}: no glyph for {found}",
            expected="characters of the shipped font",
            todo="spell them out before they reach the brief",
        )


def _texts(value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def copy_pdf(pdf: bytes, target: Path) -> None:
    """Write a PDF under a temporary name, then give it its own."""
    partial = target.with_name(f".{target.name}.part")
    partial.write_bytes(pdf)
    shutil.move(partial, target)
