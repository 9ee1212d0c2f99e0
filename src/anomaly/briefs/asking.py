"""The line to the process that forks: requests go there, answers come back."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from anomaly.errors import StoreError

# One thread a library: reports share the machine, and a fork must find no pools.
SINGLE = ("OMP", "OPENBLAS", "MKL", "NUMEXPR")


@contextmanager
def server() -> Iterator[Callable[[dict], Iterator[dict]]]:
    """Start the process that forks; yield what asks it, one answer a job."""
    command = [sys.executable, "-m", "anomaly.briefs.server"]
    with subprocess.Popen(  # noqa: S603 our own interpreter and module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
        text=True,
        encoding="utf-8",
        start_new_session=True,  # Ctrl-C is ours to pass on
    ) as process:
        try:
            yield partial(_ask, process)
        finally:
            process.terminate()


def _ask(process: subprocess.Popen, request: dict) -> Iterator[dict]:
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    for left in range(len(request["jobs"]), 0, -1):
        line = process.stdout.readline()
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
