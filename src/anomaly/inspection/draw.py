"""Double-random draw of institutions and inspectors, replayable from its seed.

The order of a draw is that of SHA-256 over ``seed|id``: no state, no engine, so
that anyone can repeat it from the published seed with the ids alone.
"""

import re
from collections.abc import Iterable
from hashlib import sha256

import pandas as pd

from anomaly.errors import UsageError


def drawing_order(seed: str, ids: Iterable[str]) -> list[str]:
    """Return ids in the order in which the seed draws them."""
    return sorted(
        set(ids), key=lambda name: (sha256(f"{seed}|{name}".encode()).hexdigest(), name)
    )


def commitment(seed: str) -> str:
    """Return the hash of a seed that is published before the draw."""
    return sha256(seed.encode()).hexdigest()


def draw(
    institutions: pd.DataFrame,
    inspectors: pd.DataFrame,
    *,
    count: int,
    team: int,
    seed: str,
) -> list[dict]:
    """Draw institutions, and a team for each that nobody in it must recuse from.

    Parameters
    ----------
    institutions : DataFrame
        institution_id.
    inspectors : DataFrame
        inspector_id, recused (institution ids separated by blanks, commas or
        semicolons, Chinese ones too).
    count, team : int
        How many institutions, and inspectors for each.
    seed : str
        Any text; its `commitment` is published beforehand.

    Returns
    -------
    list of dict
        institution_id and inspectors, in drawing order.

    Raises UsageError where the pool is too small, or recusal leaves no team.
    """
    pool = institutions["institution_id"].astype(str)
    if not 1 <= count <= pool.nunique():
        raise UsageError(
            f"count {count}", expected=f"1 to {pool.nunique()}, the institutions given"
        )
    recused = {
        str(row.inspector_id): set(re.split(r"[\s,;，；、]+", str(row.recused))) - {""}
        for row in inspectors.fillna({"recused": ""}).itertuples()
    }
    _refuse_unknown(recused, set(pool))
    drawn = drawing_order(seed, pool)[:count]
    return [
        {"institution_id": name, "inspectors": _team(name, recused, team, seed)}
        for name in drawn
    ]


def _refuse_unknown(recused: dict[str, set[str]], pool: set[str]) -> None:
    """A recusal that names nobody in the pool is a slip that could cost fairness."""
    for inspector, barred in recused.items():
        unknown = sorted(barred - pool)
        if unknown:
            raise UsageError(
                f"inspector {inspector}: recused from '{unknown[0]}'",
                expected="institution ids of the pool",
                todo="correct the id, or leave it out if it is not in this draw",
            )


def _team(
    institution: str, recused: dict[str, set[str]], size: int, seed: str
) -> list[str]:
    free = [name for name, barred in recused.items() if institution not in barred]
    if not 1 <= size <= len(free):
        raise UsageError(
            f"institution {institution}: {len(free)} inspectors need not recuse",
            expected=f"a team of {size}",
            todo="name more inspectors or ask for a smaller team",
        )
    return drawing_order(f"{seed}|{institution}", free)[:size]
