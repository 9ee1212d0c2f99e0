"""The process that reports are forked from: `python -m anomaly.briefs.server`.

It imports everything once, opens no store, no connection and no thread pool, and
forks one child for each job. Requests come as JSON lines on standard input,
answers go as one JSON line each to standard output, in the order they are done.
"""

import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from anomaly.briefs.memory import family, resident_mb

PRELOADED = (
    "anomaly",
    "anomaly.briefs.engine",
    "anomaly.briefs.report",
    "nbconvert",
    "papermill",
    "scipy.optimize",
    "scipy.stats",
    "sklearn.ensemble",
    "sklearn.neighbors",
    "typst",
    "xlsxwriter",
)
DONE = object()
TAIL = 800  # characters of a dead child's last words kept in the record


# How often a child's memory is looked at; a look costs a few milliseconds.
GLANCE = 0.25
# Errors that may be gone at the next try: no space, no memory, a kernel that died.
PASSING = ("OSError", "MemoryError", "DeadKernelError", "BlockingIOError")


@dataclass
class Child:
    """A forked report: where its answer comes from and when its time is up.

    ``tried`` holds what became of the job's earlier attempts.
    """

    job: dict
    pid: int
    answers: int
    log: Path
    started: float
    begun: str
    deadline: float
    tried: list


def main() -> None:
    """Answer requests until there are no more; children never outlive this process.

    The first request is the probe: it starts before everything is imported here,
    and runs meanwhile.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    # Ended by its asker, it ends its children first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    running: dict[int, Child] = {}
    try:
        for line in sys.stdin:
            for answer in serve(json.loads(line), running):
                answers.write(json.dumps(answer, ensure_ascii=False) + "\n")
                answers.flush()
    except (BrokenPipeError, OrphanedError):
        sys.stderr.close()  # nobody is listening any more
    finally:
        for child in running.values():
            _kill(child)


class OrphanedError(Exception):
    """Whoever asked is gone."""


def preload() -> Iterator[None]:
    """Import what every report needs, read fonts and page templates, in steps."""
    for module in PRELOADED:
        import_module(module)
        yield
    from nbformat.v4 import new_notebook

    from anomaly import briefs, plots
    from anomaly.briefs import html

    for name in briefs.__all__:
        getattr(briefs, name)
    yield
    picture, (ax, *_) = plots.canvas(60, 40)
    ax.set_title("字")
    picture.png()
    plots.missing_glyphs(["字"])
    yield
    html.to_html(new_notebook(), "", "zh")


def serve(request: dict, running: dict[int, Child]):
    """Yield one answer a job; at most `workers` children run at once.

    A job whose failure may pass is tried again, `retries` times at most, after all
    that wait.
    """
    waiting = [(job, []) for job in request["jobs"]]
    steps = preload() if request.get("preload") else iter(())
    asker = os.getppid()
    while waiting or running:
        while waiting and len(running) < request["workers"]:
            child = start(*waiting.pop(0), request["timeout"])
            running[child.answers] = child
        busy = next(steps, DONE) is None  # one step, then see who is ready
        ready = _wait(running, busy)
        if os.getppid() != asker:
            raise OrphanedError
        for answer in _answers(ready, running, request.get("memory_mb", 0)):
            if answer["passing"] and len(answer["attempts"]) <= request["retries"]:
                waiting.append((answer["job"], answer["attempts"]))
            else:
                yield {k: v for k, v in answer.items() if k not in ("job", "passing")}
    for _ in steps:
        pass


def _answers(ready: list[int], running: dict[int, Child], memory_mb: float):
    """Yield what became of children that are done, too slow or too large."""
    for descriptor in ready:
        yield _finish(running.pop(descriptor))
    for child in list(running.values()):
        late = child.deadline <= time.monotonic()
        size = resident_mb(child.pid) if memory_mb and not late else 0.0
        if late or size > memory_mb:
            running.pop(child.answers)
            yield _stop(child, _too_slow(child) if late else _too_large(size))


def _too_slow(child: Child) -> dict:
    seconds = child.deadline - child.started
    error = f"no result after {seconds:,.0f} seconds; the worker was ended"
    return {"status": "timed out", "error": error}


def _too_large(size: float) -> dict:
    error = f"{size:,.0f} MB in use, more than allowed; the worker was ended"
    return {"status": "out of memory", "error": error, "reached_mb": round(size, 1)}


def start(job: dict, tried: list, timeout: float) -> Child:
    """Fork a child for one job; it leads a process group of its own."""
    reader, writer = os.pipe()
    log = Path(job["log"])
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _child(job, writer, log)
    os.close(writer)
    return Child(job, pid, reader, log, started, begun, started + timeout, tried)


def _child(job: dict, writer: int, log: Path) -> None:
    """Do the job, answer, and leave without the parent's clean-up."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        target = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        os.dup2(target, 1)
        os.dup2(target, 2)
        answer = run_job(job)
        with os.fdopen(writer, "w", encoding="utf-8") as stream:
            json.dump(answer, stream, ensure_ascii=False)
        code = 0
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def run_job(job: dict) -> dict:
    """Return what the job gave, or its error in words."""
    from anomaly.briefs.probe import probe
    from anomaly.briefs.report import make_report
    from anomaly.errors import AnomalyError

    work = {"probe": probe, "report": make_report}[job["kind"]]
    try:
        result = {"status": "done", **work(job)}
    except Exception as error:
        with suppress(OSError):  # a full disk takes no log either
            traceback.print_exc()
        kinds = {type(error).__name__, getattr(error, "ename", "")}
        result = {
            "status": "failed",
            "refused": isinstance(error, AnomalyError),
            "error": _in_words(error),
            "passing": isinstance(error, OSError) or bool(kinds & set(PASSING)),
        }
    return result | {"peak_mb": _peak_mb()}


