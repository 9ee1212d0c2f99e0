"""Cross-county checks: each district is checked by another, by a published seed."""

from collections.abc import Iterable

import pandas as pd

from anomaly.errors import UsageError
from anomaly.inspection.draw import drawing_order

COLUMNS = ("district", "checked_by")


def cross_county(districts: Iterable[str], seed: str) -> pd.DataFrame:
    """Return who checks each district (columns `COLUMNS`), by district.

    The districts stand in a circle, in the order in which the seed draws them; each
    is checked by the one before it. So none checks itself, each checks one, and with
    three or more no two check each other. The circle needs no state: whoever has the
    seed and the ids can draw it again with a SHA-256 alone.

    UsageError for fewer than two, or a district without a name.
    """
    names = sorted({str(name).strip() for name in districts})
    if len(names) < 2 or "" in names:
        told = ", ".join(names) or "none"
        raise UsageError(
            f"districts: {told}", expected="at least two districts, each with a code"
        )
    circle = drawing_order(seed, names)
    before = dict(zip(circle[1:] + circle[:1], circle, strict=True))
    rows = [(name, before[name]) for name in names]
    return pd.DataFrame(rows, columns=list(COLUMNS))
