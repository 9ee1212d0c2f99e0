"""What a whole run did, written from its first moment: MONTH/manifest.json."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from anomaly.briefs.record import DONE, RunRecord, write_whole

NAME = "manifest.json"
RUNNING, FAILED, INTERRUPTED = "running", "failed", "interrupted"


class Manifest:
    """The run's own account; a run that was killed leaves it saying running.

    ``problem`` is why it could not be written at last, '' where it could.
    """

    def __init__(self, folder: Path, header: dict, districts: list[str]) -> None:
        self.path = folder / NAME
        self.header = header
        self.reports = {district: {"status": "waiting"} for district in districts}
        self.started = _now()
        self.problem = ""
        self._write(RUNNING, "")
        if self.problem:  # what an earlier run said is not said of this one
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def tell(self, record: RunRecord) -> None:
        """Take in what became of one report."""
        self.reports[record.district] = {
            "status": record.status,
            "fresh": record.fresh,
            "attempts": len(record.attempts),
            "seconds": record.seconds,
            "peak_mb": record.peak_mb,
            "error": record.error,
            "sha256": record.sha256,
        }
        self._write(RUNNING, "")

    def end(self, interrupted: bool = False) -> None:
        """Say how the run ended: done only where every report is."""
        whole = all(one["status"] == DONE for one in self.reports.values())
        ended = DONE if whole else FAILED
        self._write(INTERRUPTED if interrupted else ended, _now())

    def _write(self, status: str, finished: str) -> None:
        told = self.header | {
            "started": self.started,
            "finished": finished,
            "status": status,
            "reports": self.reports,
        }
        text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        try:
            write_whole(self.path, text.encode())
            self.problem = ""
        except OSError as error:  # a full disk must not stop the reports
            self.problem = f"{self.path}: not written ({error.strerror})"


def read_manifest(folder: Path) -> dict | None:
    """Return the account of the last run into a folder, None where there is none."""
    try:
        return json.loads((folder / NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def untold(folder: Path) -> str:
    """Return why the manifest does not tell how a finished run ended, '' where it does.

    A disk that was full to the end leaves it absent, or saying that the run goes on.
    """
    told = read_manifest(folder)
    if told is None or told["status"] == RUNNING:
        return f"{folder / NAME} could not be written; it does not tell this run"
    return ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
