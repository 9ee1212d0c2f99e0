"""Commands of inspections: done, due, by night, across counties."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from anomaly.cli.cases import By, day_asked
from anomaly.cli.data import AsJson, Month, StorePath
from anomaly.cli.inspect import inspect_app
from anomaly.cli.output import check_out, err, out, say_json, show_table, write_frame
from anomaly.errors import UsageError

OutFile = Annotated[
    Path | None, typer.Option("--out", help="FILE.csv, .parquet or .xlsx.")
]
On = Annotated[str, typer.Option("--on", help="As of YYYY-MM-DD; today if not.")]
Seed = Annotated[
    str, typer.Option(help="Whoever does not know it cannot foretell the order.")
]
NIGHT_SHORT = ["institution_id", "institution_name", "rules", "bed_yuan", "beds"]
NIGHT_SHORT += ["occupancy", "peak_patients", "fullest_weekday", "go_on"]
NIGHT_SHORT += ["expected_patients"]
SHOWN = 20


@inspect_app.command("record")
def record(
    store: StorePath,
    unit: Annotated[str, typer.Option(help="institution or pharmacy.")],
    unit_id: Annotated[str, typer.Option("--id", help="The unit's id.")],
    inspected_on: Annotated[str, typer.Option("--on", help="YYYY-MM-DD.")],
    inspector: Annotated[list[str], typer.Option(help="May be repeated.")],
    how: Annotated[
        str,
        typer.Option(help="routine, draw, night, cross_county, campaign or tip."),
    ] = "routine",
    found: Annotated[str, typer.Option(help="What was found, in words.")] = "",
    lead_id: Annotated[str, typer.Option(help="The case it was made for.")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Note an inspection that was done; it then counts as the period's visit."""
    desk = _desk(store)
    visit = desk.add_visit(
        *(unit, unit_id, inspected_on, inspector, how, found, lead_id, by or None)
    )
    if as_json:
        say_json(visit.body())
        return
    names = "、".join(visit.inspectors)
    _print(f"{visit.visit_id}: {unit} {visit.unit_id}, {inspected_on}, {how}, {names}")
    _warn_unknown([f"{unit} {visit.unit_id}"], desk.unknown_units())


