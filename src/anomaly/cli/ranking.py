"""Commands that rank, and that say how good a list is."""

from datetime import date
from pathlib import Path
from typing import Annotated

import pandas as pd
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
    unit: Annotated[str, typer.Option(help="doctor, institution, pharmacy, insured.")],
    out_path: Out,
    month: Annotated[str, typer.Option("--month", help="YYYY-MM.")] = "",
    since: Annotated[
        str,
        typer.Option(
            "--since", help="YYYY-MM-DD: only what was billed since that day."
        ),
    ] = "",
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
    if bool(month) == bool(since):
        raise UsageError("rank", expected="--month or --since, one of them")
    workspace = open_store(store)
    day = _day(since) if since else None
    with progress() as stage:
        workspace.prepare(day or month, stage("build"), unit)
    if day:
        _write_since(
            workspace.since(unit, day, language), out_path, permissions, as_json
        )
        return
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


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--since '{text}'", expected="YYYY-MM-DD") from None


def _write_since(
    found: pd.DataFrame, path: Path, permissions: int, as_json: bool
) -> None:
    write_frame(found, path, permissions)
    caught = found[found["hits"] > 0]
    if as_json:
        say_json({"out": str(path), "rows": len(found), "caught": len(caught)})
        return
    columns = ["unit_id", "unit_name", "bills", "billed", "line", "rules", "amount"]
    show_table(caught[columns].head(20))
    out.print(f"{len(found)} units with bills, {len(caught)} with hits: {path}")


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
