"""Commands that rank, and that say how good a list is."""

from pathlib import Path
from typing import Annotated

import typer

from anomaly.cli.data import AsJson, Month, StorePath
from anomaly.cli.output import (
    PRIVATE,
    check_out,
    file_mode,
    out,
    progress,
    say_json,
    show_table,
    write_frame,
)
from anomaly.errors import UsageError

Out = Annotated[Path, typer.Option("--out", help="FILE.csv, .parquet or .xlsx.")]
Mode = Annotated[str, typer.Option("--mode", help="File mode, octal.")]


def register(app: typer.Typer) -> None:
    app.command()(rank)
    app.command()(evaluate)


def rank(
    store: StorePath,
    month: Month,
    unit: Annotated[str, typer.Option(help="doctor, institution, pharmacy, insured.")],
    out_path: Out,
    district: Annotated[str, typer.Option(help="Six-digit code.")] = "",
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    mode: Mode = f"{PRIVATE:04o}",
    as_json: AsJson = False,
) -> None:
    """Rank units by risk, each with its evidence and reasons."""
    from anomaly.workspace import open_store

    check_out(out_path)
    permissions = file_mode(mode)
    if language not in ("zh", "en"):
        raise UsageError(f"--language '{language}'", expected="zh or en")
    workspace = open_store(store)
    with progress() as stage:
        workspace.prepare(month, stage("build"), unit)
    leads = workspace.leads(unit, month, district or None, language)
    tiers = workspace.tiers(unit, month, district or None)
    write_frame(leads, out_path, permissions)
    if as_json:
        say_json(
            {
                "out": str(out_path),
                "rows": len(leads),
                "tiers": tiers.to_dict("records"),
            }
        )
        return
    show_table(tiers)
    out.print(f"{len(leads)} units ranked: {out_path}")


def evaluate(
    store: StorePath,
    month: Month,
    unit: Annotated[str, typer.Option(help="A kind of unit that is ranked.")] = (
        "doctor"
    ),
    truth: Annotated[
        Path | None,
        typer.Option(help="CSV of labels: unit_kind, unit_id, scheme, ..."),
    ] = None,
    k: Annotated[int, typer.Option("--k", help="0: as many as are labelled.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Say how good a ranked list is, beside naive ones, where the truth is known.

    Without --truth, by what FINDINGS decided on that month's leads.
    """
    from anomaly.workspace import open_store

    workspace = open_store(store)
    with progress() as stage:
        workspace.prepare(month, stage("build"), unit)
    found = workspace.evaluate(unit, month, truth, k or None)
    tables = {
        "lists": found.lists,
        "schemes": found.schemes,
        "chance": found.chance,
    }
    if as_json:
        say_json({name: table.to_dict("records") for name, table in tables.items()})
        return
    titles = {
        "lists": "Lists: ours (risk), and naive ones",
        "schemes": "By scheme: found in the first 2k",
        "chance": "By chance: units without a label whose p is below a level",
    }
    for name, table in tables.items():
        show_table(table.round(4), titles[name])
