"""A run goes on whatever happens to one of its reports, and tells the truth of it."""

import json
import signal

import pytest
import troubled
from troubled import MONTH, render, wait_for

from anomaly.briefs.manifest import read_manifest

TROUBLES = {
    "990101": "",
    "990102": "dies once",
    "990103": "dies",
    "990104": "hangs",
    "990105": "swells",
    "990106": "finds no space",
    "990107": "is wrong",
    "990108": "",
}
WELL = {"990101", "990102", "990108"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A store of eight districts, five of them in trouble, rendered once."""
    folder = tmp_path_factory.mktemp("troubled")
    with pytest.MonkeyPatch.context() as patch:
        troubled.site(folder, patch)
        troubled.make_store(folder, {d: f"测试区{d[-2:]}" for d in TROUBLES})
        troubled.template(folder)
        (folder / "trouble").mkdir()
        for district, what in TROUBLES.items():
            if what:
                (folder / "trouble" / district).write_text(what)
        yield folder


@pytest.fixture(scope="module")
def run(home):
    return {record.district: record for record in render(home)}


def record_of(home, district) -> dict:
    return json.loads((home / "out" / MONTH / f"{district}.json").read_text("utf-8"))


def test_the_rest_land(home, run):
    assert {d for d, record in run.items() if record.done} == WELL
    for district in WELL:
        folder = home / "out" / MONTH
        names = {p.suffix for p in folder.glob(f"{district}.*")}
        # A notebook of one's own writes what it writes: here no brief, so no PDF.
        assert names == {".html", ".ipynb", ".json"}
        assert record_of(home, district)["files"] == [
            f"{district}.html",
            f"{district}.ipynb",
        ]


@pytest.mark.parametrize(
    ("district", "status", "attempts", "words"),
    [
        ("990103", "failed", 2, "ended with code -9"),
        ("990104", "timed out", 2, "no result after 4 seconds"),
        ("990105", "out of memory", 2, "more than allowed"),
        ("990106", "failed", 2, "File too large"),
        ("990107", "failed", 1, "ValueError: the partition is damaged"),
    ],
)
def test_each_record_says_what_happened(home, run, district, status, attempts, words):
    told = record_of(home, district)
    assert told == run[district].as_dict()
    assert told["status"] == status
    assert [one["status"] for one in told["attempts"]] == [status] * attempts
    assert words in told["error"]
    assert told["files"] == []
    assert told["sha256"] == {}
    assert not (home / "out" / MONTH / f"{district}.html").exists()


def test_what_may_pass_is_tried_again(run):
    attempts = run["990102"].attempts
    assert [one["status"] for one in attempts] == ["failed", "done"]
    assert "code -9" in attempts[0]["error"]


def test_the_manifest_tells_the_same(home, run):
    told = read_manifest(home / "out" / MONTH)
    assert told["status"] == "failed"
    assert told["finished"]
    assert told["template"] == "own.ipynb"
    assert {d: one["status"] for d, one in told["reports"].items()} == {
        district: record.status for district, record in run.items()
    }


def test_nothing_unfinished_is_left(home, run):
    folder = home / "out" / MONTH
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_rerun_makes_what_is_missing_and_no_more(home, run):
    for district in TROUBLES:
        (home / "trouble" / district).unlink(missing_ok=True)
    folder = home / "out" / MONTH
    before = {d: (folder / f"{d}.ipynb").stat().st_mtime_ns for d in WELL}
    again = {record.district: record for record in render(home)}
    assert all(record.done for record in again.values())
    assert {d for d, record in again.items() if record.fresh} == WELL
    assert before == {d: (folder / f"{d}.ipynb").stat().st_mtime_ns for d in WELL}
    assert read_manifest(folder)["status"] == "done"
    # A file that somebody touched, or a record that is gone, is made again.
    (folder / "990101.html").write_text("other")
    (folder / "990108.json").unlink()
    third = {record.district: record for record in render(home)}
    assert {d for d, r in third.items() if not r.fresh} == {"990101", "990108"}
    assert not any(record.fresh for record in render(home, force=True))


def ended(home, how) -> dict:
    """End a run by a signal while one report hangs; return its manifest."""
    (home / "trouble" / "990104").write_text("hangs")
    pid = home / "trouble" / "pid-990104"
    pid.unlink(missing_ok=True)
    (home / "out" / MONTH / "990104.json").unlink(missing_ok=True)
    process = troubled.started(home)
    wait_for(lambda: pid.is_file() and pid.read_text())
    process.send_signal(how)
    process.wait(60)
    wait_for(lambda: not troubled.alive(int(pid.read_text())))
    (home / "trouble" / "990104").unlink()
    return read_manifest(home / "out" / MONTH)


@pytest.mark.parametrize(
    ("how", "status"),
    [(signal.SIGKILL, "running"), (signal.SIGTERM, "interrupted")],
)
def test_a_run_that_was_ended_says_so_and_a_rerun_completes(home, run, how, status):
    told = ended(home, how)
    assert told["status"] == status
    assert bool(told["finished"]) == (status == "interrupted")
    assert told["reports"]["990104"]["status"] == "waiting"
    assert all(record.done for record in render(home))
    assert read_manifest(home / "out" / MONTH)["status"] == "done"
    folder = home / "out" / MONTH
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