def _in_words(error: Exception) -> str:
    """Return the error in one line; of a notebook's error, the cell's own."""
    name = getattr(error, "ename", type(error).__name__)
    text = getattr(error, "evalue", str(error))
    line = " ".join(str(text).split()) or "no message"
    return f"{name}: {line}"


def _peak_mb() -> float:
    """Return the largest resident size of this process or of a kernel it ran."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return round(max(resource.getrusage(w).ru_maxrss for w in who) / 1024, 1)


def _wait(running: dict[int, Child], busy: bool) -> list[int]:
    nearest = min(child.deadline for child in running.values())
    left = max(0.0, nearest - time.monotonic())
    patience = 0.0 if busy else min(left, GLANCE)
    return select.select(list(running), [], [], patience)[0]


def _finish(child: Child) -> dict:
    """Read a child's answer; a child that died without one has failed."""
    with os.fdopen(child.answers, encoding="utf-8") as stream:
        text = stream.read()
    _, status = os.waitpid(child.pid, 0)
    if text:
        return _answer(child, json.loads(text))
    code = os.waitstatus_to_exitcode(status)
    words = (
        child.log.read_text("utf-8", "replace")[-TAIL:] if child.log.exists() else ""
    )
    error = f"the worker ended with code {code}: {' '.join(words.split())}"
    return _answer(child, {"status": "failed", "error": error, "passing": True})


def _stop(child: Child, why: dict) -> dict:
    """End a child whose time or memory is up, with all that it started."""
    _kill(child)
    os.close(child.answers)
    return _answer(child, {**why, "passing": True})


def _kill(child: Child) -> None:
    """End a child with its group and its descendants: a kernel leads its own."""
    descendants = family(child.pid)[1:]
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    for pid in (child.pid, *descendants):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    os.waitpid(child.pid, 0)


def _answer(child: Child, result: dict) -> dict:
    seconds = round(time.monotonic() - child.started, 3)
    attempt = {
        "status": result["status"],
        "seconds": seconds,
        "error": result.get("error", ""),
    }
    return {
        "kind": child.job["kind"],
        "job": child.job,
        "district": child.job.get("district", ""),
        "started": child.begun,
        "seconds": seconds,
        "attempts": [*child.tried, attempt],
        "refused": False,
        "passing": False,
        **result,
    }


if __name__ == "__main__":
    main()
