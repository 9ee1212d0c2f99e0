"""Schedules end to end: fake systemctl and crontab, an injected clock, no rendering."""

import fcntl
import json
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from drawn import bill, write_bills

from anomaly.briefs.record import RunRecord
from anomaly.briefs.timers import marks, systemd_word
from anomaly.cli.main import main

FAKE_CRONTAB = """#!/bin/sh
table="$FAKE_STATE/crontab"
if [ "$1" = -l ]; then
    [ -f "$table" ] || { echo "no crontab for me" >&2; exit 1; }
    exec cat "$table"
fi
[ -f "$FAKE_STATE/refuse" ] && { echo "you may not use crontab" >&2; exit 1; }
cat > "$table"
"""
FAKE_SYSTEMCTL = """#!/bin/sh
echo "$*" >> "$FAKE_STATE/systemctl"
[ -f "$FAKE_STATE/refuse-$2" ] && { echo "Failed to connect to bus" >&2; exit 1; }
exit 0
"""
INSTALLED = "2026-05-20T09:00"
BEFORE, DUE, LATER = "2026-06-05T06:29", "2026-06-05T06:30", "2026-06-08T12:00"
MAY = "2026-05"


class House:
    """A home of its own, a store, and the program in it."""

    def __init__(self, root, store, monkeypatch, capsys):
        self.root, self.store, self.out = root, store, root / "out"
        self.state, self.config = root / "state", root / "config"
        self.monkeypatch, self.capsys = monkeypatch, capsys
        self.rendered, self.fails = [], set()

    def __call__(self, *words):
        """Run `anomaly schedule`; return (code, stdout, stderr)."""
        argv = ["anomaly", "schedule", *map(str, words)]
        self.monkeypatch.setattr("sys.argv", argv)
        with pytest.raises(SystemExit) as ended:
            main()
        said = self.capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    def install(self, *words, kind="cron", now=INSTALLED, out=None):
        given = ["--store", self.store, "--out", out or self.out, "--kind", kind]
        return self("install", *given, "--now", now, *words)

    def state_of(self, now, name="monthly"):
        code, out, _ = self("status", name, "--now", now, "--json")
        row = json.loads(out)["schedules"][0]
        return code, row["state"]

    def render(self, store, *, month, districts, out, progress, **_):
        """Stand in for the rendering: records only."""
        self.rendered.append(month)
        folder, records = Path(out) / month, []
        folder.mkdir(parents=True, exist_ok=True)
        for code in districts:
            status = "failed" if code in self.fails else "done"
            record = RunRecord(
                code, month, status, self.fingerprint(), "1", "fork", {}, DUE, 0.1
            )
            record.write(folder / f"{code}.json")
            progress(record)
            records.append(record)
        return records

    def fingerprint(self):
        from anomaly.store.store import Store

        opened = Store.open(self.store)
        try:
            return opened.fingerprint()
        finally:
            opened.close()

    @property
    def districts(self):
        from anomaly.workspace import open_store

        opened = open_store(self.store)
        try:
            return opened.districts()["district"].tolist()
        finally:
            opened.store.close()

    def made_by_hand(self, *districts, at=f"{LATER}:00+08:00", **cells):
        """Write the manifest of a run over some districts."""
        manifest = {
            "month": MAY,
            "status": "done",
            "fingerprint": self.fingerprint(),
            "finished": at,
            "reports": {code: {"status": "done"} for code in districts},
        }
        (self.out / MAY).mkdir(parents=True, exist_ok=True)
        path = self.out / MAY / "manifest.json"
        path.write_text(json.dumps(manifest | cells))

    @property
    def log(self):
        text = (self.state / "anomaly/schedules/monthly.log.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def add_log(self, **cells):
        path = self.state / "anomaly/schedules/monthly.log.jsonl"
        with path.open("a") as log:
            log.write(json.dumps(cells) + "\n")

    def files(self):
        return sorted(
            str(path.relative_to(self.root))
            for path in self.root.rglob("*")
            if path.is_file() and "bin" not in path.parts
        )


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    from anomaly.sources.mapping import load_mapping
    from anomaly.store.ingest import load
    from anomaly.store.store import Store

    root = tmp_path_factory.mktemp("schedule")
    bills = [bill(n, psn_no=f"P{n}", fee=f"{50 + n}.00") for n in range(5)]
    opened = Store.create(root / "store")
    load(opened, [write_bills(root / "x", bills)], load_mapping())
    opened.close()
    return root / "store"


@pytest.fixture
def house(tmp_path, store, monkeypatch, capsys):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in (("crontab", FAKE_CRONTAB), ("systemctl", FAKE_SYSTEMCTL)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o700)
    made = House(tmp_path, store, monkeypatch, capsys)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "400")  # no path folds a table
    monkeypatch.setenv("FAKE_STATE", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(made.state))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(made.config))
    monkeypatch.setattr("anomaly.briefs.render.render_briefs", made.render)
    return made


