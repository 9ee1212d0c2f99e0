"""Commands about schedules: a month's briefs rendered unattended."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from anomaly.cli.data import AsJson, StorePath
from anomaly.cli.output import err, out, progress, say_json, show_table
from anomaly.errors import UsageError

if TYPE_CHECKING:
    from anomaly.briefs.due import Timing
    from anomaly.briefs.schedule import Schedule

NEXT = 3
Name = Annotated[str, typer.Argument(help="Name of the schedule.")]
Now = Annotated[
    str,
    typer.Option(help="Take this for the present: 2026-12-04T06:30.", hidden=True),
]
schedule_app = typer.Typer(
    help="Render a month's briefs unattended, by the 5th or as policy says.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    app.add_typer(schedule_app, name="schedule")


@schedule_app.command("install")
def install(
    store: StorePath,
    out_path: Annotated[Path, typer.Option("--out", help="Folder for the briefs.")],
    kind: Annotated[
        str, typer.Option(help="systemd or cron; default what is there.")
    ] = "",
    name: Annotated[str, typer.Option(help="To tell several apart.")] = "monthly",
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    workers: Annotated[int, typer.Option(help="Reports made at the same time.")] = 2,
    load: Annotated[
        Path | None, typer.Option(help="Folder of exports to load first.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be written.")
    ] = False,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """Install a timer that renders each month's briefs when they are due."""
    from anomaly.briefs import timers
    from anomaly.briefs.schedule import Schedule, is_registered

    if is_registered(name):
        raise UsageError(
            f"schedule '{name}': there is one already",
            todo=f"give another --name, or first: anomaly schedule remove {name}",
        )
    made = Schedule(
        name=name,
        store=str(store.absolute()),
        out=str(out_path.absolute()),
        language=language,
        workers=workers,
        kind=timers.choose(kind, timers.run_command),
        installed_at=_now(now).isoformat(timespec="seconds"),
        load=str(load.absolute()) if load else "",
    )
    _check_folders(made)
    written = _would_write(made)
    if not dry_run:
        _write(made)
    _say_installed(made, written, dry_run, _now(now), as_json)


def _check_folders(made: "Schedule") -> None:
    """Refuse what could never run: no store and none to come, no folder to load."""
    from anomaly.store.store import Store

    if made.load and not Path(made.load).is_dir():
        raise UsageError(f"--load {made.load}: no folder", expected="a folder")
    if not made.load:
        Store.open(made.store).close()


def _would_write(made: "Schedule") -> dict[str, str]:
    from anomaly.briefs import timers

    if made.kind == "cron":
        return {"crontab": timers.cron_block(made.name, made.timing)}
    return {str(k): v for k, v in timers.units(made.name, made.timing).items()}


def _write(made: "Schedule") -> None:
    from anomaly.briefs import schedule, timers

    schedule.save(made)
    if made.kind == "systemd":
        timers.install_units(made.name, made.timing, timers.run_command)
        return
    try:
        timers.install_cron(made.name, made.timing, timers.run_command)
    except UsageError:
        schedule.forget(made)
        raise


def _say_installed(
    made: "Schedule", written: dict, dry_run: bool, now: datetime, as_json: bool
) -> None:
    coming = _coming(made.timing, now)
    if as_json:
        say_json(
            {"schedule": made.as_dict(), "written": written, "dry_run": dry_run}
            | {"next": coming}
        )
        return
    for where, text in written.items() if dry_run else ():
        out.print(f"would write {where}:", markup=False, soft_wrap=True)
        out.print(text, markup=False, highlight=False, soft_wrap=True)
    did = "would be installed" if dry_run else "installed"
    out.print(f"schedule '{made.name}' {did} ({made.kind}); next runs:")
    for run in coming:
        out.print(f"  {run['at']}  briefs of {run['month']}", highlight=False)
    if made.kind == "systemd" and not dry_run:
        err.print(
            "a user's timers stop when the user logs out, unless an administrator"
            " has once run: loginctl enable-linger"
        )


def _coming(rule: "Timing", now: datetime) -> list[dict]:
    from anomaly.briefs.due import month_of, next_dues, reported
    from anomaly.periods import month_text

    return [
        {
            "at": at.isoformat(timespec="minutes"),
            "month": month_text(reported(rule, month_of(rule, at))),
        }
        for at in next_dues(rule, now, NEXT)
    ]


