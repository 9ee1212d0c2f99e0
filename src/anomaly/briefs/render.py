"""Briefs for many districts: check first, then one process a report."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from anomaly.briefs.record import DONE, RunRecord, clear
from anomaly.briefs.template import check_parameters, template_path
from anomaly.briefs.wording import LANGUAGES
from anomaly.errors import StoreError, UsageError
from anomaly.periods import MonthLike, month_text

ENGINES = ("fork", "kernel")
TIMEOUT = 900.0
PROBE_TIMEOUT = 6 * 3600.0  # it may have to build months of a whole city
# One thread a library: reports share the machine, and a fork must find no pools.
SINGLE = ("OMP", "OPENBLAS", "MKL", "NUMEXPR")


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
    template: str | Path | None = None,
) -> list[RunRecord]:
    """Write OUT/MONTH/DISTRICT.pdf, .xlsx, .html, .ipynb and .json.

    Parameters
    ----------
    store_path : the store's folder
    month : 'YYYY-MM' or a date in the month
    districts : six-digit codes; none means every district of the store
    out : folder; made where it is absent
    language : {'zh', 'en'}
    workers : reports made at the same time
    engine : {'fork', 'kernel'}
        'fork' runs cells in a forked process; 'kernel' in a Jupyter kernel each.
    progress : called with each record as soon as its report is done
    timeout : seconds after which a report is ended and recorded as timed out
    template : a notebook with the same parameters, instead of our own

    Returns one record a district, in the order asked for. A district that fails is
    recorded so and never stops the others. Raises UsageError, before any report is
    made, for an unknown month, district, language or engine.
    """
    _check_choices(language, engine, workers)
    month, store = month_text(month), str(Path(store_path).resolve())
    source = Path(template) if template else template_path()
    parameters = {"store": store, "month": month, "language": language}
    check_parameters(source, {**parameters, "district": "", "out": ""})
    asked = parameters | {"districts": list(districts)}
    with (
        tempfile.TemporaryDirectory(prefix="anomaly-briefs-") as kept,
        _server() as ask,
    ):
        known = _probe(asked | {"kept": kept}, ask)
        folder = Path(out).resolve() / month
        check_out(folder)
        common = {
            "template": str(source.resolve()),
            "engine": engine,
            "folder": str(folder),
            "kept": kept,
        }
        jobs = _jobs(common, parameters, known["names"])
        request = {"jobs": jobs, "workers": workers, "timeout": timeout}
        records = _recorded(ask(request), jobs, known, folder, progress)
    return [records[district] for district in known["names"]]


def _jobs(common: dict, parameters: dict, names: dict[str, str]) -> list[dict]:
    return [
        common
        | {
            "kind": "report",
            "district": district,
            "title": f"{name} {parameters['month']}",
            "parameters": parameters | {"district": district},
            "log": f"{common['kept']}/{district}.log",
        }
        for district, name in names.items()
    ]


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
    request = {"jobs": [job], "workers": 1, "timeout": PROBE_TIMEOUT, "preload": True}
    (answer,) = ask(request)
    if answer["status"] == DONE:
        return answer
    words = answer["error"].partition(": ")[2] if answer["refused"] else answer["error"]
    raise (UsageError if answer["refused"] else StoreError)(words)


def _recorded(answers, jobs, known: dict, folder: Path, progress) -> dict:
    """Write a record for each answer as it comes; return them by district."""
    by_district = {job["district"]: job for job in jobs}
    records = {}
    for answer in answers:
        job = by_district[answer["district"]]
        record = RunRecord(
            district=job["district"],
            month=job["parameters"]["month"],
            status=answer["status"],
            fingerprint=known["fingerprint"],
            code_version=known["code_version"],
            engine=job["engine"],
            parameters=job["parameters"],
            started=answer["started"],
            seconds=answer["seconds"],
            peak_mb=answer.get("peak_mb", 0.0),
            rows=known["rows"],
            files=answer.get("files", []),
            error=answer.get("error", ""),
        )
        if "peak_mb" not in answer:  # the process ended before it could tidy up
            clear(folder, record.district)
        record.write(folder / f"{record.district}.json")
        records[record.district] = record
        if progress is not None:
            progress(record)
    return records


@contextmanager
def _server() -> Iterator[Callable[[dict], Iterator[dict]]]:
    """Start the process that forks; yield what asks it, one answer a job."""
    command = [sys.executable, "-m", "anomaly.briefs.server"]
    with subprocess.Popen(  # noqa: S603 our own interpreter and module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
        text=True,
        encoding="utf-8",
    ) as server:
        try:
            yield partial(_ask, server)
        finally:
            server.terminate()


def _ask(server: subprocess.Popen, request: dict) -> Iterator[dict]:
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()
    for left in range(len(request["jobs"]), 0, -1):
        line = server.stdout.readline()
        if not line:
            raise StoreError(f"{left} reports without an answer: the server ended")
        yield json.loads(line)


def _environment() -> dict[str, str]:
    """Return the environment of the server: our package, one thread a library."""
    package = str(Path(__file__).parents[2])
    paths = [package, os.environ.get("PYTHONPATH", "")]
    single = {f"{name}_NUM_THREADS": "1" for name in SINGLE}
    own = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "MPLBACKEND": "agg"}
    return os.environ | single | own
