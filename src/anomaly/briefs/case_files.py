"""The files of a case file: a PDF to read, a workbook to work with."""

import json
import tempfile
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from anomaly.briefs.case_contents import compose
from anomaly.briefs.figures import WIDTH
from anomaly.briefs.pdf import typeset
from anomaly.briefs.record import write_whole
from anomaly.briefs.render import check_out
from anomaly.briefs.workbook import OPTIONS, add_formats, write_sheet
from anomaly.leads.case_advice import SHARES
from anomaly.leads.case_words import headed, words
from anomaly.leads.casefile import CaseFile
from anomaly.periods import month_text

TEMPLATE, DATA = "case.typ", "case.json"
PANELS, PICTURES = 2, 2
# Characters of a unit's id that a file's name may hold.
PLAIN = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_")


def write_case_file(case: CaseFile, out: str | Path, mode: int = 0o600) -> list[Path]:
    """Write OUT/MONTH/UNIT-ID.pdf and .xlsx; return their paths.

    Same store, month and language, same bytes. The PDF shows persons masked, the
    workbook is the analyst's own. UsageError where the folder cannot be made.
    """
    folder = Path(out) / month_text(case.month)
    check_out(folder)
    paths = [folder / f"{stem(case)}{suffix}" for suffix in (".pdf", ".xlsx")]
    with tempfile.TemporaryDirectory(prefix="anomaly-case-") as work:
        book = Path(work) / paths[1].name
        made = case_pdf(case, Path(work)), workbook(case, book)
    for path, content in zip(paths, made, strict=True):
        write_whole(path, content, mode)
    return paths


def stem(case: CaseFile) -> str:
    """Return a file's name without suffix; a person's id does not stand in it."""
    plain = set(case.unit_id) <= PLAIN and case.unit_kind != "insured"
    own = case.unit_id if plain else sha256(case.unit_id.encode()).hexdigest()[:12]
    return f"{case.unit_kind}-{own}"


def case_pdf(case: CaseFile, folder: Path) -> bytes:
    """Return the PDF; its assets are left in the folder."""
    made = pictures(case)
    figures = {name: picture.alt for name, picture in made.items()}
    text = json.dumps(
        compose(case, figures), ensure_ascii=False, indent=1, sort_keys=True
    )
    (folder / DATA).write_text(text, encoding="utf-8")
    for name, picture in made.items():
        (folder / f"{name}.svg").write_text(picture.svg(), encoding="utf-8")
    return typeset(folder, TEMPLATE, DATA)


def pictures(case: CaseFile) -> dict:
    """Return name -> Picture: the months of up to four indicators, foremost first."""
    from anomaly import plots

    tests = case.indicators.set_index("indicator")
    known = [one for one in tests.index if one in set(case.history["indicator"])]
    found = {}
    for first in range(0, min(len(known), PANELS * PICTURES), PANELS):
        some = known[first : first + PANELS]
        names = [tests.at[one, "name"] for one in some]
        said = words(case.language)
        alt = " ".join(said["history_alt"].format(name=name) for name in names)
        edge = plots.Margins(bottom=13)
        picture, axes = plots.canvas(WIDTH, 52, len(some), alt=alt, margins=edge)
        for ax, one, name in zip(axes, some, names, strict=True):
            share = tests.at[one, "kind"] in SHARES
            plots.draw_history(
                plots.history_table(case.history, one),
                ax,
                words={
                    "unit": said["history_unit"],
                    "peers": said["history_peers"],
                    "number": "{:,.10g}",
                },
                title=name + (said["percent"] if share else ""),
                scale=0.01 if share else 1.0,
            )
        picture.share_legend(axes[0])
        found[f"history_{first // PANELS}"] = picture
    return found


def workbook(case: CaseFile, path: Path) -> bytes:
    """Return the workbook of every frame, whole, `insured_id` as it is."""
    import xlsxwriter

    said = words(case.language)
    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        created = datetime(case.month.year, case.month.month, 1, tzinfo=UTC)
        book.set_properties(
            {"title": said["title"], "created": created.replace(tzinfo=None)}
        )
        formats = add_formats(book)
        for name in case.frames:
            frame = headed(case, name)
            if name == "who":
                frame = frame.T.reset_index()
                frame.columns = [said["sections"]["who"], ""]
            sheet = book.add_worksheet(said["sections"][name][:31])
            write_sheet(sheet, frame, formats)
    return path.read_bytes()
