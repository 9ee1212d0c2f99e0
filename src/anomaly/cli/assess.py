"""The command of the annual assessment 年度考核."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from anomaly.cli.cases import By
from anomaly.cli.data import AsJson, StorePath
from anomaly.cli.output import check_out, err, out, say_json, write_book, write_frame

if TYPE_CHECKING:
    from anomaly.assessment.assess import Assessment


def register(app: typer.Typer) -> None:
    app.command("assess")(assess)


def assess(
    store: StorePath,
    year: Annotated[str, typer.Option(help="The calendar year.")],
    out_path: Annotated[
        Path, typer.Option("--out", help="FILE.xlsx (two sheets), .csv, .parquet.")
    ],
    visits: Annotated[
        Path | None,
        typer.Option(help="CSV, XLSX of checks: unit_kind, unit_id, inspected_on."),
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option(
            help="CSV, XLSX of earlier grades: unit_kind, unit_id, year, grade."
        ),
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Keep the grades in the ledger.")
    ] = False,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Assess a year's institutions and pharmacies: score, grade, what it suggests."""
    from anomaly.assessment.visits import read_visits
    from anomaly.workspace import open_store

    check_out(out_path)
    seen = read_visits(visits) if visits else None
    workspace = open_store(store)
    with err.status("reading the year"):
        found = workspace.assessment(year, seen, before, language=language)
    _write(found, out_path)
    kept = workspace.record_assessment(found.results, by or None) if record else 0
    if as_json:
        say_json({"out": str(out_path), "recorded": kept} | _told(found))
        return
    told = _told(found)
    grades = ", ".join(f"{count} {name}" for name, count in told["grades"].items())
    out.print(
        f"{told['units']} units of {found.year}: {grades or 'no grades'};"
        f" {told['not_graded']} of which too little is known; {out_path}",
        markup=False,
        highlight=False,
    )
    for name, count in told["missing"].items():
        err.print(f"not known: {name}, of {count} units", markup=False)
    if not told["grades"]:
        err.print(
            "no grades: less than half of the weights is known, and the sheet"
            " 'explained' says why; past decisions come in by: anomaly case import",
            markup=False,
        )
    if record:
        out.print(f"{kept} grades recorded")


def _write(found: "Assessment", path: Path) -> None:
    if path.suffix == ".xlsx":
        write_book({"results": found.results, "explained": found.explained}, path)
    else:
        write_frame(found.results, path)


def _told(found: "Assessment") -> dict:
    results = found.results
    missing = results["missing"].str.split().explode().dropna()
    graded = results[results["grade"] != ""]
    return {
        "year": found.year,
        "units": len(results),
        "grades": _counts(graded["grade"]),
        "not_graded": len(results) - len(graded),
        "ends_agreement": graded.loc[graded["ends_agreement"], "unit_id"].tolist(),
        "missing": _counts(missing),
    }


def _counts(names: pd.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in names.value_counts().items()}
