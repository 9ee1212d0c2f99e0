"""Commands of the double-random draw."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from anomaly.cli.data import AsJson
from anomaly.cli.output import out, say_json, show_table
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
        text = TextFile(path, TextOptions())
        frame = pd.read_csv(path, dtype=str, encoding=text.encoding, sep=text.delimiter)
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
    as_json: AsJson = False,
) -> None:
    """Draw institutions and inspectors by the hash of a seed."""
    from anomaly.casework.draw import commitment, draw

    staff = read_list(inspectors, "inspector_id")
    if "recused" not in staff:
        staff["recused"] = ""
    drawn = draw(
        read_list(institutions, "institution_id"),
        staff,
        count=count,
        team=team,
        seed=seed,
    )
    if as_json:
        say_json({"seed_hash": commitment(seed), "draw": drawn})
        return
    out.print(f"seed hash (publish before the draw): {commitment(seed)}")
    rows = [one | {"inspectors": " ".join(one["inspectors"])} for one in drawn]
    show_table(pd.DataFrame(rows))
