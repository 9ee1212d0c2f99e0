"""The files of a brief: brief.json and one SVG a figure for the PDF; a workbook."""

import json
from pathlib import Path

from anomaly.briefs.contents import compose, shortened
from anomaly.briefs.facts import Facts
from anomaly.briefs.figures import pictures
from anomaly.briefs.workbook import write_workbook

DATA = "brief.json"
WORKBOOK = "brief.xlsx"


def write_assets(facts: Facts, out: str | Path) -> list[str]:
    """Write brief.json, figures and workbook into a folder; return the file names.

    With an empty `out` nothing is written: so reads an analyst's own session.
    """
    if not str(out):
        return []
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    made = pictures(facts)
    brief = compose(facts)
    brief["running_head"] = facts.words.say(
        "running_head", name=shortened(brief["name"], 24), month=brief["month"]
    )
    brief["figures"] = {name: picture.alt for name, picture in made.items()}
    text = json.dumps(brief, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / DATA).write_text(text, encoding="utf-8")
    for name, picture in made.items():
        (folder / f"{name}.svg").write_text(picture.svg(), encoding="utf-8")
    write_workbook(facts, folder / WORKBOOK)
    return sorted(path.name for path in folder.iterdir())
