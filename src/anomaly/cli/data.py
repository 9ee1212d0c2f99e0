"""Commands that bring data in: sample, load, build."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from anomaly.cli.checks import remark_rows, show_remarks
from anomaly.cli.output import err, out, progress, say_json, show_table
from anomaly.errors import UsageError

if TYPE_CHECKING:
    from anomaly.store.account import Account
    from anomaly.store.ingest import LoadReport

StorePath = Annotated[Path, typer.Option("--store", help="Folder of the store.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Month = Annotated[str, typer.Option("--month", help="YYYY-MM.")]


def register(app: typer.Typer) -> None:
    app.command()(sample)
    app.command()(load)
    app.command()(build)


def sample(
    folder: Annotated[Path, typer.Argument(help="Folder to write, made if absent.")],
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 2024,
    scale: Annotated[float, typer.Option(help="1 is a small prefecture.")] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Write an invented prefecture in the national platform's raw layout."""
    from anomaly.sources.world import write_world

    with progress() as stage:
        rows = write_world(folder, seed=seed, scale=scale, progress=stage("sample"))
    if as_json:
        say_json({"folder": str(folder), "rows": rows})
    else:
        show_table(pd.DataFrame({"file": rows.keys(), "rows": rows.values()}))


def load(
    store: StorePath,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Export files or folders.")
    ] = None,
    mapping: Annotated[str, typer.Option(help="'national' or a TOML file.")] = (
        "national"
    ),
    url: Annotated[
        str,
        typer.Option(
            "--from",
            help="Read a database too: postgresql://USER@HOST/DATABASE (password in"
            " PGPASSWORD or ~/.pgpass) or sqlite:///FILE.",
        ),
    ] = "",
    encoding: Annotated[
        str, typer.Option(help="Of text files: gbk, gb18030, utf-8, utf-16.")
    ] = "",
    delimiter: Annotated[
        str, typer.Option(help="Of text files: comma, tab or pipe.")
    ] = "",
    replace: Annotated[str, typer.Option(help="Batch that these files replace.")] = "",
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse a batch with many bad rows.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take exports into a store; every row is accounted for.

    Reads CSV and CSV.gz (encoding and delimiter are detected), XLSX, XLS,
    Parquet, and the tables of a database.
    """
    from anomaly.sources.mapping import load_mapping
    from anomaly.sources.source import TextOptions
    from anomaly.store.ingest import load as load_exports
    from anomaly.store.store import Store

    if not paths and not url:
        raise UsageError("nothing to load", expected="export files, folders or --from")
    known, options = load_mapping(mapping), TextOptions(encoding, delimiter)
    with progress() as stage:
        report = load_exports(
            Store.create(store),
            paths or [],
            known,
            stage("load"),
            options=options,
            url=url,
            replaces=replace,
            strict=strict,
        )
    if as_json:
        _say(report)
    else:
        _show(report, mapping)


def _say(report: "LoadReport") -> None:
    say_json(
        {
            "tables": {name: b.as_json() for name, b in report.accounts.items()},
            "files": {name: book.as_json() for name, book in report.files.items()},
            "remarks": remark_rows(report.remarks),
            "not_recognised": report.not_recognised,
            "empty": report.empty,
            "keyless": report.keyless,
        }
    )


def _show_accounts(what: str, accounts: "dict[str, Account]") -> None:
    if accounts:
        fates = ["read", "accepted", "quarantined", "duplicate", "ignored"]
        rows = [{what: name} | vars(book) for name, book in accounts.items()]
        shown = [what, *fates, "amount_read", "amount_accepted"]
        show_table(pd.DataFrame(rows)[shown])


def _show(report: "LoadReport", mapping: str) -> None:
    _show_accounts("table", report.accounts)
    if len(report.files) > len(report.accounts):
        _show_accounts("file", report.files)
    show_remarks(remark_rows(report.remarks))
    for name in report.not_recognised:
        err.print(f"not loaded: {name} (no table of that name in mapping '{mapping}')")
    for name in report.empty:
        err.print(f"empty: {name}", markup=False)
    for name, columns in report.missing.items():
        if columns:
            err.print(f"{name}: columns absent: {', '.join(columns)}")
    _show_keyless(report.keyless)


def _show_keyless(keyless: dict[str, list[str]]) -> None:
    """Say what was left out for want of a key, what waits for it, and what to do."""
    from anomaly.leads.needs import waiting_for_key
    from anomaly.sources.digests import KEY_BYTES, KEY_VARIABLE

    for name, columns in keyless.items():
        err.print(f"{name}: no key to digest {', '.join(columns)}: left out")
    if keyless:
        err.print(
            f"{' and '.join(waiting_for_key())} wait for the key: set {KEY_VARIABLE}"
            f" ({KEY_BYTES} characters or more, kept outside the store), then load"
            " these files again"
        )


def build(
    store: StorePath,
    month: Annotated[str, typer.Option(help="YYYY-MM; default all months.")] = "",
    engine: Annotated[str, typer.Option(help="duckdb or spark.")] = "duckdb",
    explain: Annotated[
        bool, typer.Option("--explain", help="Only say what would run, and why.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compute screen, indicators and rule hits, only where something changed.

    With --explain --json each step's text is given as the engine would run it.
    """
    from anomaly.workspace import open_store

    workspace = open_store(store, engine=engine)
    months = [month] if month else []
    if explain:
        _explain(workspace.explain(months), as_json)
        return
    with progress() as stage:
        steps = workspace.build(months, stage("build"))
    if as_json:
        say_json({"steps_run": steps, "fingerprint": workspace.fingerprint()})
    else:
        out.print(f"{steps} steps run, the rest was up to date")


def _explain(tasks: pd.DataFrame, as_json: bool) -> None:
    if as_json:
        say_json({"steps": tasks.to_dict("records")})
    elif len(tasks):
        show_table(tasks.drop(columns="sql"))
    else:
        out.print("everything is up to date")
