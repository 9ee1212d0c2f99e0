"""Commands that look: rank, rules."""

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
rules_app = typer.Typer(help="Deterministic checks.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command()(rank)
    app.add_typer(rules_app, name="rules")


def rank(
    store: StorePath,
    month: Month,
    unit: Annotated[str, typer.Option(help="doctor, institution or pharmacy.")],
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
        workspace.prepare(month, stage("build"))
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


@rules_app.command("list")
def rules_list(as_json: AsJson = False) -> None:
    """List the rules."""
    from anomaly.rules.rule import catalogue

    rows = catalogue()
    say_json({"rules": rows.to_dict("records")}) if as_json else show_table(rows)


@rules_app.command("run")
def rules_run(
    store: StorePath,
    month: Month,
    out_path: Out,
    rule: Annotated[str, typer.Option(help="One rule, such as R02.")] = "",
    mode: Mode = f"{PRIVATE:04o}",
    as_json: AsJson = False,
) -> None:
    """Write every row that a rule catches, excluded ones with their mark."""
    from anomaly.workspace import open_store

    check_out(out_path)
    permissions = file_mode(mode)
    workspace = open_store(store)
    found = workspace.hits(month, rule or None)
    write_frame(found, out_path, permissions)
    counts = found.groupby("rule", as_index=False).agg(
        hits=("amount", "size"), excluded=("excluded", "sum"), amount=("amount", "sum")
    )
    counts["amount"] = counts["amount"].round(2)
    if as_json:
        rows = counts.astype({"excluded": int}).to_dict("records")
        say_json({"out": str(out_path), "rows": len(found), "rules": rows})
        return
    show_table(counts)
    out.print(f"{len(found)} hits: {out_path}")
