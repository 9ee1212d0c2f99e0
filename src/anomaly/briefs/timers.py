"""What fires a schedule: a systemd user timer, or a marked block in the crontab.

Neither knows a store or an output folder: both call `anomaly schedule run NAME`,
which reads the register and asks whether today is the day.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from anomaly.briefs.due import Timing
from anomaly.briefs.record import write_whole
from anomaly.briefs.schedule import PRIVATE, home_dir, state_home
from anomaly.errors import UsageError

KINDS = ("systemd", "cron")
WAIT = 60
EMPTY = b"no crontab"
ENV = "/usr/bin/env"


@dataclass(frozen=True)
class Done:
    """How an outside command ended."""

    code: int
    out: bytes
    err: bytes

    @property
    def words(self) -> str:
        """What it said, on one line."""
        said = " ".join((self.err or self.out).decode(errors="replace").split())
        return said or f"exit code {self.code}"


Runner = Callable[[Sequence[str], bytes], Done]


def run_command(command: Sequence[str], given: bytes = b"") -> Done:
    """Run systemctl or crontab; one that is not there ends with 127."""
    try:
        done = subprocess.run(  # noqa: S603 our own words and a checked name
            command, input=given, capture_output=True, timeout=WAIT, check=False
        )
    except FileNotFoundError:
        return Done(127, b"", f"{command[0]}: not found".encode())
    except subprocess.TimeoutExpired:
        return Done(124, b"", f"{command[0]}: no answer in {WAIT} s".encode())
    return Done(done.returncode, done.stdout, done.stderr)


def choose(kind: str, run: Runner) -> str:
    """Return the kind asked for, else the one this machine offers."""
    if kind and kind not in KINDS:
        raise UsageError(f"--kind '{kind}'", expected=f"one of {', '.join(KINDS)}")
    if kind:
        return kind
    manager = run(["systemctl", "--user", "show-environment"], b"")
    if manager.code == 0:
        return "systemd"
    if shutil.which("crontab"):
        return "cron"
    raise UsageError(
        "nothing here can fire a schedule: no systemd user manager answers"
        f" ({manager.words}) and there is no crontab",
        todo="install cron, or log in so that a user manager runs; or let another"
        " scheduler run 'anomaly brief' (docs/scheduling.md)",
    )


def program() -> str:
    """Return the path of our command: the one in this interpreter's folder."""
    own = Path(sys.executable).with_name("anomaly")
    found = str(own) if own.is_file() else shutil.which("anomaly")
    if not found:
        raise UsageError(
            "the command 'anomaly' was not found", todo="install the package first"
        )
    return os.path.abspath(found)


def command_of(name: str) -> list[str]:
    """Return what is fired, word by word; UsageError where it cannot be quoted."""
    called = program()
    words = [f"XDG_STATE_HOME={state_home()}", called, "schedule", "run", name]
    for word in words:
        if not word.isprintable():
            raise UsageError(
                f"path {word!r} has a line break or another control character",
                todo="it cannot stand in a timer: use a folder without",
            )
    if "=" in called:
        raise UsageError(
            f"path '{called}' has a '='", todo="install anomaly in a folder without"
        )
    return [ENV, *words]


def systemd_word(word: str) -> str:
    """Quote one word of a command line by the rules of systemd."""
    for mark, written in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$")):
        word = word.replace(mark, written)
    return f'"{word}"'


def unit_dir() -> Path:
    return home_dir("XDG_CONFIG_HOME", ".config") / "systemd" / "user"


def unit_name(name: str) -> str:
    return f"anomaly-brief-{name}"


def units(name: str, rule: Timing) -> dict[Path, str]:
    """Return the two unit files of a schedule, by path."""
    first, last = rule.window
    command = " ".join(map(systemd_word, command_of(name)))
    clock = f"{rule.hour:02}:{rule.minute:02}:00 {rule.time_zone}"
    service = f"""[Unit]
Description=Monthly briefs of anomaly, schedule {name}

[Service]
Type=oneshot
UMask=0077
ExecStart={command}
"""
    timer = f"""[Unit]
Description=Asks daily whether the briefs of schedule {name} are due

[Timer]
OnCalendar=*-*-{first:02}..{last:02} {clock}
Persistent=true

[Install]
WantedBy=timers.target
"""
    stem = unit_dir() / unit_name(name)
    return {
        stem.with_name(f"{stem.name}.service"): service,
        stem.with_name(f"{stem.name}.timer"): timer,
    }


