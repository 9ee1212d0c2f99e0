"""What became of a schedule's runs: its log, and what stands in the output folder."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from anomaly.briefs.record import DONE
from anomaly.briefs.schedule import PRIVATE, Schedule

LOG = ".log.jsonl"
MANIFEST = "manifest.json"
STARTED, FINISHED = "started", "finished"
WAITING = "waiting"


@dataclass(frozen=True)
class Run:
    """One run: its first line in the log, and its last where it came to one."""

    month: str
    started: datetime
    finished: datetime | None = None
    status: str = ""
    exit_code: int | None = None
    failed: list[str] = field(default_factory=list)
    message: str = ""


@dataclass(frozen=True)
class Report:
    """How one district's brief stands, and of which data it is."""

    status: str
    fingerprint: str


@dataclass(frozen=True)
class Outcome:
    """How a month's briefs stand, by district; when the last run of them ended."""

    reports: dict[str, Report] = field(default_factory=dict)
    finished: datetime | None = None

    @property
    def failed(self) -> list[str]:
        """The districts that were tried and not made; one that waits is none."""
        made = (DONE, WAITING)
        return [name for name, one in self.reports.items() if one.status not in made]


def note(schedule: Schedule, event: str, at: datetime, **cells) -> None:
    """Add a line to the log: on disk before anything else is done."""
    line = {"event": event, "at": at.isoformat(timespec="seconds")} | cells
    path = schedule.file(LOG)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    cut_short = path.is_file() and path.read_bytes()[-1:] not in (b"", b"\n")
    handle = os.open(path, flags, PRIVATE)
    with open(handle, "a", encoding="utf-8", errors="replace") as log:
        log.write("\n" * cut_short + json.dumps(line, ensure_ascii=False) + "\n")
        log.flush()
        os.fsync(log.fileno())


def runs(schedule: Schedule) -> list[Run]:
    """Return the runs since the schedule was installed, in order."""
    found: list[Run] = []
    for line in _lines(schedule.file(LOG)):
        at = moment(line.get("at"))
        if at is None or at < moment(schedule.installed_at):
            continue
        if line.get("event") == STARTED:
            found.append(Run(line.get("month", ""), at))
        elif found and found[-1].finished is None:
            found[-1] = _ended(found[-1], at, line)
    return found


def _ended(run: Run, at: datetime, line: dict) -> Run:
    return Run(
        month=run.month,
        started=run.started,
        finished=at,
        status=line.get("status", ""),
        exit_code=line.get("exit_code"),
        failed=line.get("failed", []),
        message=line.get("message", ""),
    )


def _lines(path: Path) -> Iterator[dict]:
    """Yield the log's objects; a line that a crash cut short is passed over."""
    text = path.read_text("utf-8", errors="replace") if path.is_file() else ""
    for line in text.splitlines():
        try:
            cells = json.loads(line)
        except ValueError:
            continue
        if isinstance(cells, dict):
            yield cells


def moment(text: str | None) -> datetime | None:
    """Return a moment from text; one that names no zone is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def outcome(out: str | Path, month: str) -> Outcome:
    """Return how a month stands: by its manifest, for the rest by their records.

    The last run may have been over some districts only; of those it knows best.
    """
    folder = Path(out) / month
    manifest = _object(folder / MANIFEST)
    return Outcome(
        reports=_recorded(folder, month) | _told(manifest),
        finished=moment(manifest.get("finished")),
    )


def _recorded(folder: Path, month: str) -> dict[str, Report]:
    records = [_object(path) for path in sorted(folder.glob("*.json"))]
    return {
        str(one["district"]): Report(one.get("status", ""), one.get("fingerprint", ""))
        for one in records
        if one.get("month") == month and "district" in one
    }


def _told(manifest: dict) -> dict[str, Report]:
    data = manifest.get("fingerprint", "")
    by_district = _by_district(manifest.get("reports"))
    return {name: Report(status, data) for name, status in by_district.items()}


def _object(path: Path) -> dict:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _by_district(reports: dict | list | None) -> dict[str, str]:
    """Return the status of each district, however the manifest lists them."""
    if isinstance(reports, dict):
        reports = [{"district": key} | _cells(value) for key, value in reports.items()]
    cells = [report for report in reports or [] if isinstance(report, dict)]
    return {str(one.get("district")): one.get("status", "") for one in cells}


def _cells(value: dict | str) -> dict:
    return value if isinstance(value, dict) else {"status": value}
