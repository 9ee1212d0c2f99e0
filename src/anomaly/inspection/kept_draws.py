"""Draws that were kept beside a store, so that a brief can show them."""

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from anomaly.errors import DataRefusedError, UsageError

FOLDER = "draws"
NAME = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True)
class KeptDraw:
    """One draw: what was drawn, from how many, and what lets anyone repeat it.

    ``draw`` holds a dict an institution (institution_id, inspectors), ``pool_hash``
    is SHA-256 over the sorted ids of the pool, one a line; ``seed_hash`` was to be
    published before the draw and ``seed`` after it.
    """

    month: str
    seed: str
    seed_hash: str
    pool_hash: str
    pool: int
    inspectors: int
    recusals: int
    team: int
    drawn_at: str
    draw: list = field(default_factory=list)


def pool_hash(ids) -> str:
    """Return the digest of a pool of ids, whatever their order."""
    return sha256("\n".join(sorted(set(map(str, ids)))).encode()).hexdigest()


def keep(root: Path, kept: KeptDraw) -> Path:
    """Write the draw to ROOT/draws/MONTH.json; UsageError where one stands already.

    A draw that could be drawn again until it pleases would be none.
    """
    path = _path(root, kept.month)
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(asdict(kept), ensure_ascii=False, indent=1) + "\n"
    try:
        with path.open("x", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError:
        raise UsageError(
            f"{path}: the draw of {kept.month} stands already",
            expected="one draw a month",
            todo="show it with: anomaly brief, or draw for another month",
        ) from None
    return path


def kept_draw(root: Path, month: str) -> KeptDraw | None:
    """Return the draw kept for a month, None where there is none."""
    path = _path(root, month)
    if not path.is_file():
        return None
    try:
        return KeptDraw(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise DataRefusedError(f"{path}: {error}", expected="a kept draw") from None


def _path(root: Path, month: str) -> Path:
    if not NAME.fullmatch(month):
        raise UsageError(f"month '{month}'", expected="YYYY-MM")
    return Path(root) / FOLDER / f"{month}.json"


def now() -> str:
    """Return the time of a draw, to the second, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
