"""Commands about rules: which there are, what each is, what they catch."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from anomaly.cli.data import AsJson, Month, StorePath
from anomaly.cli.output import (
    PRIVATE,
    check_out,
    file_mode,
    out,
    say_json,
    show_table,
    write_frame,
)
from anomaly.errors import UsageError

if TYPE_CHECKING:
    from anomaly.rules.rule import Rule

rules_app = typer.Typer(help="Deterministic checks.", no_args_is_help=True)
# Codes of the national rule library came to us through others.
THIRD_PARTY = "（第三方转录，未与官方核对 / third-party transcription, unofficial）"


def register(app: typer.Typer) -> None:
    app.add_typer(rules_app, name="rules")


@rules_app.command("list")
def rules_list(
    kind: Annotated[
        str, typer.Option("--object", help="Only those for, say, primary_care.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List the rules, all or those that apply to a kind of object."""
    from anomaly.rules.hits import catalogue
    from anomaly.rules.objects import kinds_of, rules_of

    rows = catalogue(rules_of(kind) if kind else None)
    rows["official"] = rows["official"].map(_noted)
    rows["objects"] = [" ".join(kinds_of(rule)) for rule in rows["rule"]]
    say_json({"rules": rows.to_dict("records")}) if as_json else show_table(rows)


@rules_app.command("show")
def rules_show(
    rule: Annotated[str, typer.Argument(help="Such as R02.")], as_json: AsJson = False
) -> None:
    """Show one rule: clause, parameters, exclusions, what it needs, its SQL."""
    from anomaly.rules.rule import rule_of

    told = _told(rule_of(rule))
    if as_json:
        say_json(told)
        return
    for key, value in told.items():
        if value not in ("", [], {}):
            out.print(f"[bold]{key}[/bold]: {_line(value)}", highlight=False)


def _told(rule: "Rule") -> dict[str, object]:
    from anomaly.rules.objects import kinds_of

    plain = ("id", "zh", "en", "unit_kind", "basis")
    return {name: getattr(rule, name) for name in plain} | {
        "official": _noted(rule.official),
        "objects": kinds_of(rule.id),
        "parameters": rule.parameters,
        "must_not_catch": rule.must_not_catch,
        "exclusions": {one.zh: one.when for one in rule.spares},
        "needs": rule.needs,
        "months": rule.months,
        "knowledge": rule.knowledge,
        "reviewed": rule.reviewed,
        "sql": rule.text,
    }


def _noted(official: str) -> str:
    """Return a code of the national library with whose word it is."""
    return f"{official} {THIRD_PARTY}" if official else ""


def _line(value: object) -> str:
    match value:
        case dict():
            return "".join(f"\n  {key}: {text}" for key, text in value.items())
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value).replace("[", "\\[")


@rules_app.command("run")
def rules_run(
    store: StorePath,
    month: Month,
    out_path: Annotated[Path, typer.Option("--out", help="FILE.csv, .parquet, .xlsx.")],
    rule: Annotated[str, typer.Option(help="One rule, such as R02.")] = "",
    kind: Annotated[
        str, typer.Option("--object", help="Only those at, say, primary_care.")
    ] = "",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Try R02.within_days=7; nothing is kept."),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Tell what --set gains and loses.")
    ] = False,
    mode: Annotated[str, typer.Option("--mode", help="File mode, octal.")] = (
        f"{PRIVATE:04o}"
    ),
    as_json: AsJson = False,
) -> None:
    """Write every row that a rule catches, excluded ones with their reason.

    With --set, what it would catch with other parameters.
    """
    from anomaly.rules.objects import at, rules_of
    from anomaly.workspace import open_store

    check_out(out_path)
    if kind:
        rules_of(kind)
    permissions = file_mode(mode)
    workspace = open_store(store)
    if kind and settings:
        raise UsageError("--object with --set", expected="one of them")
    if compare and not settings:
        raise UsageError("--compare alone", expected="--set RULE.parameter=value too")
    if settings:
        found, counts = workspace.trial(month, settings)
        if not compare:
            found = found[found["change"] != "lost"].drop(columns="change")
            counts = _counts(found)
    else:
        found = workspace.hits(month, rule or None)
        if kind:
            found = at(workspace.store, found, kind)
        counts = _counts(found)
    write_frame(found, out_path, permissions)
    if as_json:
        rows = counts.to_dict("records")
        say_json({"out": str(out_path), "rows": len(found), "rules": rows})
        return
    show_table(counts)
    out.print(f"{len(found)} hits: {out_path}")


def _counts(found: pd.DataFrame) -> pd.DataFrame:
    """Return for each rule its hits, how many are excluded, and the yuan."""
    marked = found.assign(excluded=found["excluded"].astype(int))
    counts = marked.groupby("rule", as_index=False).agg(
        hits=("amount", "size"), excluded=("excluded", "sum"), amount=("amount", "sum")
    )
    return counts.assign(amount=counts["amount"].round(2))
