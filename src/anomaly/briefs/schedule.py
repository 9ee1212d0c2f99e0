"""The register of schedules: one file each, of what was installed and where."""

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from anomaly.briefs.due import Timing, timing
from anomaly.briefs.record import write_whole
from anomaly.briefs.wording import LANGUAGES
from anomaly.errors import UsageError
from anomaly.policy.read import as_record

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
PRIVATE = 0o600
# A look at the lock takes no longer than this, so one that holds is a run's.
LOCK_TRIES, LOCK_WAIT = 5, 0.05


@dataclass(frozen=True)
class Schedule:
    """What one schedule renders and how it is fired."""

    name: str
    store: str
    out: str
    language: str
    workers: int
    kind: str
    installed_at: str
    load: str = ""

    def __post_init__(self) -> None:
        checked_name(self.name)
        if self.language not in LANGUAGES:
            raise UsageError(
                f"--language '{self.language}'",
                expected=f"one of {', '.join(LANGUAGES)}",
            )
        if self.workers < 1:
            raise UsageError(f"--workers {self.workers}", expected="1 or more")

    @property
    def timing(self) -> Timing:
        return timing(Path(self.store))

    def file(self, suffix: str) -> Path:
        """Return the path of what is kept of it: .json, .lock or .log.jsonl."""
        return state_dir() / f"{self.name}{suffix}"

    def as_dict(self) -> dict:
        return asdict(self)


def home_dir(variable: str, default: str) -> Path:
    """Return a folder that the environment names, as the XDG rules have it."""
    given = os.environ.get(variable, "")
    return Path(given) if Path(given).is_absolute() else Path.home() / default


def state_home() -> Path:
    return home_dir("XDG_STATE_HOME", ".local/state")


def state_dir() -> Path:
    return state_home() / "anomaly" / "schedules"


def checked_name(name: str) -> str:
    """Return a name that may stand in file and unit names, else UsageError."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"--name {name!r}",
            expected="up to 40 of a-z, 0-9, - and _, a letter or digit first",
        )
    return name


def save(schedule: Schedule) -> None:
    """Enter a schedule in the register."""
    path = schedule.file(".json")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps(schedule.as_dict(), ensure_ascii=False, indent=1)
    write_whole(path, (text + "\n").encode(errors="surrogateescape"), PRIVATE)


def forget(schedule: Schedule) -> None:
    """Strike a schedule from the register; its log stays."""
    for suffix in (".json", ".lock"):
        schedule.file(suffix).unlink(missing_ok=True)


def is_registered(name: str) -> bool:
    return (state_dir() / f"{checked_name(name)}.json").is_file()


def registered(name: str) -> Schedule:
    """Return a schedule by name; UsageError where there is none."""
    path = state_dir() / f"{checked_name(name)}.json"
    if not path.is_file():
        known = ", ".join(names()) or "none is installed"
        raise UsageError(
            f"schedule '{name}': there is none",
            expected=f"one of those installed ({known})",
            todo="see: anomaly schedule list",
        )
    try:
        cells = json.loads(path.read_bytes().decode(errors="surrogateescape"))
    except ValueError as error:
        raise UsageError(
            f"{path}: is no JSON ({error})",
            todo="remove that file and install the schedule anew",
        ) from None
    return as_record(Schedule, cells, str(path))


def names() -> list[str]:
    """Return the names of the schedules installed, in order."""
    found = (path.stem for path in state_dir().glob("*.json"))
    return sorted(name for name in found if NAME.fullmatch(name))


def schedules() -> list[Schedule]:
    return [registered(name) for name in names()]


@contextmanager
def only_run(schedule: Schedule) -> Iterator[bool]:
    """Hold the schedule's lock; yield False where another run holds it."""
    path = schedule.file(".lock")
    handle = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        yield any(_taken(handle, fcntl.LOCK_EX) for _ in range(LOCK_TRIES))
    finally:
        os.close(handle)


def _taken(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(LOCK_WAIT)
        return False
    return True


def is_running(schedule: Schedule) -> bool:
    """Tell whether a run holds the lock now; looking does not keep it."""
    path = schedule.file(".lock")
    if not path.is_file():
        return False
    handle = os.open(path, os.O_RDONLY)
    try:
        return not _taken(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)