# Installing, listing, removing


def test_systemd_units_are_written_started_and_taken_away(house):
    code, out, err = house.install(kind="systemd")
    assert code == 0, err
    assert "next runs" in out
    assert "2026-06-05T06:30+08:00  briefs of 2026-05" in out
    units = sorted((house.config / "systemd/user").iterdir())
    assert [unit.name for unit in units] == [
        "anomaly-brief-monthly.service",
        "anomaly-brief-monthly.timer",
    ]
    assert {stat.S_IMODE(unit.stat().st_mode) for unit in units} == {0o600}
    service, timer = (unit.read_text() for unit in units)
    assert '"schedule" "run" "monthly"' in service
    assert "OnCalendar=*-*-01..12 06:30:00 Asia/Shanghai" in timer
    assert "Persistent=true" in timer
    called = (house.root / "systemctl").read_text().splitlines()
    assert called == [
        "--user daemon-reload",
        "--user enable --now anomaly-brief-monthly.timer",
    ]
    code, out, _ = house("remove", "monthly", "--json")
    assert (code, json.loads(out)) == (0, {"removed": "monthly", "problems": []})
    assert house.files() == ["systemctl"]
    called = (house.root / "systemctl").read_text().splitlines()[2:]
    assert called == [
        "--user disable --now anomaly-brief-monthly.timer",
        "--user daemon-reload",
    ]


@pytest.mark.parametrize("step", ["daemon-reload", "enable"])
def test_a_manager_that_refuses_is_said_plainly(house, step):
    (house.root / f"refuse-{step}").touch()
    code, out, err = house.install(kind="systemd")
    assert (code, out) == (2, "")
    assert "Failed to connect to bus" in err
    assert "systemctl --user enable --now anomaly-brief-monthly.timer" in err
    assert "anomaly schedule remove monthly" in err
    (house.root / f"refuse-{step}").unlink()
    assert house("remove", "monthly")[0] == 0
    assert house.files() == ["systemctl"]


def test_what_systemctl_would_not_stop_is_told(house):
    house.install(kind="systemd")
    (house.root / "refuse-disable").touch()
    code, _, err = house("remove", "monthly")
    assert code == 2
    assert "Failed to connect to bus" in err
    assert not list((house.config / "systemd/user").iterdir())


@pytest.mark.parametrize(
    "others",
    [
        b"",
        b"0 1 * * * backup \xe4\xb8\xad\xff %done\n",
        b"# a remark\n\nMAILTO=me\n5 4 * * 0 weekly\t# \\% kept\n\n",
    ],
)
def test_the_crontab_of_others_is_kept_to_the_byte(house, others):
    table = house.root / "crontab"
    if others:
        table.write_bytes(others)
    assert house.install()[0] == 0
    assert house.install("--name", "second")[0] == 0
    written = table.read_bytes()
    assert written.startswith(others)
    line = written[len(others) :].decode().splitlines()[1]
    assert line.startswith("30 * 1-12 * * /usr/bin/env ")
    assert line.endswith("schedule run monthly >/dev/null")
    assert house("remove", "monthly")[0] == 0
    begin, end = marks("second")
    left = table.read_bytes()[len(others) :].decode()
    assert left.splitlines()[::2] == [begin, end]
    assert house("remove", "second")[0] == 0
    assert table.read_bytes() == others


def test_a_last_line_without_an_end_is_not_run_into(house):
    (house.root / "crontab").write_bytes(b"0 1 * * * backup")
    house.install()
    assert (house.root / "crontab").read_bytes().splitlines()[0] == b"0 1 * * * backup"


def test_a_block_that_lost_its_end_is_left_alone(house):
    house.install()
    table = house.root / "crontab"
    cut = table.read_text().replace(marks("monthly")[1], "0 1 * * * backup")
    table.write_text(cut)
    code, _, err = house("remove", "monthly")
    assert code == 2
    assert "crontab -e" in err
    assert table.read_text() == cut


