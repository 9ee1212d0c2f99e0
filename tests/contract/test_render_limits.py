"""What a limit ends is wholly ended, a full disk is told, no code is a path."""

import json

import nbformat
import pandas as pd
import pytest
import stand_in
import troubled
from troubled import MONTH, render, wait_for

import anomaly
from anomaly.briefs.manifest import read_manifest
from anomaly.briefs.probe import probe
from anomaly.briefs.record import RunRecord
from anomaly.briefs.template import own_parameters
from anomaly.cli.brief import time_left
from anomaly.errors import UsageError

# The file that is written next lies on a device that is always full.
FULL = """
import pathlib
told = pathlib.Path(trouble, district)
if told.exists():
    folder = pathlib.Path(trouble).parent / "out" / month
    (folder / f".{district}{told.read_text()}.part").symlink_to("/dev/full")
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return the making of a home: a store of districts, a template, their troubles."""

    def make(troubles: dict[str, str], cell: str = ""):
        troubled.site(tmp_path, monkeypatch)
        troubled.make_store(tmp_path, {d: f"测试区{d[-2:]}" for d in troubles})
        path = troubled.template(tmp_path)
        if cell:
            notebook = nbformat.read(path, as_version=4)
            notebook.cells[1].source = cell
            nbformat.write(notebook, path)
        (tmp_path / "trouble").mkdir()
        for district, what in troubles.items():
            if what:
                (tmp_path / "trouble" / district).write_text(what)
        return tmp_path

    return make


def test_a_kernel_is_ended_with_its_report(home):
    # Its one long operation lets no other thread of it look after its parent.
    cell = troubled.CELL.replace("time.sleep(600)", "7 ** (10 ** 10)")
    folder = home({"990101": "hangs"}, cell)
    (record,) = render(folder, engine="kernel", timeout=40, retries=0)
    pid = int((folder / "trouble" / "pid-990101").read_text())
    # It leads a session of its own, and is gone all the same.
    wait_for(lambda: not troubled.alive(pid), 5)
    assert record.status == "timed out"


def test_a_full_disk_is_told_and_a_rerun_completes(home):
    folder = home({"990101": ".json", "990102": ".html", "990103": ""}, FULL)
    records = {record.district: record for record in render(folder, timeout=60)}
    assert [record.status for record in records.values()] == [
        "failed",
        "failed",
        "done",
    ]
    out = folder / "out" / MONTH
    # What has no record is never taken for done, though its files lie there.
    assert "record could not be written (No space" in records["990101"].error
    assert not (out / "990101.json").exists()
    told = json.loads((out / "990102.json").read_text("utf-8"))
    assert "No space left on device" in told["error"]
    assert len(told["attempts"]) == 2
    assert not (out / "990102.html").exists()
    manifest = read_manifest(out)
    assert manifest["status"] == "failed"
    assert manifest["reports"]["990101"]["status"] == "failed"
    for trouble in (folder / "trouble").iterdir():
        trouble.unlink()
    again = {record.district: record for record in render(folder, timeout=60)}
    assert all(record.done for record in again.values())
    assert [d for d, record in again.items() if record.fresh] == ["990103"]


def test_a_code_that_is_a_path_is_refused_before_it_names_a_file(tmp_path, monkeypatch):
    def open_store(path):
        store = stand_in.open_store(path)
        frame = pd.DataFrame({"district": ["../escaped"], "name": ["区"]})
        store.districts = lambda: frame
        return store

    monkeypatch.setattr(anomaly, "open_store", open_store, raising=False)
    (tmp_path / "kept").mkdir()
    (tmp_path / "own.ipynb").write_text("")
    job = {"store": "bare", "month": MONTH, "language": "zh", "districts": []}
    job |= {"kept": str(tmp_path / "kept"), "folder": str(tmp_path / "kept")}
    job |= {"template": str(tmp_path / "own.ipynb"), "force": True}
    job |= {"parameters": {"store": "bare", "month": MONTH, "language": "zh"}}
    with pytest.raises(UsageError, match="letters and digits"):
        probe(job)
    assert {path.name for path in tmp_path.iterdir()} == {"kept", "own.ipynb"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-0.5", -0.5),
        ("true", True),
        ("007", "007"),
        ("1_000", "1_000"),
        ("nan", "nan"),
        ("１２", "１２"),
        ("__import__('os')", "__import__('os')"),
        ("a=b\n", "a=b\n"),
    ],
)
def test_a_parameter_is_what_it_looks_like(text, value):
    found = own_parameters([f"top={text}"])["top"]
    assert found == value
    assert type(found) is type(value)


def record(fresh: bool, *seconds: float) -> RunRecord:
    attempts = [{"seconds": one} for one in seconds]
    facts = ("990101", MONTH, "done", "", "", "fork", {}, "", 0.0)
    return RunRecord(*facts, attempts=attempts, fresh=fresh)


def test_time_left_counts_every_try_and_nothing_that_was_kept():
    kept, made = record(True, 50), [record(False, 2), record(False, 3, 3)]
    assert time_left([kept], 9, 2) == 0
    assert time_left([kept, *made], 9, 2) == 6 * 4 / 2
