"""The ledger is whole whatever happens to it, or says where it is not."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from anomaly.casework import audit, seal
from anomaly.casework.attachments import attach, place
from anomaly.casework.ledger import FILE, Draft, Ledger
from anomaly.errors import StoreError

WRITER = """
import sys
from anomaly.casework.ledger import Draft, Ledger
ledger = Ledger(sys.argv[1])
for number in range(int(sys.argv[3])):
    body = {"number": number, "text": "案" * 200}
    ledger.append(lambda writing: writing.add(Draft("L", "note", sys.argv[2], body)))
    print(number, flush=True)
"""
# One process that has imported everything kills many of its children.
HUNT = """
import os, signal, sys, time
from anomaly.casework import audit
from anomaly.casework.ledger import Draft, Ledger
root = sys.argv[1]
for nth in range(int(sys.argv[2])):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        body = {"text": "案" * 200}
        while True:
            Ledger(root).append(lambda w: w.add(Draft("L", "note", "me", body)))
            os.write(writing, b".")
    os.read(reading, 1)
    time.sleep(0.0007 * nth)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(writing)
    told = 1 + len(os.read(reading, 1 << 20))
    verdict = audit.verify(root)
    print(told, verdict.events, len(verdict.faults), bool(verdict.told))
"""
KILLS = 40


def written(root: Path, count: int = 5) -> Ledger:
    """Return a ledger with some events, each its own append."""
    ledger = Ledger(root)
    for number in range(count):
        draft = Draft(f"L{number}", "note", "me", {"number": number})
        ledger.append(lambda writing, draft=draft: writing.add(draft))
    return ledger


def writer(root: Path, name: str, count: int) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, str(root), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def found(root: Path) -> str:
    return "; ".join(f"{f.where}: {f.found}" for f in audit.verify(root).faults)


def test_an_empty_store_has_a_whole_ledger(tmp_path):
    assert audit.verify(tmp_path).faults == []
    assert Ledger(tmp_path).events() == []
    assert list(tmp_path.iterdir()) == []


def test_events_come_back_as_they_were_written(tmp_path):
    ledger = written(tmp_path)
    assert [event.body for event in ledger.events()] == [
        {"number": number} for number in range(5)
    ]
    verdict = audit.verify(tmp_path)
    assert (verdict.faults, verdict.events, verdict.told) == ([], 5, "")
    for name in (FILE, seal.FILE, "ledger.lock"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_two_writers_at_once_lose_nothing(tmp_path):
    both = [writer(tmp_path, name, 30) for name in ("a", "b")]
    assert [one.communicate() and one.returncode for one in both] == [0, 0]
    events = Ledger(tmp_path).events()
    for name in ("a", "b"):
        mine = [event.body["number"] for event in events if event.by == name]
        assert mine == list(range(30))
    assert (found(tmp_path), audit.verify(tmp_path).events) == ("", 60)


def test_a_killed_writer_leaves_nothing_half_recorded(tmp_path):
    command = [sys.executable, "-c", HUNT, str(tmp_path), str(KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before = 0
    for line in done.stdout.splitlines():
        told, events, faults, _ = line.split()
        assert faults == "0"
        # At most one append was committed and not yet told.
        assert events != before
        assert int(events) - before - int(told) in (0, 1)
        before = int(events)
    assert len(done.stdout.splitlines()) == KILLS
    assert len(Ledger(tmp_path).events()) == before
    written(tmp_path, 1)
    assert (found(tmp_path), audit.verify(tmp_path).told) == ("", "")


def test_a_refused_append_leaves_the_bytes_alone(tmp_path):
    ledger = written(tmp_path)
    before = ledger.path.read_bytes()

    def write(writing):
        writing.add(Draft("L", "note", "me"))
        raise KeyError

    with pytest.raises(KeyError):
        ledger.append(write)
    assert ledger.path.read_bytes() == before
    assert found(tmp_path) == ""


def test_a_changed_byte_is_found_wherever_it_lies(tmp_path):
    whole = tmp_path / "whole"
    whole.mkdir()
    size = written(whole, 6).path.stat().st_size
    for offset in [*range(0, 130, 3), *range(130, size, 97)]:
        root = tmp_path / "changed"
        shutil.copytree(whole, root)
        with (root / FILE).open("r+b") as stream:
            stream.seek(offset)
            byte = stream.read(1)[0]
            stream.seek(offset)
            stream.write(bytes([byte ^ 0x15]))
        assert audit.verify(root).faults, f"offset {offset}"
        shutil.rmtree(root)


def test_the_wrong_event_is_named_and_nothing_is_built_on_it(tmp_path):
    ledger = written(tmp_path)
    text = ledger.path.read_bytes().replace(b'{"number":3}', b'{"number":8}')
    ledger.path.write_bytes(text)
    assert "event 4 of L3: hash" in found(tmp_path)
    with pytest.raises(StoreError, match=r"changed from outside.*store verify"):
        written(tmp_path, 1)
    with pytest.raises(StoreError, match="event 4 of L3"):
        ledger.events()


def test_a_tail_cut_off_is_found(tmp_path):
    ledger = written(tmp_path, 3)
    kept = ledger.path.read_bytes()
    written(tmp_path, 2)
    ledger.path.write_bytes(kept)
    assert "it ends at event 3" in found(tmp_path)
    with pytest.raises(StoreError, match="3 events; expected 5"):
        written(tmp_path, 1)
    ledger.path.unlink()
    assert "the file is missing" in found(tmp_path)
    with pytest.raises(StoreError, match="missing"):
        ledger.events()


def test_a_seal_behind_is_told_and_catches_up(tmp_path):
    written(tmp_path, 2)
    behind = (tmp_path / seal.FILE).read_bytes()
    written(tmp_path, 1)
    (tmp_path / seal.FILE).write_bytes(behind)
    verdict = audit.verify(tmp_path)
    assert (verdict.faults, verdict.told[:22]) == ([], "1 events after the sea")
    written(tmp_path, 1)
    assert audit.verify(tmp_path).told == ""


def test_a_seal_gone_or_another_is_found(tmp_path):
    written(tmp_path, 2)
    path = tmp_path / seal.FILE
    cells = json.loads(path.read_text())
    path.write_text(json.dumps(cells | {"head": "1" * 64, "events": 1}))
    assert "event 1" in found(tmp_path)
    path.write_text("{")
    assert seal.FILE in found(tmp_path)
    path.unlink()
    assert "2 events without a seal" in found(tmp_path)


@pytest.mark.parametrize(
    "sql", ["UPDATE event SET by = 'you'", "DELETE FROM event WHERE seq = 2"]
)
def test_sql_can_neither_change_nor_remove(tmp_path, sql):
    path = written(tmp_path).path
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        connection.execute(sql)
    connection.close()
    assert found(tmp_path) == ""


def test_a_trigger_taken_away_is_found_even_under_a_new_seal(tmp_path):
    ledger = written(tmp_path)
    connection = sqlite3.connect(ledger.path)
    connection.execute("DROP TRIGGER event_is_not_changed")
    connection.close()
    seal.write(tmp_path, 5, seal.read(tmp_path).head)
    assert "triggers were changed" in found(tmp_path)


def test_an_attachment_is_checked(tmp_path):
    (tmp_path / "证据.txt").write_text("evidence")
    hashes = attach(tmp_path, [tmp_path / "证据.txt"])
    ledger = Ledger(tmp_path)
    opened = {"unit_kind": "doctor", "unit_id": "D1", "month": "2026-05"}
    opened |= {"district": "", "tier": "", "object": "other", "parts": []}
    opened |= {"suspected": "1.00", "procedure": "ankang"}
    step = {"state": "notified", "attachments": hashes}
    ledger.append(lambda w: w.add(Draft("L", "case_opened", "me", opened)))
    ledger.append(lambda w: w.add(Draft("L", "case_stepped", "me", step)))
    assert found(tmp_path) == ""
    kept = place(tmp_path, next(iter(hashes)))
    assert kept.stat().st_mode & 0o777 == 0o600
    os.truncate(kept, 3)
    assert "证据.txt) of L: its bytes were changed" in found(tmp_path)
    kept.unlink()
    assert "the file is missing" in found(tmp_path)
