"""The command of the agency's look at itself: self-audit."""

from pathlib import Path
from typing import Annotated

import typer

from anomaly.cli.data import AsJson, Month, StorePath
from anomaly.cli.output import check_out, out, say_json, write_frame

OutFile = Annotated[Path, typer.Option("--out", help="FILE.csv, .parquet or .xlsx.")]


def register(app: typer.Typer) -> None:
    app.command(name="self-audit")(audit)


def audit(
    store: StorePath, month: Month, out_path: OutFile, as_json: AsJson = False
) -> None:
    """Write what each handler decided, whom it paid and when: the agency's own look.

    Overturned decisions, one payee, payment before review, manual reimbursement
    outside office hours (policy/self_audit.toml). Each row is a question.
    """
    from anomaly.workspace import open_store

    check_out(out_path)
    found = open_store(store).self_audit(month)
    write_frame(found, out_path)
    if as_json:
        say_json({"out": str(out_path), "handlers": len(found)})
        return
    out.print(f"{len(found)} handlers: {out_path}")
