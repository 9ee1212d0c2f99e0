"""What a run did, said by ourselves: success is never read from a notebook."""

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

SUFFIXES = (".pdf", ".xlsx", ".html", ".ipynb")
DONE, FAILED, TIMED_OUT = "done", "failed", "timed out"
OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True)
class RunRecord:
    """One district's run; written beside its files as DISTRICT.json.

    ``attempts`` tells each try: status, seconds, error. ``key`` is the digest of all
    that the report follows from, ``sha256`` that of each file. ``fresh`` is true
    where the report lay there and needed no making.
    """

    district: str
    month: str
    status: str
    fingerprint: str
    code_version: str
    engine: str
    parameters: dict
    started: str
    seconds: float
    peak_mb: float = 0.0
    rows: dict = field(default_factory=dict)
    files: list = field(default_factory=list)
    error: str = ""
    attempts: list = field(default_factory=list)
    key: str = ""
    sha256: dict = field(default_factory=dict)
    fresh: bool = False

    @property
    def done(self) -> bool:
        """Whether the report is whole."""
        return self.status == DONE

    def as_dict(self) -> dict:
        """Return the record as the file holds it."""
        return asdict(self)

    def write(self, path: Path) -> None:
        """Write the record as JSON, whole or not at all."""
        text = json.dumps(self.as_dict(), ensure_ascii=False, indent=1)
        write_whole(path, (text + "\n").encode())


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write under a temporary name, then rename: a reader never meets half a file."""
    partial = path.with_name(f".{path.name}.part")
    try:
        partial.write_bytes(content)
        partial.chmod(mode)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def clear(folder: Path, district: str) -> None:
    """Remove what an earlier run, or one that was ended, left of a district."""
    clear_files(folder, district)
    clear_unfinished(folder, district)


def clear_files(folder: Path, district: str) -> None:
    """Remove a report, its record first: what is left never claims to be whole."""
    for suffix in (".json", *SUFFIXES):
        (folder / f"{district}{suffix}").unlink(missing_ok=True)


def clear_unfinished(folder: Path, district: str) -> None:
    """Remove the working folders of reports that never ended."""
    for unfinished in folder.glob(f".{district}-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    for partial in folder.glob(f".{district}.*.part"):
        partial.unlink(missing_ok=True)
