"""Commands of the double-random draw."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from anomaly.cli.data import AsJson
from anomaly.cli.output import err, out, say_json, show_table
from anomaly.errors import DataRefusedError, UsageError
from anomaly.sources.source import TextOptions
from anomaly.sources.textfile import TextFile

draw_app = typer.Typer(help="Double-random inspection draws.", no_args_is_help=True)
Pool = Annotated[Path, typer.Option(help="CSV with a column institution_id.")]
Staff = Annotated[
    Path, typer.Option(help="CSV: inspector_id, recused (ids, blanks between).")
]


def register(app: typer.Typer) -> None:
    app.add_typer(draw_app, name="draw")


def read_list(path: Path, needed: str) -> pd.DataFrame:
    """Read a CSV of ids, as text; DataRefusedError where it is not one."""
    if not path.is_file():
        raise UsageError(f"'{path}' does not exist", expected="a CSV file")
    try:
        frame = pd.read_csv(
            path, dtype=str, encoding=TextFile(path, TextOptions()).encoding
        )
    except (OSError, ValueError) as error:
        raise DataRefusedError(f"{path.name}: {error}", expected="a CSV file") from None
    if needed not in frame:
        raise DataRefusedError(
            f"{path.name}: column '{needed}' is missing",
            expected=f"a header line with {needed}",
        )
    return frame


@draw_app.command("run")
def draw_run(
    institutions: Pool,
    inspectors: Staff,
    count: Annotated[int, typer.Option(help="Institutions to draw.")],
    seed: Annotated[str, typer.Option(help="Text; publish its hash before.")],
    team: Annotated[int, typer.Option(help="Inspectors for each.")] = 2,
    store: Annotated[
        Path | None, typer.Option(help="Keep the draw there: briefs show it.")
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="With --store: whose brief, YYYY-MM.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw institutions and inspectors by the hash of a seed."""
    from anomaly.inspection.draw import commitment, draw

    if bool(store) != bool(month):
        raise UsageError("draw run", expected="--store and --month, or neither")
    pool, staff = _lists(institutions, inspectors)
    drawn = draw(pool, staff, count=count, team=team, seed=seed)
    if store:
        _keep(store, month, drawn, pool, staff, team=team, seed=seed)
    if as_json:
        say_json({"seed_hash": commitment(seed), "draw": drawn})
        return
    out.print(f"seed hash (publish before the draw): {commitment(seed)}")
    rows = [one | {"inspectors": " ".join(one["inspectors"])} for one in drawn]
    show_table(pd.DataFrame(rows))


def _lists(institutions: Path, inspectors: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    staff = read_list(inspectors, "inspector_id")
    if "recused" not in staff:
        staff["recused"] = ""
    return read_list(institutions, "institution_id"), staff


def _keep(store: Path, month: str, drawn: list, pool, staff, *, team, seed) -> None:
    """Keep the draw beside the store; one that stands already is not replaced."""
    from anomaly.inspection.draw import commitment
    from anomaly.inspection.kept_draws import KeptDraw, keep, now, pool_hash
    from anomaly.periods import month_text
    from anomaly.store.store import Store

    opened = Store.open(store)
    kept = KeptDraw(
        month=month_text(month),
        seed=seed,
        seed_hash=commitment(seed),
        pool_hash=pool_hash(pool["institution_id"]),
        pool=int(pool["institution_id"].nunique()),
        inspectors=int(staff["inspector_id"].nunique()),
        recusals=int(staff["recused"].fillna("").str.strip().ne("").sum()),
        team=team,
        drawn_at=now(),
        draw=drawn,
    )
    path = keep(opened.root, kept)
    opened.close()
    err.print(f"kept: {path}")
