"""What an excess comes to in yuan."""

from datetime import date

import pandas as pd

from anomaly.features.builder import VISITS, scope
from anomaly.features.indicator import UNITS
from anomaly.periods import month_text
from anomaly.store.store import Store

EXCESS = ["excess", "lower", "upper"]
# Kinds whose excess is so many visits, and one that is no amount of money: more
# stays of a kind than expected may each have been worth their fee.
COUNTED = ("count", "growth_count")
PRICELESS = "share_of_count"


def totals(store: Store, unit_kind: str, month: date) -> pd.DataFrame:
    """Return each unit's visits and total_fee (yuan) of the month, on unit_id."""
    store.show(VISITS, [month_text(month)])
    rows = store.engine.frame(
        f"SELECT {UNITS[unit_kind]} AS unit_id, CAST(count(*) AS DOUBLE) AS visits,"
        f" CAST(sum(total_fee) AS DOUBLE) AS total_fee FROM {VISITS}"
        f" WHERE {scope(VISITS, unit_kind)} GROUP BY {UNITS[unit_kind]}"
    )
    return rows.set_index("unit_id")


def in_yuan(evidence: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    """Return `EXCESS` of evidence in yuan a month, nothing below zero claimed.

    An excess of visits counts at the unit's own fee per visit (``sums``: `totals`);
    that of a share of counts is NaN.
    """
    fee = evidence["unit_id"].map(sums["total_fee"] / sums["visits"]).astype(float)
    price = fee.where(evidence["kind"].isin(COUNTED), 1.0)
    price = price.mask(evidence["kind"] == PRICELESS)
    return evidence[EXCESS].mul(price, axis=0).clip(lower=0)
