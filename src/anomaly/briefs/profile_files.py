"""The file of a profile: one page."""

import json
import tempfile
from pathlib import Path

import pandas as pd

from anomaly.briefs.case_contents import all_printable
from anomaly.briefs.case_files import stem
from anomaly.briefs.pdf import typeset
from anomaly.briefs.profile import compose
from anomaly.briefs.profile_figures import pictures
from anomaly.briefs.record import write_whole
from anomaly.briefs.render import check_out
from anomaly.leads.casefile import CaseFile
from anomaly.periods import month_text

TEMPLATE, DATA = "profile.typ", "profile.json"


def write_profile(
    case: CaseFile,
    out: str | Path,
    weighed: pd.DataFrame | None = None,
    mode: int = 0o600,
) -> Path | None:
    """Write OUT/MONTH/UNIT-ID-profile.pdf, one page; return its path.

    Parameters
    ----------
    case : CaseFile
        As `store.case_file` gives it.
    weighed : DataFrame, optional
        As `store.weighed` gives it for the unit: what was checked.

    Same store, month and language, same bytes; persons are masked. With an empty
    `out` nothing is written: so reads an analyst's own session.
    """
    if not str(out):
        return None
    folder = Path(out) / month_text(case.month)
    check_out(folder)
    path = folder / f"{stem(case)}-profile.pdf"
    with tempfile.TemporaryDirectory(prefix="anomaly-profile-") as work:
        pdf = profile_pdf(case, weighed, Path(work))
    write_whole(path, pdf, mode)
    return path


def profile_pdf(case: CaseFile, weighed: pd.DataFrame | None, folder: Path) -> bytes:
    """Return the PDF; its assets are left in the folder."""
    made = pictures(case)
    told = compose(case, weighed)
    alts = {name: picture.alt for name, picture in made.items()}
    told["figures"] = all_printable(alts)
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / DATA).write_text(text, encoding="utf-8")
    for name, picture in made.items():
        (folder / f"{name}.svg").write_text(picture.svg(), encoding="utf-8")
    return typeset(folder, TEMPLATE, DATA)
