"""One measurement a process: CPU seconds of its threads, wall, resident memory."""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("duckdb", "polars", "pandas", "pyarrow")


def say_machine() -> None:
    """Print what the figures were measured on."""
    print(f"{platform.machine()}, {os.cpu_count()} cores", end="")
    print(f", Python {platform.python_version()}", end="")
    for name in PACKAGES:
        try:
            print(f", {name} {version(name)}", end="")
        except PackageNotFoundError:
            print(f", no {name}", end="")
    print(flush=True)


def measured(way: str, folder: Path) -> dict[str, float]:
    """Run one way in a process of its own; return what it took."""
    command = [sys.executable, str(Path(__file__).parent), "alone", str(folder)]
    done = subprocess.run(
        [*command, "--way", way], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def say_cost_of(work: Callable[[], None]) -> None:
    """Run in this process; print CPU, wall and peak memory as JSON."""
    start, cpu = time.perf_counter(), time.process_time()
    work()
    found = {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - start,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


def say(way: str, runs: list[dict[str, float]]) -> None:
    """Print the medians of some runs."""
    middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    print(
        f"{way:24} cpu {middle['cpu']:8.1f} s  wall {middle['wall']:8.1f} s"
        f"  peak {middle['peak']:7,.0f} MB",
        flush=True,
    )


def say_ratios(ours: list[dict], theirs: list[dict], other: str) -> None:
    """Print our runs over another's, pair by pair."""
    for key in ("cpu", "wall"):
        pairs = zip(ours, theirs, strict=True)
        each = sorted(own[key] / their[key] for own, their in pairs)
        text = ", ".join(f"{ratio:.2f}" for ratio in each)
        print(f"  ours over {other}, {key}: {statistics.median(each):.2f} ({text})")