@inspect_app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="FILE.csv or FILE.xlsx.")],
    store: StorePath,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Take in a file of inspections: all rows or none; twice adds nothing."""
    done = _desk(store).import_visits(path, by or None)
    if as_json:
        say_json(done)
        return
    counts = ("new", "superseded", "unchanged")
    told = ", ".join(f"{done[name]} {name}" for name in counts)
    _print(f"{path.name}: {done['read']} rows: {told}")
    for name in done["superseded_visits"]:
        _print(f"superseded: {name}")
    _warn_unknown(done["unknown_units"], done["unknown_units"])


@inspect_app.command("visits")
def visits(
    store: StorePath,
    unit: Annotated[str, typer.Option(help="Only institution or pharmacy.")] = "",
    unit_id: Annotated[str, typer.Option("--id", help="Only this unit.")] = "",
    out_path: OutFile = None,
    as_json: AsJson = False,
) -> None:
    """List the inspections on record, the latest first."""
    if out_path:
        check_out(out_path)
    tell_frame(_desk(store).visits(unit, unit_id), "visits", out_path, as_json)


@inspect_app.command("plan")
def plan(
    store: StorePath,
    units: Annotated[
        Path | None,
        typer.Option(help="FILE.csv: unit_kind, unit_id, district, kind, risk."),
    ] = None,
    risk_of: Annotated[
        str, typer.Option(help="YYYY-MM: go first where that month's lists say.")
    ] = "",
    district: Annotated[str, typer.Option(help="Only this district.")] = "",
    on: On = "",
    seed: Seed = "",
    out_path: OutFile = None,
    as_json: AsJson = False,
) -> None:
    """Say who was visited this period, who is due, and in which month to go.

    Each medical institution every half year, each pharmacy each quarter, everyone
    within three years (policy/coverage.toml). With --out a row a unit.
    """
    from anomaly.casework.docket import today
    from anomaly.inspection.units import read_units

    if out_path:
        check_out(out_path)
    desk = _desk(store)
    day = day_asked(on) or today()
    months = desk.store.months()
    listed = read_units(units, months[0] if months else day) if units else None
    with err.status("reading the lists" if risk_of else "reading the masters"):
        covered = desk.visit_coverage(day, listed, seed, risk_of or None)
    if district:
        covered = covered[covered["district"] == district]
    came = desk.visit_progress(covered, day, ("district", "unit_kind"))
    whole = desk.visit_progress(covered, day)
    if as_json:
        told = {"on": day, "progress": records(whole), "districts": records(came)}
        told |= {"months": records(_loads(covered))}
        written = _written(covered, out_path)
        say_json(told | (written or {"units": records(covered)}))
        return
    show_table(whole, f"as of {day}")
    show_table(came, "by district")
    show_table(_loads(covered), "visits planned")
    if desk.visits().empty:
        err.print(
            "no inspection is on record: whoever had a whole period before counts as"
            " overdue; import past inspections, or set recorded_from in the store's"
            " coverage.toml"
        )
    _written(covered, out_path, quiet=False)


@inspect_app.command("night")
def night(
    store: StorePath,
    month: Month,
    district: Annotated[str | None, typer.Option(help="Only this district.")] = None,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    seed: Seed = "",
    out_path: OutFile = None,
    as_json: AsJson = False,
) -> None:
    """List where to check beds by night, and on which nights of the month after.

    By hung-bed hits, then by bed-days over approved beds. What could not be told for
    want of a column stands in `missing`.
    """
    if out_path:
        check_out(out_path)
    if language not in ("zh", "en"):
        raise UsageError(f"language '{language}'", expected="zh or en")
    found = _desk(store).night_list(month, district, language, seed)
    short = found[NIGHT_SHORT].head(SHOWN)
    tell_frame(found, "institutions", out_path, as_json, short)
    if not as_json:
        for text in sorted(set(found["missing"]) - {""}):
            rows = int((found["missing"] == text).sum())
            err.print(f"missing for {rows} of {len(found)}: {text}", markup=False)


@inspect_app.command("cross")
def cross(
    store: StorePath,
    seed: Annotated[str, typer.Option(help="Any text, told before the draw by hash.")],
    district: Annotated[
        list[str] | None, typer.Option(help="Of these districts; all if not given.")
    ] = None,
    out_path: OutFile = None,
    as_json: AsJson = False,
) -> None:
    """Draw which district checks which: a circle that its seed alone repeats."""
    from anomaly.inspection.draw import commitment

    if out_path:
        check_out(out_path)
    found = _desk(store).cross_county(seed, district or None)
    told = {"seed": seed, "seed_hash": commitment(seed)}
    tell_frame(found, "districts", out_path, as_json, **told)
    if not as_json:
        _print(f"seed {seed}; to be published before the draw: {told['seed_hash']}")


def tell_frame(
    frame: pd.DataFrame,
    key: str,
    path: Path | None,
    as_json: bool,
    shown: pd.DataFrame | None = None,
    **more,
) -> None:
    """Write a frame where a file is asked for, and say it as JSON or as a table."""
    written = _written(frame, path, quiet=as_json)
    if as_json:
        say_json(more | (written or {key: records(frame)}))
        return
    shown = frame if shown is None else shown
    show_table(shown)
    rest = f", the first {len(shown)} shown" if len(shown) < len(frame) else ""
    _print(f"{len(frame)} {key}{rest}")


def _written(frame: pd.DataFrame, path: Path | None, quiet: bool = True) -> dict:
    """Write a frame if a file is named; return what was written."""
    if path is None:
        return {}
    write_frame(frame, path)
    if not quiet:
        _print(f"{len(frame)} rows: {path}")
    return {"out": str(path), "rows": len(frame)}


def records(frame: pd.DataFrame) -> list[dict]:
    """Return the rows of a frame as JSON tells them, nothing as null."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def _loads(covered: pd.DataFrame) -> pd.DataFrame:
    """Return how many visits each month is planned to bring, a row a month and kind."""
    left = covered.dropna(subset="planned_month")
    keys = ["planned_month", "unit_kind", "district"]
    return left.groupby(keys, as_index=False).agg(visits=("unit_id", "size"))


def _desk(store: Path):
    from anomaly.workspace import open_store

    return open_store(store)


def _warn_unknown(noted: list[str], unknown: list[str]) -> None:
    unknown = [one for one in noted if one in unknown]
    if unknown:
        more = ", ..." if len(unknown) > SHOWN else ""
        err.print(
            f"{len(unknown)} units are not in the store, and were taken in:"
            f" {', '.join(unknown[:SHOWN])}{more}",
            markup=False,
        )


def _print(text: str) -> None:
    out.print(text, markup=False, highlight=False)
