"""Briefs for many districts: check first, then one process a report."""

import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from anomaly.briefs.asking import server
from anomaly.briefs.manifest import Manifest
from anomaly.briefs.record import DONE, FAILED, RunRecord, clear, clear_unfinished
from anomaly.briefs.template import check_parameters, template_path
from anomaly.briefs.wording import LANGUAGES
from anomaly.errors import StoreError, UsageError
from anomaly.periods import MonthLike, month_text

ENGINES = ("fork", "kernel")
TIMEOUT = 900.0
MEMORY_MB = 2048.0
RETRIES = 1
PROBE_TIMEOUT = 6 * 3600.0  # it may have to build months of a whole city


def render_briefs(
    store_path: str | Path,
    *,
    month: MonthLike,
    districts: Sequence[str] = (),
    out: str | Path,
    language: str = "zh",
    workers: int = 2,
    engine: str = "fork",
    progress: Callable[[RunRecord], None] | None = None,
    timeout: float = TIMEOUT,
    memory_mb: float = MEMORY_MB,
    retries: int = RETRIES,
    force: bool = False,
    template: str | Path | None = None,
    parameters: dict | None = None,
) -> list[RunRecord]:
    """Write OUT/MONTH/DISTRICT.pdf, .xlsx, .html, .ipynb and .json, and manifest.json.

    Parameters
    ----------
    store_path, out : folders; ``out`` is made where it is absent
    month : 'YYYY-MM' or a date in the month
    districts : six-digit codes; none means every district of the store
    language : {'zh', 'en'}
    workers : reports made at the same time
    engine : 'fork' runs cells in a forked process, 'kernel' in a Jupyter kernel each
    progress : called with each record as soon as its report is done
    timeout, memory_mb : seconds, and resident MB (0: any), above which it is ended
    retries : tries more after what may pass: a worker that died, a full disk
    force : make also what lies there as it would be made (``fresh``)
    template, parameters : a notebook of one's own, and what it takes beside ours

    Returns one record a district, in the order asked for. A district that fails is
    recorded so and never stops the others. Raises UsageError, before any report is
    made, for an unknown month, district, language, engine or parameter.
    """
    _check_choices(language, engine, workers)
    month, store = month_text(month), str(Path(store_path).resolve())
    source = (Path(template) if template else template_path()).resolve()
    told = {"store": store, "month": month, "language": language, **(parameters or {})}
    check_parameters(source, {**told, "district": "", "out": ""})
    folder = Path(out).resolve() / month
    with (
        tempfile.TemporaryDirectory(prefix="anomaly-briefs-") as kept,
        server() as ask,
    ):
        common = {
            "template": str(source),
            "engine": engine,
            "folder": str(folder),
            "kept": kept,
        }
        asked = {"districts": list(districts), "force": force, "parameters": told}
        known = _probe(told | common | asked, ask)
        check_out(folder)
        run = _Run(folder, common, told, known, progress)
        limits = {"workers": workers, "timeout": timeout, "retries": retries}
        return run.make(ask, limits | {"memory_mb": memory_mb})


@dataclass
class _Run:
    """One run over the districts that the probe has found."""

    folder: Path
    common: dict
    parameters: dict
    known: dict
    progress: Callable[[RunRecord], None] | None

    def make(self, ask: Callable, limits: dict) -> list[RunRecord]:
        """Make what is stale, keep what is fresh; return all records in order."""
        manifest = self._manifest(limits)
        jobs = self._jobs()
        records = {}
        try:
            with _terminable():
                for record in chain(self._kept(), self._made(ask, jobs, limits)):
                    records[record.district] = record
                    manifest.tell(record)
                    if self.progress is not None:
                        self.progress(record)
        except BaseException as error:
            manifest.end(interrupted=not isinstance(error, Exception))
            for job in jobs:
                clear_unfinished(self.folder, job["district"])
            raise
        manifest.end()
        return [records[district] for district in self.known["names"]]

    def _manifest(self, limits: dict) -> Manifest:
        header = {
            "month": self.parameters["month"],
            "language": self.parameters["language"],
            "template": Path(self.common["template"]).name,
            "engine": self.common["engine"],
            **limits,
            "fingerprint": self.known["fingerprint"],
            "code_version": self.known["code_version"],
        }
        return Manifest(self.folder, header, list(self.known["names"]))

    def _jobs(self) -> list[dict]:
        stale = [d for d in self.known["names"] if d not in self.known["fresh"]]
        for district in stale:
            clear_unfinished(self.folder, district)
        return [
            self.common
            | {
                "kind": "report",
                "district": district,
                "title": f"{self.known['names'][district]} {self.parameters['month']}",
                "parameters": self.parameters | {"district": district},
                "log": f"{self.common['kept']}/{district}.log",
            }
            for district in stale
        ]

    def _kept(self) -> Iterator[RunRecord]:
        for record in self.known["fresh"].values():
            yield RunRecord(**record | {"fresh": True})

    def _made(self, ask, jobs: list[dict], limits: dict) -> Iterator[RunRecord]:
        if not jobs:
            return
        by_district = {job["district"]: job for job in jobs}
        for answer in ask({"jobs": jobs} | limits):
            yield self._recorded(by_district[answer["district"]], answer)

    def _recorded(self, job: dict, answer: dict) -> RunRecord:
        """Write the record of one answer; what has no record is not done."""
        told = ("status", "started", "seconds", "attempts")
        extra = {name: answer[name] for name in told}
        record = RunRecord(
            district=job["district"],
            month=self.parameters["month"],
            fingerprint=self.known["fingerprint"],
            code_version=self.known["code_version"],
            engine=job["engine"],
            parameters=job["parameters"],
            peak_mb=answer.get("peak_mb", answer.get("reached_mb", 0.0)),
            rows=self.known["rows"],
            files=answer.get("files", []),
            error=answer.get("error", ""),
            key=self.known["keys"][job["district"]],
            sha256=answer.get("sha256", {}),
            **extra,
        )
        try:
            if "peak_mb" not in answer:  # it ended before it could tidy up
                clear(self.folder, record.district)
            record.write(self.folder / f"{record.district}.json")
        except OSError as error:
            words = f"the record could not be written ({error.strerror})"
            error = "; ".join(filter(None, (record.error, words)))
            status = FAILED if record.done else record.status
            record = replace(record, status=status, error=error)
        return record


def check_out(folder: Path) -> None:
    """Make the folder for the briefs; UsageError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"out: found '{folder}', which cannot be made ({error.strerror})",
            expected="a folder that can be written",
        ) from None


def _check_choices(language: str, engine: str, workers: int) -> None:
    for name, value, allowed in (
        ("language", language, LANGUAGES),
        ("engine", engine, ENGINES),
    ):
        if value not in allowed:
            raise UsageError(
                f"{name}: found '{value}'", expected=f"one of {', '.join(allowed)}"
            )
    if workers < 1:
        raise UsageError(f"workers: found {workers}", expected="1 or more")


def _probe(asked: dict, ask: Callable) -> dict:
    job = asked | {"kind": "probe", "log": f"{asked['kept']}/probe.log"}
    request = {"jobs": [job], "workers": 1, "timeout": PROBE_TIMEOUT, "retries": 0}
    (answer,) = ask(request | {"preload": True})
    if answer["status"] == DONE:
        return answer
    words = answer["error"].partition(": ")[2] if answer["refused"] else answer["error"]
    raise (UsageError if answer["refused"] else StoreError)(words)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end a run as Ctrl-C does: children ended, the manifest told."""

    def interrupt(*_) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread: signals are somebody else's
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
