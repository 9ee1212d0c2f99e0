"""One call of a schedule's timer: is it due, is it done, else load and render."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from anomaly.briefs.due import (
    TRIES,
    Timing,
    due_at,
    last_due,
    month_of,
    next_dues,
    reported,
)
from anomaly.briefs.month_done import is_whole
from anomaly.briefs.record import DONE, FAILED
from anomaly.briefs.run_log import FINISHED, STARTED, moment, note, runs
from anomaly.briefs.schedule import Schedule, only_run
from anomaly.errors import AnomalyError, DataRefusedError
from anomaly.periods import MonthLike, month_text, parse_month

Clock = Callable[[], datetime]
Stage = Callable[[str], Callable[[str, int, int], None]]
BUG = 1


@dataclass(frozen=True)
class Answer:
    """What a call did: waiting, running (elsewhere), done or failed."""

    name: str
    status: str
    month: str
    message: str
    exit_code: int = 0
    failed: list[str] = field(default_factory=list)

    def as_dict(self) -> dict:
        return asdict(self)


def run_schedule(
    schedule: Schedule,
    clock: Clock,
    stage: Stage,
    *,
    force: bool = False,
    only: MonthLike | None = None,
) -> Answer:
    """Render the month that is due, unless it is done; ``force``: whatever is due.

    ``only`` names another month, which is rendered as one that is forced.
    """
    rule, now = schedule.timing, clock()
    month = month_text(reported(rule, last_due(rule, now)))
    if force:
        month = month_text(reported(rule, month_of(rule, now)))
    if only is not None:
        force, month = True, month_text(only)
    with only_run(schedule) as mine:
        if not mine:
            said = f"another run of schedule '{schedule.name}' is going on"
            return Answer(schedule.name, "running", month, f"{said}; nothing done")
        if not force:
            waiting = _waiting(schedule, rule, now, month)
            if waiting:
                return waiting
        return _run(schedule, month, clock, stage)


def _waiting(
    schedule: Schedule, rule: Timing, now: datetime, month: str
) -> Answer | None:
    """Return why there is nothing to do, None where there is."""
    (following,) = next_dues(rule, now)
    until = f"not due until {clock_text(following)}"
    due = due_at(rule, last_due(rule, now))
    if due <= moment(schedule.installed_at):
        coming = month_text(reported(rule, month_of(rule, following)))
        return Answer(schedule.name, "waiting", coming, until)
    if not _cut_off(schedule, month) and _is_done(schedule, month, now - due):
        return Answer(schedule.name, DONE, month, f"{month} is done; {until}")
    tried = _tried_today(schedule, rule, now, month)
    if tried:
        again = f"tried today, and failed: {tried}; tomorrow again, or now with --month"
        again += f" {month}"
        return Answer(schedule.name, "waiting", month, f"{month} was {again}")
    return None


def _cut_off(schedule: Schedule, month: str) -> bool:
    """Tell whether the last run never came to its end: it is taken up again."""
    found = runs(schedule)
    return bool(found) and found[-1].finished is None and found[-1].month == month


def _is_done(schedule: Schedule, month: str, since: timedelta) -> bool:
    """Tell whether nothing is left to make of a month that fell due so long ago.

    For a week it follows the store. Then it stays as it was handed out: the next
    month's data change the store too, and the timer wakes before they are due.
    """
    if since <= timedelta(days=TRIES):
        return is_whole(schedule, month, as_now=True)
    ended = [run.status for run in runs(schedule) if run.month == month]
    return ended[-1:] == [DONE] or is_whole(schedule, month)


def _tried_today(schedule: Schedule, rule: Timing, now: datetime, month: str) -> str:
    """Return why today's try failed: one a day is enough, cron asks every hour."""
    today = now.astimezone(rule.zone).date()
    for run in reversed(runs(schedule)):
        if run.status == FAILED and run.month == month:
            same = run.started.astimezone(rule.zone).date() == today
            return (run.message or FAILED) if same else ""
    return ""


def _run(schedule: Schedule, month: str, clock: Clock, stage: Stage) -> Answer:
    note(schedule, STARTED, clock(), month=month)
    try:
        answer = _load_and_render(schedule, month, stage)
    except AnomalyError as error:
        answer = Answer(schedule.name, FAILED, month, str(error), error.exit_code)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        _note_end(schedule, clock(), Answer(schedule.name, FAILED, month, said, BUG))
        raise
    _note_end(schedule, clock(), answer)
    return answer


def _note_end(schedule: Schedule, at: datetime, answer: Answer) -> None:
    cells = {k: v for k, v in answer.as_dict().items() if k != "name"}
    note(schedule, FINISHED, at, **cells)


def _load_and_render(schedule: Schedule, month: str, stage: Stage) -> Answer:
    from anomaly.briefs.render import render_briefs

    if schedule.load:
        _load(schedule, stage)
    wanted = _districts(schedule, month)
    update, done = stage("brief"), []
    update("", 0, len(wanted))

    def count(record) -> None:
        done.append(record)
        update(record.district, len(done), len(wanted))

    records = render_briefs(
        schedule.store,
        month=month,
        districts=wanted,
        out=schedule.out,
        language=schedule.language,
        workers=schedule.workers,
        progress=count,
    )
    failed = [record.district for record in records if not record.done]
    if failed:
        said = f"{len(failed)} of {len(records)} districts failed: {', '.join(failed)}"
        return Answer(schedule.name, FAILED, month, said, 1, failed)
    said = f"{len(records)} districts: {Path(schedule.out) / month}"
    return Answer(schedule.name, DONE, month, said)


def _load(schedule: Schedule, stage: Stage) -> None:
    """Take what stands in the folder; what was taken before is not taken twice."""
    from anomaly.sources.mapping import load_mapping
    from anomaly.store.ingest import load
    from anomaly.store.store import Store

    store = Store.create(schedule.store)
    try:
        load(store, [Path(schedule.load)], load_mapping(), stage("load"))
    finally:
        store.close()


def _districts(schedule: Schedule, month: str) -> list[str]:
    """Return every district; DataRefusedError where the month is not loaded."""
    from anomaly.workspace import open_store

    workspace = open_store(schedule.store)
    try:
        if parse_month(month) not in workspace.months():
            raise DataRefusedError(f"month {month} is not in the store", todo="load it")
        return workspace.districts()["district"].tolist()
    finally:
        workspace.store.close()


def clock_text(at: datetime) -> str:
    """Return a moment as people read it: day, hour and zone."""
    return f"{at:%Y-%m-%d %H:%M} ({at.tzinfo})"