def test_a_crontab_that_refuses_leaves_nothing_behind(house):
    (house.root / "refuse").touch()
    code, _, err = house.install()
    assert code == 2
    assert "you may not use crontab" in err
    assert house.files() == ["refuse"]


@pytest.mark.parametrize("kind", ["systemd", "cron"])
def test_a_dry_run_writes_nothing(house, kind):
    code, out, _ = house.install("--dry-run", kind=kind)
    assert code == 0
    assert "would write" in out
    assert "schedule" in out
    assert house.files() == []
    code, out, _ = house.install("--dry-run", "--json", kind=kind)
    assert json.loads(out)["dry_run"] is True
    assert house.files() == []


def test_the_kind_is_what_the_machine_offers(house):
    assert '"kind": "systemd"' in house.install("--dry-run", "--json", kind="")[1]
    (house.root / "refuse-show-environment").touch()
    assert '"kind": "cron"' in house.install("--dry-run", "--json", kind="")[1]
    house.monkeypatch.setenv("PATH", str(house.root / "none"))
    code, _, err = house.install(kind="")
    assert code == 2
    assert "nothing here can fire a schedule" in err


def test_the_list_shows_the_next_three_runs(house):
    house.install("--load", house.root)
    _, out, _ = house("list", "--json", "--now", "2026-09-10T00:00")
    (row,) = json.loads(out)["schedules"]
    assert row["load"] == str(house.root)
    assert row["next"] == [
        {"at": "2026-10-05T06:30+08:00", "month": "2026-09"},
        {"at": "2026-11-05T06:30+08:00", "month": "2026-10"},
        {"at": "2026-12-04T06:30+08:00", "month": "2026-11"},
    ]
    assert "2026-10-05, 2026-11-05, 2026-12-04" in " ".join(
        house("list", "--now", "2026-09-10T00:00")[1].split()
    )
    house("remove", "monthly")
    assert house("list")[1] == "no schedule is installed\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--name", "a b"], "--name 'a b'"),
        (["--name", "../x"], "a letter or digit first"),
        (["--name", "x\ny"], "a letter or digit first"),
        (["--name", "-x"], "a letter or digit first"),
        (["--kind", "launchd"], "expected one of systemd, cron"),
        (["--language", "fr"], "expected one of zh, en"),
        (["--workers", "0"], "expected 1 or more"),
        (["--load", "nowhere"], "no folder"),
        (["--store", "nowhere"], "there is none"),
        (["--now", "soon"], "a moment such as"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(house, words, said):
    words = [f"--name={words[1]}"] if words[0] == "--name" else words
    code, out, err = house.install(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert house.files() == []


def test_a_name_is_given_once(house):
    house.install()
    code, _, err = house.install()
    assert code == 2
    assert "there is one already" in err
    for command in ("run", "remove", "status"):
        code, _, err = house(command, "other")
        assert code == 2
        assert "expected one of those installed (monthly)" in err


# Hostile paths: the store and the folder stand in the register, never in a timer


HOSTILE = "a \"b' $HOME ${X} %h \\n; `id` \n# 中"


@pytest.mark.parametrize("kind", ["systemd", "cron"])
def test_hostile_folders_never_reach_a_timer(house, kind):
    out = house.root / HOSTILE
    code, _, err = house.install(kind=kind, out=out)
    assert code == 0, err
    assert json.loads(house("list", "--json")[1])["schedules"][0]["out"] == str(out)
    written = (
        (house.root / "crontab").read_text()
        if kind == "cron"
        else (house.config / "systemd/user/anomaly-brief-monthly.service").read_text()
    )
    assert "$HOME" not in written
    house("run", "monthly", "--now", DUE)
    assert (out / MAY).is_dir()


def unquoted(line):
    """Read a command line of a unit back as systemd does."""
    words = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    words = [re.sub(r"\\(.)", r"\1", word) for word in words]
    return [word.replace("%%", "%").replace("$$", "$") for word in words]


@pytest.mark.parametrize("path", ["/a b", '/"x"', "/50%h", "/$HOME/${X}", "/a\\nb"])
def test_a_word_of_a_unit_reads_back(path):
    assert unquoted(systemd_word(path)) == [path]


STRANGE = 'it\'s 50% $HOME "q"'


def test_strange_state_folders_are_quoted(house):
    state = house.root / STRANGE
    house.monkeypatch.setenv("XDG_STATE_HOME", str(state))
    house.install(kind="systemd")
    service = house.config / "systemd/user/anomaly-brief-monthly.service"
    line = service.read_text().splitlines()[-1]
    assert unquoted(line)[1] == f"XDG_STATE_HOME={state}"
    house.install("--name", "other")
    line = (house.root / "crontab").read_text().splitlines()[1]
    assert not re.search(r"(?<!\\)%", line)
    # What cron hands to the shell: the sign without its backslash.
    command = line.split(" * * ")[1].replace("\\%", "%").removesuffix(">/dev/null")
    command = command.replace("/usr/bin/env", "printf '%s|'")
    words = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=True
    ).stdout.split("|")
    assert words[0] == f"XDG_STATE_HOME={state}"
    assert words[2:5] == ["schedule", "run", "other"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
@pytest.mark.parametrize("damage", [False, True])
def test_systemd_itself_reads_the_units(house, damage):
    house.monkeypatch.setenv("XDG_STATE_HOME", str(house.root / STRANGE))
    runtime = house.root / "runtime"
    runtime.mkdir(mode=0o700)
    house.monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    house.install(kind="systemd")
    timer = house.config / "systemd/user/anomaly-brief-monthly.timer"
    if damage:
        timer.write_text(timer.read_text().replace("..12 06", "..45 99"))
    found = subprocess.run(
        ["systemd-analyze", "--user", "verify", timer, timer.with_suffix(".service")],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert bool(found.returncode) == damage, found.stderr


@pytest.mark.parametrize(("kind", "part"), [("systemd", "a\nb"), ("cron", "a\\b")])
def test_what_cannot_be_quoted_is_refused(house, kind, part):
    house.monkeypatch.setenv("XDG_STATE_HOME", str(house.root / part))
    code, _, err = house.install(kind=kind)
    assert code == 2
    assert "use a folder without" in err
    assert house.files() == []


# Running


def test_a_run_waits_renders_once_and_says_so(house):
    house.install()
    code, out, _ = house("run", "monthly", "--now", BEFORE)
    assert code == 0
    assert "not due until 2026-06-05 06:30 (Asia/Shanghai)" in out
    assert house.rendered == []
    code, out, err = house("run", "monthly", "--now", DUE)
    assert code == 0, err
    assert house.rendered == [MAY]
    assert [line["event"] for line in house.log] == ["started", "finished"]
    assert house.log[1]["status"] == "done"
    log = house.state / "anomaly/schedules/monthly.log.jsonl"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    code, out, _ = house("run", "monthly", "--now", LATER, "--json")
    assert (code, json.loads(out)["status"]) == (0, "done")
    assert "2026-05 is done; not due until 2026-07-03" in out
    assert house.rendered == [MAY]
    house("run", "monthly", "--now", LATER, "--force")
    assert house.rendered == [MAY, MAY]


def test_what_fell_due_before_the_installation_is_not_run(house):
    house.install(now=LATER)
    _, out, _ = house("run", "monthly", "--now", LATER)
    assert "not due until 2026-07-03" in out
    assert house.rendered == []
    assert house.state_of(LATER) == (0, "ok")


def test_a_store_that_changed_since_is_rendered_anew(house):
    house.install()
    house("run", "monthly", "--now", DUE)
    house.made_by_hand(*house.districts, fingerprint="another")
    house("run", "monthly", "--now", LATER)
    assert house.rendered == [MAY, MAY]


def test_next_months_data_leave_alone_what_was_handed_out(house):
    house.install()
    house("run", "monthly", "--now", DUE)
    house.made_by_hand(*house.districts, fingerprint="another")
    code, out, _ = house("run", "monthly", "--now", "2026-07-01T06:30")
    assert code == 0
    assert "2026-05 is done; not due until 2026-07-03" in out
    assert house.rendered == [MAY]


def test_a_month_never_made_is_caught_up_in_the_next(house):
    house.install()
    assert house("run", "monthly", "--now", "2026-07-01T06:30")[0] == 0
    assert house.rendered == [MAY]


def test_what_failed_to_the_end_is_caught_up_too(house):
    house.install()
    house("run", "monthly", "--now", DUE)
    house.fails = set(house.districts)
    assert house("run", "monthly", "--now", LATER, "--force")[0] == 1
    house.fails = set()
    house("run", "monthly", "--now", "2026-07-01T06:30")
    assert house.rendered == [MAY] * 3


def test_a_month_is_asked_for_by_name(house):
    house.install()
    code, _, err = house("run", "monthly", "--now", BEFORE, "--month", MAY)
    assert code == 0, err
    assert house.rendered == [MAY]
    code, _, err = house("run", "monthly", "--now", DUE, "--month", "May")
    assert code == 2
    assert "expected YYYY-MM" in err


def test_a_failed_district_is_named_and_tried_again_tomorrow(house):
    house.install()
    districts = json.loads(house("run", "monthly", "--now", DUE, "--json")[1])
    code = next((house.out / MAY).glob("*.json")).stem
    assert districts["failed"] == []
    house.fails = {code}
    (house.out / MAY / f"{code}.json").unlink()
    found, out, err = house("run", "monthly", "--now", LATER)
    assert (found, out) == (1, "")
    assert f"districts failed: {code}" in err
    assert house.state_of(LATER) == (1, "failed")
    found, out, _ = house("run", "monthly", "--now", "2026-06-08T13:30")
    assert found == 0
    assert "tried today, and failed" in out
    house.fails = set()
    assert house("run", "monthly", "--now", "2026-06-09T06:30")[0] == 0
    assert house.state_of("2026-06-09T06:31") == (0, "ok")
    assert len(house.rendered) == 3


def test_a_month_that_is_not_loaded_fails_visibly(house):
    house.install()
    now = "2026-11-05T06:30"
    code, out, err = house("run", "monthly", "--now", now)
    assert (code, out) == (3, "")
    assert "month 2026-10 is not in the store; load it" in err
    code, _, err = house("status", "--now", now)
    assert code == 1
    assert "month 2026-10 is not in the store" in err


def test_a_run_loads_its_folder_first(house):
    exports = write_bills(house.root / "exports", [bill(1, psn_no="P1")])
    new = house.root / "new"
    given = ["--out", house.out, "--kind", "cron", "--now", INSTALLED]
    assert house("install", "--store", new, *given, "--load", exports)[0] == 0
    house.store = new
    code, _, err = house("run", "monthly", "--now", DUE)
    assert code == 0, err
    assert house.rendered == [MAY]


def test_a_folder_that_cannot_be_loaded_fails_visibly(house):
    empty = house.root / "exports"
    empty.mkdir()
    house.install("--load", empty)
    empty.rmdir()
    code, _, err = house("run", "monthly", "--now", DUE)
    assert code
    assert str(empty) in err
    assert house.state_of(DUE) == (1, "failed")
    assert house.rendered == []


def test_a_bug_in_a_run_is_logged_before_it_is_shown(house):
    house.install()

    def broken(*_, **__):
        raise RuntimeError("out of paper")

    house.monkeypatch.setattr("anomaly.briefs.render.render_briefs", broken)
    house.monkeypatch.setattr(
        "sys.argv", ["anomaly", "schedule", "run", "monthly", "--now", DUE]
    )
    with pytest.raises(RuntimeError):
        main()
    assert house.log[-1]["message"] == "RuntimeError: out of paper"
    assert house.state_of(DUE) == (1, "failed")


def test_two_runs_never_overlap(house):
    house.install()
    lock = house.state / "anomaly/schedules/monthly.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code, out, _ = house("run", "monthly", "--now", DUE)
        assert code == 0
        assert "another run of schedule 'monthly' is going on" in out
        assert house.rendered == []
        assert house.state_of(DUE) == (0, "running")
        assert house("remove", "monthly")[0] == 2
    assert house("run", "monthly", "--now", DUE)[0] == 0


# Status


def test_late_shows_after_the_grace(house):
    house.install()
    assert house.state_of(DUE) == (0, "ok")
    assert house.state_of("2026-06-06T06:30") == (0, "ok")
    assert house.state_of("2026-06-06T06:31") == (1, "late")
    code, _, err = house("status", "--now", LATER)
    assert code == 1
    assert "was due 2026-06-05T06:30+08:00 and is not done" in err
    house("run", "monthly", "--now", LATER)
    assert house.state_of(LATER) == (0, "ok")


def test_a_killed_run_shows_and_is_taken_up_again(house):
    house.install()
    house.add_log(event="started", at=f"{DUE}:00+08:00", month=MAY)
    assert house.state_of(DUE) == (1, "interrupted")
    _, _, err = house("status", "--now", DUE)
    assert "the run of 2026-05 was cut off" in err
    assert house("run", "monthly", "--now", DUE)[0] == 0
    assert house.state_of(DUE) == (0, "ok")
    house.add_log(event="started", at=f"{LATER}:00+08:00", month=MAY)
    assert house("run", "monthly", "--now", LATER)[0] == 0
    assert house.rendered == [MAY, MAY]
    assert house.state_of(LATER) == (0, "ok")


def test_a_month_rendered_by_hand_settles_a_failure(house):
    house.install()
    house.add_log(event="started", at=f"{DUE}:00+08:00", month=MAY)
    house.add_log(
        event="finished", at=f"{DUE}:10+08:00", status="failed", month=MAY, failed=["x"]
    )
    assert house.state_of(LATER) == (1, "failed")
    (house.out / MAY).mkdir(parents=True)
    manifest = {
        "month": MAY,
        "status": "done",
        "fingerprint": house.fingerprint(),
        "finished": "2026-06-05T10:00:00+08:00",
        "reports": {code: {"status": "done"} for code in house.districts},
    }
    path = house.out / MAY / "manifest.json"
    path.write_text(json.dumps(manifest))
    assert house.state_of(LATER) == (0, "ok")
    path.write_text(json.dumps(manifest | {"finished": "2026-06-05T01:00:00+08:00"}))
    assert house.state_of(LATER) == (1, "failed")


def test_one_district_by_hand_settles_nothing(house):
    house.install()
    house.made_by_hand("990199")
    assert house.state_of(LATER) == (1, "late")
    house.add_log(event="started", at=f"{DUE}:00+08:00", month=MAY)
    house.add_log(event="finished", at=f"{DUE}:10+08:00", status="failed", month=MAY)
    assert house.state_of("2026-06-08T13:00") == (1, "failed")
    house.made_by_hand(*house.districts)
    assert house.state_of("2026-06-08T13:00") == (0, "ok")


def test_a_district_that_failed_by_hand_is_not_whole(house):
    house.install()
    house.fails = set(house.districts)
    house("run", "monthly", "--now", DUE)
    house.made_by_hand("990199")
    _, out, _ = house("status", "--json", "--now", LATER)
    (row,) = json.loads(out)["schedules"]
    assert (row["state"], row["failed"]) == ("failed", house.districts)


def test_what_waits_its_turn_has_not_failed(house):
    house.install()
    house.add_log(event="started", at=f"{DUE}:00+08:00", month=MAY)
    reports = {code: {"status": "waiting"} for code in house.districts}
    house.made_by_hand(status="running", finished="", reports=reports)
    _, out, _ = house("status", "--json", "--now", DUE)
    (row,) = json.loads(out)["schedules"]
    assert (row["state"], row["failed"]) == ("interrupted", [])


def test_the_advice_is_for_the_month_that_is_late(house):
    house.install()
    code, _, err = house("status", "--now", "2026-07-02T09:00")
    assert code == 1
    advised = err.partition("run: anomaly schedule ")[2].split()
    assert advised == ["run", "monthly", "--month", MAY]
    assert house(*advised, "--now", "2026-07-02T09:00")[0] == 0
    assert house.state_of("2026-07-02T09:30") == (0, "ok")


def test_the_status_names_failed_districts_from_the_manifest(house):
    house.install()
    house.add_log(event="started", at=f"{DUE}:00+08:00", month=MAY)
    house.add_log(event="finished", at=f"{DUE}:10+08:00", status="failed", month=MAY)
    (house.out / MAY).mkdir(parents=True)
    reports = [
        {"district": "610102", "status": "done"},
        {"district": "610103", "status": "failed", "error": "x"},
    ]
    (house.out / MAY / "manifest.json").write_text(
        json.dumps({"month": MAY, "status": "failed", "reports": reports})
    )
    _, out, _ = house("status", "--json", "--now", LATER)
    assert json.loads(out)["schedules"][0]["failed"] == ["610103"]


def test_a_log_cut_short_is_still_read(house):
    house.install()
    house("run", "monthly", "--now", DUE)
    path = house.state / "anomaly/schedules/monthly.log.jsonl"
    path.write_bytes(path.read_bytes() + b'{"event": "star\xff')
    assert house.state_of(LATER) == (0, "ok")
    house("run", "monthly", "--now", LATER, "--force")
    assert house.state_of(LATER) == (0, "ok")
    text = path.read_text(errors="replace")
    assert len([line for line in text.splitlines() if line.endswith("}")]) == 4


def test_no_schedule_is_no_trouble(house):
    assert house("status") == (0, "no schedule is installed\n", "")
    assert json.loads(house("status", "--json")[1]) == {"schedules": []}
