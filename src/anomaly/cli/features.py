"""Commands about indicators: which there are, what each is, and their values."""

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
    from anomaly.features.growth import Growth

features_app = typer.Typer(help="The indicators.", no_args_is_help=True)
Own = Annotated[
    Path | None,
    typer.Option("--indicators", help="Folder of your own records, beside the rest."),
]
Unit = Annotated[str, typer.Option("--unit", help="doctor, insured, item, ...")]


def register(app: typer.Typer) -> None:
    app.add_typer(features_app, name="features")


@features_app.command("list")
def features_list(unit: Unit = "", own: Own = None, as_json: AsJson = False) -> None:
    """List the indicators, of one kind of unit or all, and their growth."""
    from anomaly.features.frames import check_unit
    from anomaly.features.growth import growths_of
    from anomaly.features.indicator import indicators
    from anomaly.features.own import own_indicators

    if unit:
        check_unit(unit)
    known = indicators() | own_indicators(folder=own)
    rows = [
        {
            "indicator": one.id,
            "zh": one.zh,
            "en": one.en,
            "units": " ".join(record.units),
            "block": record.block,
            "direction": record.direction,
            "alert": one is record and record.alert,
        }
        for record in known.values()
        if not unit or unit in record.units
        for one in (record, *growths_of(record))
    ]
    say_json({"indicators": rows}) if as_json else show_table(pd.DataFrame(rows))


@features_app.command("show")
def features_show(
    indicator: Annotated[str, typer.Argument(help="Its id, such as drug_share.")],
    own: Own = None,
    as_json: AsJson = False,
) -> None:
    """Show one indicator: names, clause, why, formula, and what it needs."""
    from anomaly.features.builder import formula
    from anomaly.features.growth import growths_of
    from anomaly.features.indicator import indicators
    from anomaly.features.own import own_indicators
    from anomaly.leads.needs import columns_of

    known = indicators() | own_indicators(folder=own)
    grown = {one.id: one for each in known.values() for one in growths_of(each)}
    if indicator not in known | grown:
        raise UsageError(
            f"indicator '{indicator}': there is none",
            expected=f"one of {', '.join(known)}",
        )
    record = known[indicator] if indicator in known else grown[indicator].record
    told = vars(record) | _derived(grown.get(indicator))
    told |= {
        "formula": {unit: formula(record, unit) for unit in record.units},
        "needs": sorted(".".join(column) for column in columns_of(record)),
    }
    if as_json:
        say_json(told)
        return
    for key, value in told.items():
        if value not in ("", "true", [], {}):
            out.print(f"[bold]{key}[/bold]: {_line(value)}", highlight=False)


def _derived(grown: "Growth | None") -> dict[str, object]:
    """Return what growth says in place of the record it is derived from."""
    if grown is None:
        return {}
    months = "month" if grown.back == -1 else "months"
    told = f"over the value {-grown.back} {months} ago, less 1"
    return {"id": grown.id, "zh": grown.zh, "en": grown.en,
            "alert": False, "derived": told}  # fmt: skip


def _line(value: object) -> str:
    match value:
        case dict():
            return "".join(f"\n-- {key}\n{text}" for key, text in value.items())
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


@features_app.command("write")
def features_write(
    store: StorePath,
    month: Month,
    unit: Unit,
    out_path: Annotated[Path, typer.Option("--out", help="FILE.csv, .parquet, .xlsx.")],
    wide: Annotated[bool, typer.Option("--wide", help="A row a unit.")] = False,
    headers: Annotated[str, typer.Option(help="Of --wide: id, zh or en.")] = "id",
    growth: Annotated[
        bool, typer.Option("--growth", help="Growth on a year and a month ago too.")
    ] = False,
    own: Own = None,
    mode: Annotated[str, typer.Option("--mode", help="File mode, octal.")] = (
        f"{PRIVATE:04o}"
    ),
    as_json: AsJson = False,
) -> None:
    """Write a month's values of every indicator of a kind of unit."""
    from anomaly.workspace import open_store

    check_out(out_path)
    permissions = file_mode(mode)
    workspace = open_store(store, own)
    rows = workspace.features(unit, month, growth=growth, wide=wide, headers=headers)
    write_frame(rows, out_path, permissions)
    if as_json:
        say_json({"out": str(out_path), "rows": len(rows)})
    else:
        out.print(f"{len(rows)} rows: {out_path}")
