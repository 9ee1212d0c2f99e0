"""From brief.json and SVG figures to the PDF, by Typst and the shipped font."""

import json
import shutil
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from anomaly.errors import AnomalyError

TEMPLATE = "template.typ"
STYLE = "style.typ"
DATA = "brief.json"
# Each costs a tenth of a second and more: two are tried, as they come and closer.
LAYOUTS = [
    {"figure-width": "100", "snug": "no"},
    {"figure-width": "88", "snug": "yes"},
]
TOO_LONG = 9.0  # the first page must stay one page
GOOD_ENOUGH = 0.12


class TypesettingError(AnomalyError):
    """The PDF could not be set as it should be; none was written."""

    exit_code = 1


def make_pdf(folder: str | Path) -> bytes:
    """Return the PDF of a brief's assets in a folder: same assets, same bytes.

    Raises TypesettingError on any warning and on any character without a glyph.
    """
    return typeset(Path(folder), TEMPLATE, DATA, LAYOUTS)


def typeset(root: Path, name: str, data: str, layouts: Sequence[dict] = ()) -> bytes:
    """Return the PDF that a template makes of the data and figures in a folder.

    The folder is the root that Typst may read; templates are copied into it. Of
    several layouts the one that leaves the fewest blanks is taken.
    """
    import typst

    from anomaly.plots import FONT_FOLDER

    _check_glyphs(root, data)
    for part in (name, STYLE):
        (root / part).write_text(_template(part), encoding="utf-8")
    template = root / name
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(FONT_FOLDER)],
    )
    options = {"root": str(root), "font_paths": fonts}
    try:
        if layouts:
            options["sys_inputs"] = _fitting(template, options, layouts)
        pdf, warnings = typst.compile_with_warnings(
            str(template), format="pdf", **options
        )
    except typst.TypstError as error:
        raise TypesettingError(f"{root.name}: {error}") from error
    if warnings:
        raise TypesettingError(f"{root.name}: {warnings[0].message}")
    return pdf


def _fitting(template: Path, options: dict, layouts: Sequence[dict]) -> dict[str, str]:
    """Return the layout that leaves the fewest blanks.

    A page with a few lines on it is often saved by figures a little narrower or
    sections a little closer; the first layout that does well is kept.
    """
    costs = []
    for layout in layouts:
        marks = _marks(template, layout, options)
        too_long = any(mark.get("first") and mark["page"] > 1 for mark in marks)
        costs.append(_blanks(marks) + TOO_LONG * too_long)
        if min(costs) < GOOD_ENOUGH:
            break
    return layouts[costs.index(min(costs))]


def _blanks(reached: list[dict]) -> float:
    """Return how much of the pages is empty; the last page counts half.

    The first page sets itself; the last tenth of any page is no loss.
    """
    filled = {}
    for mark in reached:
        filled[mark["page"]] = max(filled.get(mark["page"], 0), mark["filled"])
    last = max(filled)
    inner = [1 - share for page, share in filled.items() if 1 < page < last]
    return sum(max(0, blank - 0.1) for blank in inner) + (1 - filled[last]) / 2


def _marks(template: Path, layout: dict[str, str], options: dict) -> list[dict]:
    import typst

    found = typst.query(
        str(template), "<reached>", field="value", sys_inputs=layout, **options
    )
    return json.loads(found)


def _template(name: str) -> str:
    return files("anomaly.briefs").joinpath(name).read_text("utf-8")


def _check_glyphs(root: Path, data: str) -> None:
    from anomaly.plots import missing_glyphs

    brief = json.loads((root / data).read_text("utf-8"))
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
