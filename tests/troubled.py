"""Runs in which reports die, hang, swell or find the disk full, on a stand-in store."""

import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from anomaly.briefs import render_briefs

MONTH = "2026-05"
SITE = """
import sys
sys.path.insert(0, {tests!r})
import anomaly


def open_store(path):
    import troubled

    return troubled.open_store(path)


anomaly.open_store = open_store
"""
PARAMETERS = """store = ""
district = ""
month = ""
language = "zh"
out = ""
trouble = ""
"""
# What a file named after the district, in the folder of troubles, does to its report.
CELL = """
import os, pathlib, resource, signal, time
told = pathlib.Path(trouble, district)
pathlib.Path(trouble, "pid-" + district).write_text(str(os.getpid()))
what = told.read_text() if told.exists() else ""
if what == "dies once":
    told.unlink()
if what.startswith("dies"):
    os.kill(os.getpid(), signal.SIGKILL)
if what == "hangs":
    time.sleep(600)
if what == "swells":
    kept = bytearray(os.urandom(1) * 700_000_000)
    time.sleep(600)
if what == "finds no space":
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
if what == "is wrong":
    raise ValueError("the partition is damaged")
"""


def open_store(path):
    """Return the stand-in, its districts those of the file `names` beside it."""
    import json

    import pandas as pd
    import stand_in

    store = stand_in.open_store("bare")
    names = json.loads(Path(path, "names").read_text("utf-8"))
    frame = pd.DataFrame({"district": list(names), "name": list(names.values())})
    store.districts = lambda: frame
    return store


def site(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Let every Python that is started from here open the stand-in."""
    tests = str(Path(__file__).parent)
    (folder / "sitecustomize.py").write_text(SITE.format(tests=tests))
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))


def template(folder: Path) -> Path:
    """Write a small notebook of an analyst's own that meets the troubles."""
    cells = [nbformat.v4.new_code_cell(PARAMETERS), nbformat.v4.new_code_cell(CELL)]
    cells[0].metadata.tags = ["parameters"]
    cells.append(nbformat.v4.new_code_cell("district, month"))
    path = folder / "own.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def make_store(folder: Path, names: dict[str, str]) -> Path:
    import json

    store = folder / "store"
    store.mkdir()
    (store / "names").write_text(json.dumps(names), "utf-8")
    return store


def render(folder: Path, **options):
    """Render the districts of the store in a folder; limits are short."""
    limits = {"timeout": 4, "memory_mb": 700, "month": MONTH, "workers": 2}
    return render_briefs(
        folder / "store",
        out=folder / "out",
        template=folder / "own.ipynb",
        parameters={"trouble": str(folder / "trouble")},
        **limits | options,
    )


def started(folder: Path) -> subprocess.Popen:
    """Start the same run in a process of its own."""
    code = f"import pathlib, troubled; troubled.render(pathlib.Path({str(folder)!r}))"
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join(
            [os.environ["PYTHONPATH"], str(Path(__file__).parent)]
        )
    }
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for(what, seconds: float = 60.0) -> None:
    """Wait until something holds; fail where it does not within a minute."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
