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
Template = Annotated[
    Path | None, typer.Option(help="A notebook of your own with the same parameters.")
]
Parameters = Annotated[
    list[str] | None,
    typer.Option("--parameter", "-p", help="name=value for that notebook; repeatable."),
]
Timeout = Annotated[float, typer.Option(help="Seconds a report may take.", min=1)]
Memory = Annotated[float, typer.Option(help="MB a report may hold; 0: any.", min=0)]
Retries = Annotated[
    int, typer.Option(help="Tries more after what may pass: killed, full disk.", min=0)
]
Force = Annotated[
    bool, typer.Option("--force", help="Make also what lies there up to date.")
]


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
    template: Template = None,
    parameter: Parameters = None,
    timeout: Timeout = 900,
    memory: Memory = 2048,
    retries: Retries = 1,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Render the monthly brief of one district, several, or all.

    What lies in OUT up to date is kept; one district's failure stops no other.
    Exit code 1: some failed, and are named.
    """
    from anomaly.briefs.template import own_parameters

    if every == bool(district):
        raise UsageError("brief", expected="either --all or at least one --district")
    options = {
        "language": language,
        "workers": workers,
        "engine": engine,
        "template": template,
        "parameters": own_parameters(parameter or []),
        "timeout": timeout,
        "memory_mb": memory,
        "retries": retries,
        "force": force,
    }
    with progress() as stage:
        records = _render(stage, store, month, district or [], out_path, **options)
    _report(records, out_path, as_json)


def _render(stage, store, month, districts, out_path, **options):
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
    return render_briefs(
        store,
        month=month,
        districts=wanted,
        out=out_path,
        progress=_counted(stage("brief"), len(wanted), options.get("workers", 2)),
        **options,
    )


def _counted(update, total: int, workers: int):
    """Return what tells the display of each report done, and the time left."""
    update("", 0, total)
    done = []

    def count(record) -> None:
        done.append(record)
        left, what = time_left(done, total, workers), record.district
        if left:
            what += f", about {_span(left)} left"
        update(what, len(done), total)

    return count


def time_left(done: list, total: int, workers: int) -> float:
    """Return the seconds that the rest will take, by all tries of what was made.

    What was kept says nothing of it; 0 while nothing does.
    """
    spent = [sum(one["seconds"] for one in r.attempts) for r in done if not r.fresh]
    if not spent:
        return 0.0
    return (total - len(done)) * sum(spent) / len(spent) / workers


def _span(seconds: float) -> str:
    """Return a span as people say it."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _report(records: list, out_path: Path, as_json: bool) -> None:
    """Say what was made and where; exit 1 where a district or the manifest failed."""
    from anomaly.briefs.manifest import untold

    failed = [record for record in records if record.status != "done"]
    if as_json:
        told = [record.as_dict() for record in records]
        manifest = str(out_path / records[0].month / "manifest.json")
        say_json({"out": str(out_path), "manifest": manifest, "reports": told})
    else:
        rows = [
            {
                "district": record.district,
                "status": "fresh" if record.fresh else record.status,
                "seconds": round(record.seconds, 1),
                "brief": _where(record, out_path),
            }
            for record in records
        ]
        show_table(pd.DataFrame(rows))
    for record in failed:
        err.print(f"district {record.district} failed: {record.error}")
    problem = untold(out_path / records[0].month)
    if problem:
        err.print(problem)
    if failed or problem:
        raise typer.Exit(1)


def _where(record, out_path: Path) -> str:
    """Return the file to open first, or why there is none."""
    if not record.done:
        return record.error
    return str(out_path / record.month / record.files[0])


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
        records = _render(stage, store, month, [], out_path, language=language)
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
