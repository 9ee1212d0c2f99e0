"""How a schedule stands: ok, running, late, failed or interrupted."""

from datetime import datetime

from anomaly.briefs.due import due_at, last_due, next_dues, reported
from anomaly.briefs.month_done import is_whole
from anomaly.briefs.record import DONE, FAILED
from anomaly.briefs.run_log import Outcome, Run, moment, outcome, runs
from anomaly.briefs.schedule import Schedule, is_running
from anomaly.periods import month_text

OK, RUNNING, LATE, INTERRUPTED = "ok", "running", "late", "interrupted"
TROUBLE = (LATE, FAILED, INTERRUPTED)


def status_of(schedule: Schedule, now: datetime) -> dict:
    """Return one row: the last run, what came of it, the next due, the state."""
    found, rule = runs(schedule), schedule.timing
    last = found[-1] if found else None
    held = outcome(schedule.out, last.month) if last else Outcome()
    return {
        "name": schedule.name,
        "state": _state(schedule, found, held, now),
        "last_run": _text(last.started) if last else "",
        "month": last.month if last else "",
        "status": (last.status or "no end") if last else "",
        "failed": (held.failed or last.failed) if last else [],
        "message": last.message if last else "",
        "due": _text(due_at(rule, last_due(rule, now))),
        "due_month": month_text(reported(rule, last_due(rule, now))),
        "next_due": _text(next_dues(rule, now)[0]),
    }


def _state(schedule: Schedule, found: list[Run], held: Outcome, now: datetime) -> str:
    if is_running(schedule):
        return RUNNING
    if found and not _settled(schedule, found[-1], held):
        if found[-1].finished is None:
            return INTERRUPTED
        if found[-1].status != DONE:
            return FAILED
    return LATE if _is_late(schedule, found, now) else OK


def _settled(schedule: Schedule, run: Run, held: Outcome) -> bool:
    """Tell whether the month was rendered whole since, by hand."""
    since = run.finished or run.started
    if held.finished is None or held.finished <= since:
        return False
    return is_whole(schedule, run.month)


def _is_late(schedule: Schedule, found: list[Run], now: datetime) -> bool:
    """Tell whether what was due since the installation is overdue and not done."""
    rule = schedule.timing
    fell = last_due(rule, now)
    due = due_at(rule, fell)
    if due <= moment(schedule.installed_at) or now <= due + rule.grace:
        return False
    month = month_text(reported(rule, fell))
    done = any(run.month == month and run.status == DONE for run in found)
    return not done and not is_whole(schedule, month)


def _text(at: datetime) -> str:
    return at.isoformat(timespec="minutes")
