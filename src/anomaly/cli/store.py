"""Commands that look at a store: status, verify, quarantine."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from anomaly.cli.checks import remark_rows, show_reasons, show_remarks
from anomaly.cli.data import AsJson, StorePath
from anomaly.cli.output import err, out, say_json, show_table

store_app = typer.Typer(help="Look at a store.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(store_app, name="store")


@store_app.command("status")
def store_status(store: StorePath, as_json: AsJson = False) -> None:
    """Say what a store holds: months, accounts, what is missing."""
    from anomaly.store.remarks import remarks_of
    from anomaly.workspace import open_store

    workspace = open_store(store)
    months = [month.strftime("%Y-%m") for month in workspace.months()]
    accounts, gaps = workspace.accounts(), workspace.coverage()
    remarks = remark_rows(remarks_of(workspace.store))
    if as_json:
        say_json(
            {
                "fingerprint": workspace.fingerprint(),
                "months": months,
                "tables": accounts.astype(object).to_dict("records"),
                "missing": gaps.to_dict("records"),
                "remarks": remarks,
            }
        )
        return
    out.print(f"{len(months)} months: {months[0]} to {months[-1]}" if months else "-")
    fates = ["read", "accepted", "quarantined", "duplicate", "ignored"]
    show_table(accounts.reindex(columns=["table", *fates]))
    show_remarks(remarks)
    restated = workspace.store.catalog.restated()
    if restated:
        rows = pd.DataFrame(restated, columns=["batch", "month", "settlements"])
        show_table(rows, "restated months")
    if len(gaps):
        show_table(gaps, "missing")


@store_app.command("verify")
def store_verify(store: StorePath, as_json: AsJson = False) -> None:
    """Check a store's files, hashes, sums and ledger; exit 3 where one is wrong."""
    from anomaly.casework import audit
    from anomaly.store.store import Store
    from anomaly.store.verify import verify

    faults = verify(Store.open(store))
    ledger = audit.verify(store)
    faults += ledger.faults
    if as_json:
        known = {"events": ledger.events, "head": ledger.head, "told": ledger.told}
        told = {"whole": not faults, "faults": [vars(fault) for fault in faults]}
        say_json(told | {"ledger": known})
    elif not faults:
        out.print("the store is whole")
        if ledger.events:
            out.print(f"its ledger: {ledger.events} events, head {ledger.head}")
    if ledger.told:
        err.print(f"ledger: {ledger.told}")
    for fault in faults:
        err.print(f"{fault.where}: {fault.found}; expected {fault.expected}")
    if faults:
        raise typer.Exit(3)


@store_app.command("quarantine")
def store_quarantine(
    store: StorePath,
    folder: Annotated[
        Path | None,
        typer.Option("--out", help="Write the rows there, a CSV a table, to repair."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which rows wait outside and why; write them out to repair and load.

    A row that could not be split has no text here: its file and line are named.
    """
    from anomaly.store.quarantine import reasons, write_waiting
    from anomaly.store.store import Store

    opened = Store.open(store)
    rows = reasons(opened)
    written = write_waiting(opened, folder) if folder else {}
    if as_json:
        files = {str(path): count for path, count in written.items()}
        say_json({"reasons": rows, "written": files})
        return
    show_reasons(rows)
    for path, count in written.items():
        out.print(f"{path}: {count} rows; repair them, then: anomaly load {path}")
