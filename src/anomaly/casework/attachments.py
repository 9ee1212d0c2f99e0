"""Files attached to a case: copied into the store under their SHA-256."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from anomaly.errors import UsageError
from anomaly.store.store import digest

FOLDER = "attachments"


def place(root: Path, sha256: str) -> Path:
    """Return where the store keeps a file of these bytes."""
    return root / FOLDER / sha256


def attach(root: Path, paths: Sequence[Path]) -> dict[str, str]:
    """Copy files into the store; return SHA-256 -> name. UsageError for none such.

    A copy whose step is then refused is kept by nobody and harms nobody.
    """
    for path in paths:
        if not path.is_file():
            raise UsageError(f"--attach '{path}' does not exist", expected="a file")
    return {_kept(root, path): path.name for path in paths}


def _kept(root: Path, path: Path) -> str:
    folder = root / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    partial = folder / f".{os.getpid()}.partial"
    try:
        shutil.copyfile(path, partial)
        os.chmod(partial, 0o600)
        sha256 = digest(partial)
        partial.replace(place(root, sha256))
    finally:
        partial.unlink(missing_ok=True)
    return sha256
