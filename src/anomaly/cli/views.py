"""The commands that write short views: overview of the city, profile of a unit."""

from pathlib import Path
from typing import Annotated

import typer

from anomaly.cli.data import AsJson, Month, StorePath
from anomaly.cli.output import PRIVATE, file_mode, out, progress, say_json

OutPath = Annotated[Path, typer.Option("--out", help="Folder for the files.")]
Language = Annotated[str, typer.Option(help="zh or en.")]
Mode = Annotated[str, typer.Option("--mode", help="File mode, octal.")]
DEFAULT_MODE = f"{PRIVATE:04o}"


def register(app: typer.Typer) -> None:
    app.command()(overview)
    app.command()(profile)


def overview(
    store: StorePath,
    month: Month,
    out_path: OutPath,
    language: Language = "zh",
    mode: Mode = DEFAULT_MODE,
    as_json: AsJson = False,
) -> None:
    """Write the city at a glance: its districts side by side, PDF and workbook."""
    from anomaly.briefs import gather_city, write_overview
    from anomaly.workspace import open_store

    permissions = file_mode(mode)
    workspace = open_store(store)
    with progress() as stage:
        workspace.prepare(month, stage("build"))
        found = gather_city(workspace, month=month, language=language)
    paths = write_overview(found, out_path, permissions)
    _tell("overview", paths, {"districts": len(found.districts)}, as_json)


def profile(
    store: StorePath,
    month: Month,
    unit: Annotated[str, typer.Option(help="doctor, institution, pharmacy, insured.")],
    unit_id: Annotated[str, typer.Option("--id", help="The unit's id in the list.")],
    out_path: OutPath,
    language: Language = "zh",
    mode: Mode = DEFAULT_MODE,
    as_json: AsJson = False,
) -> None:
    """Write one unit's lead on one page, for a supervisor to read."""
    from anomaly.briefs import write_profile
    from anomaly.leads.casefile import check_asked
    from anomaly.workspace import open_store

    check_asked(unit, language)
    permissions = file_mode(mode)
    workspace = open_store(store)
    with progress() as stage:
        workspace.prepare(month, stage("build"), unit)
        case = workspace.case_file(unit, unit_id, month, language)
        weighed = workspace.weighed(unit, [unit_id], month, language)
    path = write_profile(case, out_path, weighed, permissions)
    _tell("profile", [path], {"pages": 1}, as_json)


def _tell(what: str, paths: list[Path], counts: dict, as_json: bool) -> None:
    files = [str(path) for path in paths]
    if as_json:
        say_json({"files": files} | counts)
        return
    out.print(f"{what}: {', '.join(files)}")
