"""Commands that look: rank, rules, features."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from anomaly.cli.data import AsJson, Month, StorePath
from anomaly.cli.output import (
    PRIVATE,
    check_out,
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
features_app = typer.Typer(help="The indicators.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command()(rank)
    app.add_typer(rules_app, name="rules")
    app.add_typer(features_app, name="features")


def file_mode(text: str) -> int:
    """Return a file mode from octal text such as 0640."""
    try:
        return int(text, 8)
    except ValueError:
        raise UsageError(f"--mode '{text}'", expected="octal, such as 0640") from None


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


@features_app.command("list")
def features_list(as_json: AsJson = False) -> None:
    """List the indicators."""
    from anomaly.features.indicator import indicators

    rows = [
        {
            "indicator": record.id,
            "zh": record.zh,
            "en": record.en,
            "units": " ".join(record.units),
            "block": record.block,
            "direction": record.direction,
        }
        for record in indicators().values()
    ]
    say_json({"indicators": rows}) if as_json else show_table(pd.DataFrame(rows))


@features_app.command("show")
def features_show(indicator: str, as_json: AsJson = False) -> None:
    """Show one indicator's record."""
    from anomaly.features.indicator import indicators

    if indicator not in indicators():
        raise UsageError(
            f"indicator '{indicator}': there is none",
            expected=f"one of {', '.join(indicators())}",
        )
    record = vars(indicators()[indicator])
    if as_json:
        say_json(record)
        return
    for key, value in record.items():
        if value not in ("", "true", False):
            out.print(f"[bold]{key}[/bold]: {value}")
