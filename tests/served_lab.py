"""A JupyterLab of our own, started as an analyst does and ended by its pid."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

PROGRAM = [sys.executable, "-c", "from anomaly.cli.main import main; main()", "lab"]
# Only against hanging: a server that is not up by then is ended, and its test fails.
READY_WITHIN = 120.0
ENDED_WITHIN = 30.0
# No proxy knows this machine's loopback.
DIRECT = build_opener(ProxyHandler({}))


@contextmanager
def served(store: Path, notebooks: Path, *options: str, **environment) -> Iterator:
    """Start `anomaly lab --json`; yield what it told and its process."""
    log = notebooks.parent / "lab.log"
    with log.open("w") as errors:
        asked = ["--store", store, "--notebooks", notebooks, "--no-browser", "--json"]
        process = subprocess.Popen(
            [*PROGRAM, *map(str, asked), *options],
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            text=True,
            env=os.environ | environment,
        )
    guard = Timer(READY_WITHIN, process.kill)
    guard.start()
    try:
        line = process.stdout.readline()
        guard.cancel()
        assert line, f"anomaly lab did not start: {log.read_text()}"
        yield json.loads(line), process
    finally:
        guard.cancel()
        end(process)


def end(process: subprocess.Popen) -> int:
    """End it as Ctrl-C does; return its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        return process.wait(ENDED_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    finally:
        process.stdout.close()


def ask(told: dict, path: str, token: str = "") -> tuple[int, bytes]:
    """Ask the server for a path; return the status and the answer."""
    head = {"Authorization": f"token {token}"} if token else {}
    address = f"http://127.0.0.1:{told['port']}{path}"
    try:
        with DIRECT.open(Request(address, headers=head), timeout=30) as answer:
            return answer.status, answer.read()
    except HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read()
