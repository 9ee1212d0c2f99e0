"""Briefs for many districts: files, records, failures, and both engines."""

import json
import os
import re
from pathlib import Path

import nbformat
import pytest
import stand_in

import anomaly
from anomaly.briefs import render_briefs
from anomaly.briefs.probe import probe
from anomaly.briefs.template import template_path
from anomaly.errors import UsageError

SITE = """
import sys
sys.path.insert(0, {tests!r})
import anomaly


def open_store(path):
    import stand_in

    return stand_in.open_store(path)


anomaly.open_store = open_store
"""


@pytest.fixture(scope="module", autouse=True)
def _stand_in_store(tmp_path_factory):
    """Let every Python that is started from here open the stand-in store."""
    site = tmp_path_factory.mktemp("site")
    tests = str(Path(__file__).parents[1])
    (site / "sitecustomize.py").write_text(SITE.format(tests=tests))
    with pytest.MonkeyPatch.context() as patch:
        paths = [str(site), os.environ.get("PYTHONPATH", "")]
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One run over a sound district and one whose data are broken."""
    folder = tmp_path_factory.mktemp("briefs")
    seen = []
    records = render_briefs(
        folder / "broken-store",
        month="2026-05",
        districts=["990999", "990102"],
        out=folder / "out",
        progress=seen.append,
    )
    return folder / "out" / "2026-05", records, seen


def test_a_district_has_its_five_files(run):
    folder, records, _ = run
    names = {path.name for path in folder.iterdir() if path.stem == "990102"}
    suffixes = ("pdf", "xlsx", "html", "ipynb", "json")
    assert names == {f"990102.{suffix}" for suffix in suffixes}
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert records[1].done


def test_a_failing_district_is_recorded_and_stops_no_other(run):
    folder, records, seen = run
    assert [record.district for record in records] == ["990999", "990102"]
    assert {record.district for record in seen} == {"990999", "990102"}
    failed = json.loads((folder / "990999.json").read_text("utf-8"))
    assert failed["status"] == "failed"
    assert failed["error"] == "ValueError: the partition is damaged"
    assert failed["files"] == []
    assert not (folder / "990999.pdf").exists()


def test_the_record_says_what_was_run(run):
    _, records, _ = run
    record = records[1].as_dict()
    assert record["status"] == "done"
    assert record["fingerprint"] == "3f9a7c0d51be4e22"
    assert record["rows"]["settlement"] == {"read": 1203400, "accepted": 1203377}
    assert record["parameters"]["district"] == "990102"
    assert record["seconds"] > 0
    assert record["error"] == ""


def test_the_notebook_holds_its_outputs_and_the_page_stands_alone(run):
    folder, _, _ = run
    notebook = nbformat.read(folder / "990102.ipynb", as_version=4)
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert {"text/html", "image/png"} <= kinds
    page = (folder / "990102.html").read_text("utf-8")
    assert "甲测试区" in page
    # Code stands in closed folds only.
    opened = re.sub(r"<details class=.code.>.*?</details>", "", page, flags=re.S)
    assert "open_store" in page
    assert "open_store" not in opened
    assert "<details open" not in page
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_a_kernel_gives_the_same_pdf(run, tmp_path):
    folder, _, _ = run
    (record,) = render_briefs(
        tmp_path / "store",
        month="2026-05",
        districts=["990102"],
        out=tmp_path,
        engine="kernel",
    )
    assert record.done, record.error
    made = (tmp_path / "2026-05" / "990102.pdf").read_bytes()
    assert made == (folder / "990102.pdf").read_bytes()


def test_a_report_that_takes_too_long_is_ended(tmp_path):
    notebook = nbformat.read(template_path(), as_version=4)
    notebook.cells[3:] = [nbformat.v4.new_code_cell("import time; time.sleep(99)")]
    nbformat.write(notebook, tmp_path / "slow.ipynb")
    (record,) = render_briefs(
        tmp_path / "store",
        month="2026-05",
        districts=["990102"],
        out=tmp_path,
        timeout=1,
        template=tmp_path / "slow.ipynb",
    )
    assert record.status == "timed out"
    assert "1 seconds" in record.error
    names = {path.name for path in (tmp_path / "2026-05").iterdir()}
    assert names == {"990102.json", "manifest.json"}


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"month": "2031-01"}, "2024-06 to 2026-05"),
        ({"language": "fr"}, "zh, en"),
        ({"engine": "thread"}, "fork, kernel"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(tmp_path, wrong, expected):
    options = {"month": "2026-05", "districts": ["990102"], "out": tmp_path / "out"}
    with pytest.raises(UsageError, match=expected):
        render_briefs(tmp_path / "store", **options | wrong)
    assert not (tmp_path / "out").exists()


def test_the_probe_refuses_what_the_store_does_not_know(tmp_path, monkeypatch):
    monkeypatch.setattr(anomaly, "open_store", stand_in.open_store, raising=False)
    job = {"store": "plain", "month": "2026-05", "language": "zh"}
    job |= {"kept": str(tmp_path), "districts": ["110000"], "force": True}
    with pytest.raises(UsageError, match="one of 990102"):
        probe(job)


def test_a_template_without_our_parameters_is_refused(tmp_path):
    notebook = nbformat.v4.new_notebook()
    cell = nbformat.v4.new_code_cell("stroe = ''", metadata={"tags": ["parameters"]})
    notebook.cells = [cell]
    nbformat.write(notebook, tmp_path / "odd.ipynb")
    with pytest.raises(UsageError, match="no parameter 'store'"):
        render_briefs(
            tmp_path, month="2026-05", out=tmp_path, template=tmp_path / "odd.ipynb"
        )
