"""Commands about alert lines: which hold, what others would do."""

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
    say_json,
    show_table,
    write_frame,
)
from anomaly.errors import UsageError

Out = Annotated[Path, typer.Option("--out", help="FILE.csv, .parquet or .xlsx.")]
Mode = Annotated[str, typer.Option("--mode", help="File mode, octal.")]
lines_app = typer.Typer(
    help="Alert lines: 提示 notice, 预警 warning, 重点检查 inspect.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    app.add_typer(lines_app, name="lines")


@lines_app.command("list")
def lines_list(store: StorePath, as_json: AsJson = False) -> None:
    """List the lines that hold: shipped ones, and the store's own in their place."""
    from anomaly.workspace import open_store

    rows = open_store(store).alert_lines()
    say_json({"lines": _records(rows)}) if as_json else show_table(rows)


@lines_app.command("exceptions")
def lines_exceptions(store: StorePath, month: Month, as_json: AsJson = False) -> None:
    """List who is spared which question, on whose word, until when."""
    from anomaly.workspace import open_store

    rows = open_store(store).exceptions(month)
    say_json({"exceptions": _records(rows)}) if as_json else show_table(rows)


@lines_app.command("passed")
def lines_passed(
    store: StorePath,
    month: Month,
    unit: Annotated[str, typer.Option(help="doctor, institution, pharmacy, ...")],
    out_path: Out,
    mode: Mode = f"{PRIVATE:04o}",
    as_json: AsJson = False,
) -> None:
    """Write which units have passed or approach which line, with its clause."""
    from anomaly.workspace import open_store

    check_out(out_path)
    permissions = file_mode(mode)
    found = open_store(store).lines(unit, month)
    write_frame(found, out_path, permissions)
    named = found.assign(line=found["line"].replace("", "near"))
    _say(found, out_path, _units(named, ["name", "line"]), as_json)


@lines_app.command("backtest")
def lines_backtest(
    store: StorePath,
    unit: Annotated[str, typer.Option(help="doctor, institution, pharmacy, ...")],
    settings: Annotated[
        list[str],
        typer.Option("--set", help="Try fee_per_visit_outpatient.warning=1.4."),
    ],
    months: Annotated[int, typer.Option(help="So many of the last ones.")] = 12,
    as_json: AsJson = False,
) -> None:
    """Say what moved lines would have done in past months; nothing is kept."""
    from anomaly.workspace import open_store

    found = open_store(store).backtest(unit, settings, months)
    if as_json:
        tables = {"months": found.months, "sums": found.sums, "units": found.units}
        say_json({name: _records(table) for name, table in tables.items()})
        return
    by_month = found.months.pivot_table(
        index=["month", "line", "step"],
        columns="change",
        values="units",
        aggfunc="sum",
    )
    order = ["present", "moved", "gained", "lost"]
    show_table(by_month[order].reset_index(), "Units over the line, by month")
    show_table(found.sums, "The months in sum")


@lines_app.command("notice")
def lines_notice(
    store: StorePath,
    month: Month,
    out_path: Annotated[Path, typer.Option("--out", help="Folder for the letters.")],
    institution: Annotated[
        list[str] | None, typer.Option("--institution", help="An id; repeatable.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Each that has something to be told.")
    ] = False,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    as_json: AsJson = False,
) -> None:
    """Write each institution a letter of its own lines: its data, no one else's."""
    from anomaly.briefs import write_notices
    from anomaly.workspace import open_store

    if every == bool(institution):
        raise UsageError(
            "notice", expected="either --all or at least one --institution"
        )
    told = write_notices(open_store(store), month, out_path, institution, language)
    if as_json:
        say_json({"out": str(out_path), "letters": _records(told)})
        return
    show_table(told)


@lines_app.command("growth")
def lines_growth(
    store: StorePath,
    month: Month,
    out_path: Out,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    mode: Mode = f"{PRIVATE:04o}",
    as_json: AsJson = False,
) -> None:
    """List who has grown beyond their peers, and what the notices suggest."""
    from anomaly.workspace import open_store

    check_out(out_path)
    permissions = file_mode(mode)
    found = open_store(store).abnormal_growth(month, language)
    write_frame(found, out_path, permissions)
    _say(found, out_path, _units(found, ["unit_kind", "indicator"]), as_json)


def _units(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return frame.groupby(by, as_index=False).agg(units=("unit_id", "nunique"))


def _say(
    found: pd.DataFrame, out_path: Path, counts: pd.DataFrame, as_json: bool
) -> None:
    """Say what was written, as a table or as one object."""
    if as_json:
        rows = _records(counts)
        say_json({"out": str(out_path), "rows": len(found), "counts": rows})
        return
    show_table(counts)
    out.print(f"{len(found)} rows: {out_path}")


def _records(frame: pd.DataFrame) -> list[dict]:
    """Return rows for JSON, which knows no NaN."""
    cells = frame.astype(object)
    return cells.where(cells.notna(), None).to_dict("records")
