"""The files of the city overview: a PDF to read, a workbook to work with."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from anomaly.briefs.overview import Overview
from anomaly.briefs.overview_contents import compose
from anomaly.briefs.overview_figures import pictures
from anomaly.briefs.overview_frames import city_frames
from anomaly.briefs.pdf import typeset
from anomaly.briefs.record import write_whole
from anomaly.briefs.render import check_out
from anomaly.briefs.workbook import OPTIONS, add_formats, write_sheet
from anomaly.periods import month_text

TEMPLATE, DATA = "overview.typ", "overview.json"
NAME = "city"


def write_overview(
    overview: Overview, out: str | Path, mode: int = 0o600
) -> list[Path]:
    """Write OUT/MONTH/city.pdf and city.xlsx; return their paths.

    Same store, month and language, same bytes. With an empty `out` nothing is
    written: so reads an analyst's own session.
    """
    if not str(out):
        return []
    folder = Path(out) / month_text(overview.month)
    check_out(folder)
    with tempfile.TemporaryDirectory(prefix="anomaly-city-") as work:
        made = {
            folder / f"{NAME}.pdf": overview_pdf(overview, Path(work)),
            folder / f"{NAME}.xlsx": workbook(overview, Path(work) / "city.xlsx"),
        }
    for path, content in made.items():
        write_whole(path, content, mode)
    return list(made)


def overview_pdf(overview: Overview, folder: Path) -> bytes:
    """Return the PDF; its assets are left in the folder."""
    made = pictures(overview)
    told = compose(overview)
    told["figures"] = {name: picture.alt for name, picture in made.items()}
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / DATA).write_text(text, encoding="utf-8")
    for name, picture in made.items():
        (folder / f"{name}.svg").write_text(picture.svg(), encoding="utf-8")
    return typeset(folder, TEMPLATE, DATA)


def workbook(overview: Overview, path: Path) -> bytes:
    """Return the workbook of every table, numbers as numbers."""
    import xlsxwriter

    words, month = overview.words, overview.month
    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        created = datetime(month.year, month.month, 1, tzinfo=UTC)
        book.set_properties(
            {"title": words["city_title"], "created": created.replace(tzinfo=None)}
        )
        formats = add_formats(book)
        for name, frame in city_frames(overview).items():
            write_sheet(book.add_worksheet(words[f"city_sheet_{name}"]), frame, formats)
    return path.read_bytes()
