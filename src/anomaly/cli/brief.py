"""Commands that render: brief, demo."""

import shutil
import tempfile
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import pandas as pd
import typer

from anomaly.cli.data import AsJson, Month, StorePath
from anomaly.cli.output import PRIVATE, err, out, progress, say_json, show_table
from anomaly.errors import DataRefusedError, UsageError
from anomaly.periods import parse_month

SAMPLE = Path("data/sample")
SEED = 2024
Districts = Annotated[
    list[str] | None, typer.Option("--district", help="Six-digit code; repeatable.")
]
Language = Annotated[str, typer.Option(help="zh or en.")]
Workers = Annotated[int, typer.Option(help="Reports made at the same time.")]
EngineName = Annotated[str, typer.Option(help="fork or kernel.")]


def register(app: typer.Typer) -> None:
    app.command()(brief)
    app.command()(demo)


def brief(
    store: StorePath,
    month: Month,
    out_path: Annotated[Path, typer.Option("--out", help="Folder for the briefs.")],
    district: Districts = None,
    every: Annotated[bool, typer.Option("--all", help="Every district.")] = False,
    language: Language = "zh",
    workers: Workers = 2,
    engine: EngineName = "fork",
    as_json: AsJson = False,
) -> None:
    """Render the monthly brief of one district, several, or all."""
    if every == bool(district):
        raise UsageError("brief", expected="either --all or at least one --district")
    with progress() as stage:
        records = _render(
            stage, store, month, district or [], out_path, language, workers, engine
        )
    _report(records, out_path, as_json)


def _render(stage, store, month, districts, out_path, language, workers, engine):
    """Bring the store up to date, then render, under one progress display."""
    from anomaly.briefs import render_briefs
    from anomaly.briefs.render import check_out
    from anomaly.leads.coverage import check_district
    from anomaly.workspace import open_store

    check_out(out_path)
    workspace = open_store(store)
    workspace.store.check_month(parse_month(month))
    for code in districts:
        check_district(workspace.store, code)
    workspace.prepare(month, stage("build"))
    wanted = districts or workspace.districts()["district"].tolist()
    workspace.store.close()
    update, done = stage("brief"), []
    update("", 0, len(wanted))

    def count(record) -> None:
        done.append(record)
        update(record.district, len(done), len(wanted))

    return render_briefs(
        store,
        month=month,
        districts=wanted,
        out=out_path,
        language=language,
        workers=workers,
        engine=engine,
        progress=count,
    )


def _report(records: list, out_path: Path, as_json: bool) -> None:
    """Say what was made and where; exit 1 where a district failed."""
    failed = [record for record in records if record.status != "done"]
    if as_json:
        say_json({"out": str(out_path), "reports": [r.as_dict() for r in records]})
    else:
        rows = [
            {
                "district": record.district,
                "status": record.status,
                "seconds": round(record.seconds, 1),
                "brief": str(out_path / record.month / f"{record.district}.pdf")
                if record.status == "done"
                else record.error,
            }
            for record in records
        ]
        show_table(pd.DataFrame(rows))
    for record in failed:
        err.print(f"district {record.district} failed: {record.error}")
    if failed:
        raise typer.Exit(1)


def demo(
    out_path: Annotated[Path, typer.Option("--out", help="Folder for all of it.")],
    data: Annotated[Path, typer.Option(help="Exports to show it on.")] = SAMPLE,
    language: Language = "zh",
    as_json: AsJson = False,
) -> None:
    """Run the whole line on the sample: load, build, rank, brief."""
    with progress() as stage:
        if data == SAMPLE and not data.is_dir():
            data = _make_sample(out_path, stage)
        store = out_path / "store"
        month = _load_demo(data, store, stage)
        records = _render(stage, store, month, [], out_path, language, 2, "fork")
        rows = _rank_demo(store, month, out_path / month, stage)
    _report(records, out_path, as_json)
    if not as_json:
        out.print(f"ranked lists beside them: {', '.join(rows)}")
        out.print("each brief: .pdf to read, .ipynb to explore, .json how it was made")


def _make_sample(out_path: Path, stage) -> Path:
    """An installed package has no data folder: make the sample, once."""
    from anomaly.sources.world import write_world

    target = out_path / "sample"
    if not target.is_dir():
        out_path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out_path) as partial:
            write_world(Path(partial), seed=SEED, scale=1.0, progress=stage("sample"))
            shutil.copytree(partial, target)
    return target


def _load_demo(data: Path, path: Path, stage) -> str:
    from anomaly.sources.digests import given_key
    from anomaly.sources.mapping import load_mapping
    from anomaly.store.ingest import load
    from anomaly.store.store import Store

    store = Store.create(path)
    key = given_key() or _demo_key(path.parent / "key")
    load(store, [data], load_mapping(), stage("load"), key=key)
    months = store.months()
    store.close()
    if not months:
        raise DataRefusedError(f"{data}: no settlement was accepted")
    return months[-1].strftime("%Y-%m")


def _demo_key(path: Path) -> bytes:
    """Return the demo's own key for digests: drawn once, beside its store."""
    path.touch(mode=PRIVATE)
    if not path.read_bytes():
        path.write_text(token_hex())
    return path.read_bytes()


def _rank_demo(store: Path, month: str, folder: Path, stage) -> list[str]:
    from anomaly.cli.output import write_frame
    from anomaly.workspace import open_store

    units = ("doctor", "institution", "pharmacy")
    workspace, update, names = open_store(store), stage("rank"), []
    for done, unit in enumerate(units):
        update(unit, done, len(units))
        names.append(str(folder / f"leads_{unit}.csv"))
        write_frame(workspace.leads(unit, month), Path(names[-1]))
    update("", len(units), len(units))
    return names
