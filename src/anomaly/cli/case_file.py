"""The command that writes everything behind one lead: case-file."""

from pathlib import Path
from typing import Annotated

import typer

from anomaly.cli.data import AsJson, Month, StorePath
from anomaly.cli.output import PRIVATE, file_mode, out, progress, say_json


def register(app: typer.Typer) -> None:
    app.command(name="case-file")(case_file)


def case_file(
    store: StorePath,
    month: Month,
    unit: Annotated[str, typer.Option(help="doctor, institution, pharmacy, insured.")],
    unit_id: Annotated[str, typer.Option("--id", help="The unit's id in the list.")],
    out_path: Annotated[Path, typer.Option("--out", help="Folder for the files.")],
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    mode: Annotated[str, typer.Option("--mode", help="File mode, octal.")] = (
        f"{PRIVATE:04o}"
    ),
    as_json: AsJson = False,
) -> None:
    """Write everything behind one lead: a PDF to read, a workbook to work with."""
    from anomaly.briefs import write_case_file
    from anomaly.leads.casefile import check_asked
    from anomaly.workspace import open_store

    check_asked(unit, language)
    permissions = file_mode(mode)
    workspace = open_store(store)
    with progress() as stage:
        workspace.prepare(month, stage("build"), unit)
        case = workspace.case_file(unit, unit_id, month, language)
    paths = write_case_file(case, out_path, permissions)
    if as_json:
        rows = {name: len(frame) for name, frame in case.frames.items()}
        say_json({"files": [str(path) for path in paths], "rows": rows})
        return
    out.print(f"case file: {', '.join(str(path) for path in paths)}")
