"""Growth: a unit's value against the same month last year and the month before.

It is derived from two months of FEATURES, never stored: a corrected month changes it
without anything being built anew.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache

import pandas as pd

from anomaly.features.indicator import Indicator, indicators
from anomaly.periods import shift

NAMES = {
    "yoy": ("同比增长率", "on the same month last year"),
    "mom": ("环比增长率", "on the month before"),
}
BACK = {"yoy": -12, "mom": -1}
_NOW_BEFORE = ("", "_before")


@dataclass(frozen=True)
class Growth:
    """What is derived from one record: its id, its names, how far back it looks."""

    id: str
    zh: str
    en: str
    record: Indicator
    back: int


def growths_of(record: Indicator) -> list[Growth]:
    """Return the growth that is derived from a record; none where it has none."""
    if not record.growth:
        return []
    return [
        Growth(
            f"{record.id}_{key}",
            record.zh + zh,
            f"{record.en}, growth {en}",
            record,
            BACK[key],
        )
        for key, (zh, en) in NAMES.items()
    ]


@cache
def growths() -> dict[str, Growth]:
    """Return every growth of the catalogue by id."""
    found = [one for record in indicators().values() for one in growths_of(record)]
    return {one.id: one for one in found}


def months_with_before(months: list[date]) -> list[date]:
    """Return months and those that their growth is measured against, in order."""
    before = {shift(month, back) for month in months for back in BACK.values()}
    return sorted({*months, *before})


def derived(
    rows: pd.DataFrame, months: list[date], records: list[Indicator]
) -> pd.DataFrame:
    """Return growth as FEATURES rows of some months, from rows that hold those before.

    The numerator is the rise, the denominator the earlier value. A unit that had
    nothing before has no growth.
    """
    dated = rows.assign(month=rows["month"].astype("datetime64[s]"))
    wanted = dated[dated["month"].isin(pd.DatetimeIndex(months))]
    found = [
        _of(one, wanted, dated) for record in records for one in growths_of(record)
    ]
    filled = [frame for frame in found if len(frame)]
    if not filled:
        return rows.iloc[:0]
    whole = pd.concat(filled, ignore_index=True)
    whole["month"] = whole["month"].astype(rows["month"].dtype)
    return whole.sort_values(["month", "indicator", "unit_id"], ignore_index=True)


def _of(one: Growth, wanted: pd.DataFrame, dated: pd.DataFrame) -> pd.DataFrame:
    now = wanted[wanted["indicator"] == one.record.id]
    before = dated.loc[
        dated["indicator"] == one.record.id, ["unit_id", "month", "value"]
    ]
    before = before.assign(
        month=before["month"] + pd.DateOffset(months=-one.back),
    )
    both = now.merge(before, on=["unit_id", "month"], suffixes=_NOW_BEFORE)
    both = both[both["value_before"] > 0]
    rise = both["value"] - both["value_before"]
    return both.assign(
        indicator=one.id,
        numerator=rise,
        denominator=both["value_before"],
        spread=float("nan"),
        value=rise / both["value_before"],
    )[wanted.columns.tolist()]