@schedule_app.command("list")
def list_(now: Now = "", as_json: AsJson = False) -> None:
    """List the schedules with their next three runs."""
    from anomaly.briefs.schedule import schedules

    found = [
        one.as_dict() | {"next": _coming(one.timing, _now(now))} for one in schedules()
    ]
    if as_json:
        say_json({"schedules": found})
    elif not found:
        out.print("no schedule is installed")
    else:
        shown = ["name", "kind", "store", "out", "load", "next"]
        rows = [one | {"next": _dates(one["next"])} for one in found]
        show_table(pd.DataFrame(rows)[shown])


def _dates(coming: list[dict]) -> str:
    return ", ".join(run["at"][:10] for run in coming)


@schedule_app.command("remove")
def remove(name: Name, as_json: AsJson = False) -> None:
    """Take away what install wrote; briefs and the log of runs stay."""
    from anomaly.briefs import schedule, timers

    made = schedule.registered(name)
    if schedule.is_running(made):
        raise UsageError(
            f"schedule '{name}': a run is going on",
            todo="wait for its end, or end it, then remove",
        )
    take = timers.remove_cron if made.kind == "cron" else timers.remove_units
    problems = take(name, timers.run_command)
    schedule.forget(made)
    if as_json:
        say_json({"removed": name, "problems": problems})
    else:
        out.print(f"schedule '{name}' removed; its briefs and log of runs stay")
    for words in problems:
        err.print(f"its files are gone, but systemctl said: {words}", markup=False)
    if problems:
        raise typer.Exit(2)


@schedule_app.command("run")
def run(
    name: Name,
    now: Annotated[
        str, typer.Option(help="Take this for the present: 2026-12-04T06:30.")
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Last month's, due or not, done or not.")
    ] = False,
    month: Annotated[
        str, typer.Option(help="YYYY-MM: this one's, due or not, done or not.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Render the month that is due, unless it is done: what the timer calls."""
    from anomaly.briefs.schedule import registered
    from anomaly.briefs.schedule_run import run_schedule

    made = registered(name)
    with progress(quiet=not err.is_terminal) as stage:
        answer = run_schedule(
            made, lambda: _now(now), stage, force=force, only=month or None
        )
    if as_json:
        say_json(answer.as_dict())
    said = f"schedule '{name}': {answer.message}"
    if answer.exit_code:
        err.print(said, markup=False, soft_wrap=True)
        raise typer.Exit(answer.exit_code)
    if not as_json:
        out.print(said, markup=False, highlight=False, soft_wrap=True)


@schedule_app.command("status")
def status(
    name: Annotated[str, typer.Argument(help="One schedule; default all.")] = "",
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """Say how each schedule stands; exit 1 where one is late, failed or cut off."""
    from anomaly.briefs.schedule import registered, schedules
    from anomaly.briefs.schedule_status import TROUBLE, status_of

    wanted = [registered(name)] if name else schedules()
    rows = [status_of(one, _now(now)) for one in wanted]
    if as_json:
        say_json({"schedules": rows})
    elif not rows:
        out.print("no schedule is installed")
    else:
        shown = [row | {"failed": ", ".join(row["failed"])} for row in rows]
        show_table(pd.DataFrame(shown).drop(columns=["message", "due_month"]))
    troubled = [row for row in rows if row["state"] in TROUBLE]
    for row in troubled:
        err.print(_trouble(row), markup=False, soft_wrap=True)
    if troubled:
        raise typer.Exit(1)


def _trouble(row: dict) -> str:
    """Say in one line what is wrong with a schedule and what to do."""
    name = row["name"]
    month = row["due_month"] if row["state"] == "late" else row["month"]
    again = f"anomaly schedule run {name} --month {month}"
    said = {
        "late": f"{month} was due {row['due']} and is not done; is its timer on?"
        f" run: {again}",
        "failed": f"{month} failed: {row['message']}; once put right, run: {again}",
        "interrupted": f"the run of {month} was cut off; run: {again}",
    }
    return f"schedule '{name}' {row['state']}: {said[row['state']]}"


def _now(given: str) -> datetime:
    """Return the present, or what is to be taken for it, in a zone."""
    from anomaly.briefs.due import timing

    if not given:
        return datetime.now(timing().zone)
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise UsageError(
            f"--now '{given}'", expected="a moment such as 2026-12-04T06:30"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=timing().zone)