def install_units(name: str, rule: Timing, run: Runner) -> None:
    """Write the units and start the timer; UsageError says what to do by hand."""
    for path, text in units(name, rule).items():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, text.encode(errors="surrogateescape"), PRIVATE)
    timer = f"{unit_name(name)}.timer"
    for words in (["daemon-reload"], ["enable", "--now", timer]):
        done = run(["systemctl", "--user", *words], b"")
        if done.code:
            raise UsageError(
                f"the units are written in {unit_dir()}, but 'systemctl --user"
                f" {' '.join(words)}' failed: {done.words}",
                todo="put that right and run 'systemctl --user daemon-reload' and"
                f" 'systemctl --user enable --now {timer}', or take it away:"
                f" anomaly schedule remove {name}",
            )


def remove_units(name: str, run: Runner) -> list[str]:
    """Stop the timer and delete both units; return what could not be done."""
    paths = [unit_dir() / f"{unit_name(name)}{end}" for end in (".timer", ".service")]
    there = [path for path in paths if path.is_file()]
    if not there:
        return []
    stopped = run(["systemctl", "--user", "disable", "--now", paths[0].name], b"")
    for path in there:
        path.unlink()
    reloaded = run(["systemctl", "--user", "daemon-reload"], b"")
    return [done.words for done in (stopped, reloaded) if done.code]


def marks(name: str) -> tuple[str, str]:
    return (
        f"# anomaly schedule {name}: begin, written by 'anomaly schedule install'",
        f"# anomaly schedule {name}: end",
    )


def cron_block(name: str, rule: Timing) -> str:
    """Return the lines for the crontab.

    Cron knows no time zone and makes up for nothing missed, so it asks every hour;
    what is not due is not worth a letter, errors are.
    """
    command = shlex.join(command_of(name))
    if "\\" in command:
        raise UsageError(
            f"path with a backslash: {command}",
            todo="cron cannot quote it: use a folder without, or --kind systemd",
        )
    first, last = rule.window
    escaped = command.replace("%", "\\%")
    line = f"{rule.minute} * {first}-{last} * * {escaped} >/dev/null"
    begin, end = marks(name)
    return f"{begin}\n{line}\n{end}\n"


def _crontab(run: Runner) -> bytes:
    found = run(["crontab", "-l"], b"")
    if found.code and EMPTY not in found.err.lower():
        raise UsageError(
            f"'crontab -l' failed: {found.words}", todo="nothing was changed"
        )
    return b"" if found.code else found.out


def _without(table: bytes, name: str) -> bytes:
    """Return a crontab without a schedule's block; every other byte as it was."""
    begin, end = (f"{mark}\n".encode() for mark in marks(name))
    before, found, rest = table.partition(begin)
    if not found:
        return table
    _, closed, after = rest.partition(end)
    if not closed:
        raise UsageError(
            f"crontab: the block of schedule '{name}' has lost its last line",
            todo="take its lines out by hand with 'crontab -e'",
        )
    return before + after


def _write_crontab(table: bytes, run: Runner) -> None:
    done = run(["crontab", "-"], table)
    if done.code:
        raise UsageError(
            f"'crontab -' failed: {done.words}",
            todo="the crontab is as it was; ask whoever keeps this machine",
        )


def install_cron(name: str, rule: Timing, run: Runner) -> None:
    """Add the schedule's block at the end of the crontab."""
    block = cron_block(name, rule).encode(errors="surrogateescape")
    others = _without(_crontab(run), name)
    gap = b"" if not others or others.endswith(b"\n") else b"\n"
    _write_crontab(others + gap + block, run)


def remove_cron(name: str, run: Runner) -> list[str]:
    """Take the schedule's block out of the crontab."""
    table = _crontab(run)
    others = _without(table, name)
    if others != table:
        _write_crontab(others, run)
    return []
