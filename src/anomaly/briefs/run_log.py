"""What became of a schedule's runs: its log, and what stands in the output folder."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from anomaly.briefs.record import DONE, FAILED
from anomaly.briefs.schedule import PRIVATE, Schedule

LOG = ".log.jsonl"
MANIFEST = "manifest.json"
STARTED, FINISHED = "started", "finished"


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
class Outcome:
    """How a month's briefs stand in their folder; ``whole`` where a manifest says."""

    status: str = ""
    fingerprint: str = ""
    failed: list[str] = field(default_factory=list)
    districts: list[str] = field(default_factory=list)
    finished: datetime | None = None
    whole: bool = False

    @property
    def done(self) -> bool:
        return self.status == DONE


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
    """Return how a month stands: by its manifest, else by its districts' records."""
    folder = Path(out) / month
    manifest = _object(folder / MANIFEST)
    if manifest:
        return _whole(manifest)
    records = [
        record
        for path in sorted(folder.glob("*.json"))
        if (record := _object(path)).get("month") == month and "district" in record
    ]
    return _pieced(records) if records else Outcome()


def _object(path: Path) -> dict:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _whole(manifest: dict) -> Outcome:
    by_district = _by_district(manifest.get("reports"))
    return Outcome(
        status=manifest.get("status", ""),
        fingerprint=manifest.get("fingerprint", ""),
        failed=_failed(by_district),
        districts=list(by_district),
        finished=moment(manifest.get("finished")),
        whole=True,
    )


def _by_district(reports: dict | list | None) -> dict[str, str]:
    """Return the status of each district, however the manifest lists them."""
    if isinstance(reports, dict):
        reports = [{"district": key} | _cells(value) for key, value in reports.items()]
    cells = [report for report in reports or [] if isinstance(report, dict)]
    return {str(one.get("district")): one.get("status", "") for one in cells}


def _cells(value: dict | str) -> dict:
    return value if isinstance(value, dict) else {"status": value}


def _pieced(records: list[dict]) -> Outcome:
    by_district = {str(one["district"]): one.get("status", "") for one in records}
    prints = {record.get("fingerprint", "") for record in records}
    failed = _failed(by_district)
    return Outcome(
        status=FAILED if failed else DONE,
        fingerprint=prints.pop() if len(prints) == 1 else "",
        failed=failed,
        districts=list(by_district),
    )


def _failed(by_district: dict[str, str]) -> list[str]:
    return [name for name, status in by_district.items() if status != DONE]
