"""What cases come to: a unit's integrity file, what leads may bring, precision."""

from pathlib import Path
from typing import Annotated

import typer

from anomaly.cli.cases import case_app
from anomaly.cli.data import AsJson, Month, StorePath
from anomaly.cli.output import check_out, out, say_json, show_table, write_frame

UnitKind = Annotated[str, typer.Option("--unit", help="The kind of unit.")]


@case_app.command("integrity")
def case_integrity(
    store: StorePath,
    unit: Annotated[str, typer.Option(help="doctor, institution or pharmacy.")],
    unit_id: Annotated[str, typer.Option("--id", help="The unit's id.")],
    out_path: Annotated[Path, typer.Option("--out", help="Folder for the page.")],
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    as_json: AsJson = False,
) -> None:
    """Write a unit's integrity file 诚信档案: findings, repair, history, on a page."""
    from anomaly.briefs import write_integrity
    from anomaly.workspace import open_store

    workspace = open_store(store)
    file = workspace.integrity_file(unit, unit_id, language)
    path = write_integrity(file, out_path, workspace.fingerprint(), language)
    if as_json:
        say_json({"file": str(path)} | file.sums.to_dict("records")[0])
        return
    out.print(f"integrity file: {path}")


@case_app.command("expected")
def case_expected(
    store: StorePath,
    month: Month,
    unit: UnitKind,
    out_path: Annotated[Path, typer.Option("--out", help="FILE.csv, .parquet, .xlsx.")],
    as_json: AsJson = False,
) -> None:
    """Write a month's leads by what looking into them may bring back, in yuan.

    The amount at stake times the confirmed share of such leads, with its interval.
    """
    from anomaly.workspace import open_store

    check_out(out_path)
    found = open_store(store).expected_recovery(unit, month)
    write_frame(found, out_path)
    if as_json:
        say_json({"out": str(out_path), "leads": len(found)})
        return
    out.print(f"{len(found)} leads: {out_path}")


@case_app.command("precision")
def case_precision(store: StorePath, month: Month, as_json: AsJson = False) -> None:
    """Show how often each rule's, indicator's and tier's leads were confirmed."""
    from anomaly.workspace import open_store

    found = open_store(store).precision(month)
    if as_json:
        say_json({"precision": found.round(4).to_dict("records")})
        return
    show_table(found.round(3))
