"""Commands of credit points 诚信记分: give, take off, show, the year, import."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from anomaly.cli.cases import By
from anomaly.cli.data import AsJson, StorePath
from anomaly.cli.output import check_out, err, out, say_json, show_table, write_frame

if TYPE_CHECKING:
    from anomaly.casework.points import Entry

points_app = typer.Typer(help="Credit points 诚信记分.", no_args_is_help=True)
Unit = Annotated[str, typer.Option(help="institution, pharmacy or doctor.")]
UnitId = Annotated[str, typer.Option("--id", help="The unit's id.")]
On = Annotated[str, typer.Option(help="YYYY-MM-DD; its year is the one it counts in.")]
Note = Annotated[str, typer.Option(help="Anything to remember.")]
SHORT = ["unit_id", "unit_name", "scheme", "points", "reversed", "band", "what"]


def register(app: typer.Typer) -> None:
    app.add_typer(points_app, name="points")


@points_app.command("add")
def points_add(
    store: StorePath,
    unit: Unit,
    unit_id: UnitId,
    points: Annotated[str, typer.Option(help="A whole number.")],
    on: On,
    clause: Annotated[str, typer.Option(help="The clause the points rest on.")],
    scheme: Annotated[
        str, typer.Option(help="See policy; default the unit's usual one.")
    ] = "",
    lead_id: Annotated[str, typer.Option(help="The confirmed case behind it.")] = "",
    note: Note = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Give a unit points, in the ledger; refused where they cannot stand."""
    desk = _desk(store)
    entry = desk.add_points(
        *(unit, unit_id, points, on, clause, scheme, lead_id, note, by or None)
    )
    _tell(desk, entry, as_json)


@points_app.command("reverse")
def points_reverse(
    entry_id: Annotated[str, typer.Argument(help="Such as P1.")],
    store: StorePath,
    why: Annotated[str, typer.Option(help="appeal (whole) or repair (a part).")],
    on: On,
    points: Annotated[
        str | None, typer.Option(help="repair: how many are taken off.")
    ] = None,
    note: Note = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Take an entry off: whole by an appeal, a part by a repair 信用修复."""
    desk = _desk(store)
    entry = desk.reverse_points(entry_id, why, on, points, note, by or None)
    _tell(desk, entry, as_json)


@points_app.command("show")
def points_show(
    store: StorePath, unit: Unit, unit_id: UnitId, as_json: AsJson = False
) -> None:
    """Show a unit's entries and reversals, of all years."""
    rows = _desk(store).points(unit, unit_id)
    if as_json:
        say_json({"unit_kind": unit, "unit_id": unit_id, "entries": _records(rows)})
        return
    show_table(rows.drop(columns="year"))


@points_app.command("year")
def points_year(
    store: StorePath,
    year: Annotated[str, typer.Option(help="The calendar year.")],
    everyone: Annotated[
        bool, typer.Option("--all", help="Units without points as well.")
    ] = False,
    out_path: Annotated[
        Path | None, typer.Option("--out", help="FILE.csv, .parquet, .xlsx.")
    ] = None,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    as_json: AsJson = False,
) -> None:
    """Sum a year's points by unit, with the band each sum lies in and its clause."""
    if out_path:
        check_out(out_path)
    desk = _desk(store)
    units = desk.units_with_points() if everyone else None
    rows = desk.points_year(year, units, language)
    if out_path:
        write_frame(rows, out_path)
    if as_json:
        told = {"out": str(out_path)} if out_path else {"units": _records(rows)}
        say_json({"year": int(year), "rows": len(rows)} | told)
        return
    if out_path:
        out.print(f"{len(rows)} units: {out_path}", markup=False)
        return
    show_table(rows[SHORT])


@points_app.command("import")
def points_import(
    path: Annotated[Path, typer.Argument(help="FILE.csv or FILE.xlsx.")],
    store: StorePath,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Take in a file of entries, all or none; twice adds nothing."""
    done = _desk(store).import_points(path, by or None)
    if as_json:
        say_json(done)
        return
    counts = ", ".join(f"{done[name]} {name}" for name in ("new", "unchanged"))
    out.print(f"{path.name}: {done['read']} rows: {counts}", markup=False)
    unknown = done["unknown_units"]
    if unknown:
        err.print(f"{len(unknown)} units are not in the store, and were taken in:")
        more = ", ..." if len(unknown) > 20 else ""
        err.print(", ".join(unknown[:20]) + more, markup=False)


def _desk(store: Path):
    """Return the year's desk of a store; it answers at once, as nothing is ranked."""
    from anomaly.store.store import Store
    from anomaly.workspace.year import YearDesk

    return YearDesk(Store.open(store))


def _records(rows: pd.DataFrame) -> list[dict]:
    return rows.astype(object).where(rows.notna(), None).to_dict("records")


def _tell(desk, entry: "Entry", as_json: bool) -> None:
    year = desk.points_year(entry.on.year)
    mine = year[
        (year["unit_kind"] == entry.unit_kind)
        & (year["unit_id"] == entry.unit_id)
        & (year["scheme"] == entry.scheme)
    ]
    found = _records(mine)[0]
    if as_json:
        say_json(entry.body() | {"left": entry.left, "year": found})
        return
    name = found["unit_name"] or "not in the store's masters"
    out.print(
        f"{entry.entry_id}: {entry.unit_kind} {entry.unit_id} ({name}),"
        f" {entry.points} points, {entry.left} of them left; {entry.on.year} in all:"
        f" {found['points']}, {found['what']}",
        markup=False,
        highlight=False,
    )
