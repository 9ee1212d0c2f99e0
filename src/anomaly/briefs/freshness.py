"""Whether a report that lies there is the one that would be made now."""

import json
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from anomaly.briefs.facts import versions
from anomaly.briefs.record import DONE

# What a bureau may put into its store to change what a brief says.
STORE_FILES = ("*.toml", "*.csv", "knowledge/*", "indicators/*", "ledger.seal")
SOURCES = (".py", ".toml", ".typ", ".sql", ".csv", ".ipynb")
ELSEWHERE = ("store", "out")  # where things lie says nothing of what they are


def key_of(*, template: Path, fingerprint: str, parameters: dict) -> str:
    """Return the digest of all that a report follows from.

    The notebook, our own code with its policy and wording, the versions of what
    computes and sets, the data's fingerprint, the store's own policy files, and the
    parameters.
    """
    told = {name: value for name, value in parameters.items() if name not in ELSEWHERE}
    parts = [
        digest(template.read_bytes()),
        package_digest(),
        fingerprint,
        store_digest(Path(parameters["store"])),
        json.dumps(versions(), sort_keys=True),
        json.dumps(told, sort_keys=True, ensure_ascii=False),
    ]
    return digest("\n".join(parts).encode())


def digest(content: bytes) -> str:
    """Return SHA-256 in hexadecimal."""
    return sha256(content).hexdigest()


@cache
def package_digest() -> str:
    """Return the digest of our own source, SQL, policy, wording and templates."""
    root = Path(str(files("anomaly")))
    return _tree(sorted(p for p in root.rglob("*") if p.suffix in SOURCES), root)


def store_digest(store: Path) -> str:
    """Return the digest of the policy files that a bureau keeps in its store."""
    found = {path for pattern in STORE_FILES for path in store.glob(pattern)}
    return _tree(sorted(path for path in found if path.is_file()), store)


def _tree(paths: list[Path], root: Path) -> str:
    lines = [f"{path.relative_to(root)} {digest(path.read_bytes())}" for path in paths]
    return digest("\n".join(lines).encode())


def kept_record(folder: Path, district: str, key: str) -> dict | None:
    """Return the record of a report that need not be made again, else None.

    It says done, follows from the same key, and each of its files is as it was.
    """
    try:
        record = json.loads((folder / f"{district}.json").read_text("utf-8"))
        if record["status"] != DONE or record["key"] != key or not record["sha256"]:
            return None
        same = all(
            digest((folder / name).read_bytes()) == told
            for name, told in record["sha256"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return record if same else None
