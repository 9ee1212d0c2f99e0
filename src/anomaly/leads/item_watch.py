"""Drugs, consumables and services on which a district spends more than the others.

A description, no test: nobody is compared who could be called odd by chance. An
item's expected amount is what the district's spending on that class of items would
hold of it, were it spent as in the other districts.
"""

from datetime import date

import pandas as pd

from anomaly.features.builder import build
from anomaly.periods import month_text, shift
from anomaly.store.store import Store

STEP = "institution_item"
COLUMNS = (
    "district",
    "item",
    "name",
    "amount",
    "expected",
    "oe",
    "excess_amount",
    "place",
    "of",
    "persistence",
    "amount_before",
    "institution_name",
    "institution_share",
)
MONTHS = 12
# The first character: western drugs X, Chinese Z and T, consumables C, services 0.
CLASS = "substr(national_item_code, 1, 1)"
ABOVE = 1.5  # times the expected amount from which a month counts as high


def item_watch(store: Store, month: date, district: str | None = None) -> pd.DataFrame:
    """Return items by the yuan a district spent beyond the others' mix (`COLUMNS`).

    amount, expected and excess_amount are yuan of the month; oe their ratio; place is
    the district's among ``of`` districts by the item's share of its class;
    persistence counts the months of the last twelve, this one included, at `ABOVE`
    times the expected amount or more; amount_before is that of the same month last
    year (NaN where it is not loaded); institution_share is the part of the
    institution that bills most of it. Sorted by excess, only what is above; empty
    where the store has one district, for there is nobody to compare it with.
    """
    loaded = set(store.months())
    recent = [shift(month, -back) for back in range(MONTHS)]
    wanted = [one for one in [*recent, shift(month, -MONTHS)] if one in loaded]
    build(store, wanted, units=[STEP])
    spent = _spent(store, wanted)
    mixed = _against_others(spent)
    now = mixed[mixed["month"] == pd.Timestamp(month)].copy()
    high = mixed[(mixed["oe"] >= ABOVE) & mixed["month"].isin(pd.to_datetime(recent))]
    keys = ["district", "item"]
    now = now.join(high.groupby(keys).size().rename("persistence"), on=keys)
    before = spent[spent["month"] == pd.Timestamp(shift(month, -MONTHS))]
    now = now.join(before.set_index(keys)["amount"].rename("amount_before"), on=keys)
    now = now.join(_foremost_payee(store, month), on=keys)
    now = now.join(_names(store), on="item")
    now["persistence"] = now["persistence"].fillna(0).astype(int)
    if district:
        now = now[now["district"] == district]
    return _ordered(now[now["excess_amount"] > 0])


def _spent(store: Store, months: list[date]) -> pd.DataFrame:
    """Return yuan by district, item and month: month, district, item, class, amount."""
    store.show(STEP, [month_text(one) for one in months])
    return store.engine.frame(
        "SELECT month, district, national_item_code AS item,"
        f" {CLASS} AS item_class,"
        f" CAST(sum(amount) AS DOUBLE) AS amount FROM {STEP}"
        " WHERE district IS NOT NULL AND amount IS NOT NULL"
        " GROUP BY month, district, national_item_code ORDER BY 1, 2, 3"
    )


def _against_others(spent: pd.DataFrame) -> pd.DataFrame:
    """Add what the other districts' mix leads one to expect, and the place."""
    spent = spent.assign(month=pd.to_datetime(spent["month"]))
    of_class = ["month", "item_class"]
    whole = spent.groupby(of_class)["amount"].transform("sum")
    own = spent.groupby([*of_class, "district"])["amount"].transform("sum")
    item = spent.groupby([*of_class, "item"])["amount"].transform("sum")
    others = (whole - own).where(whole > own)
    expected = own * (item - spent["amount"]) / others
    share = spent["amount"] / own
    places = share.groupby([spent["month"], spent["item"]]).rank(
        ascending=False, method="min"
    )
    districts = spent.groupby("month")["district"].transform("nunique")
    return spent.assign(
        expected=expected,
        oe=spent["amount"] / expected.where(expected > 0),
        excess_amount=spent["amount"] - expected,
        place=places.astype(int),
        of=districts,
    )


def _foremost_payee(store: Store, month: date) -> pd.DataFrame:
    """Return on district and item who bills most of it, and the part of it."""
    for table in ("institution", "pharmacy"):
        store.show(table)
    store.show(STEP, [month_text(month)])
    found = store.engine.frame(
        "SELECT s.district, s.national_item_code AS item, s.institution_id,"
        " coalesce(i.institution_name, p.pharmacy_name, s.institution_id)"
        " AS institution_name, CAST(s.amount AS DOUBLE) AS amount"
        f" FROM {STEP} s LEFT JOIN institution i USING (institution_id)"
        " LEFT JOIN pharmacy p ON s.institution_id = p.pharmacy_id"
        " WHERE s.district IS NOT NULL AND s.amount IS NOT NULL"
    )
    whole = found.groupby(["district", "item"])["amount"].transform("sum")
    found = found.assign(institution_share=found["amount"] / whole.where(whole > 0))
    found = found.sort_values(
        ["district", "item", "amount", "institution_id"],
        ascending=[True, True, False, True],
    )
    first = found.drop_duplicates(["district", "item"]).set_index(["district", "item"])
    return first[["institution_name", "institution_share"]]


def _names(store: Store) -> pd.Series:
    store.show("catalogue")
    found = store.engine.frame(
        "SELECT national_item_code AS item, max(catalog_item_name) AS name"
        " FROM catalogue GROUP BY national_item_code"
    )
    return found.set_index("item")["name"]


def _ordered(found: pd.DataFrame) -> pd.DataFrame:
    """Round before sorting, so that the order does not hang on a last bit."""
    money = ("amount", "expected", "excess_amount", "amount_before")
    found = found.assign(name=found["name"].fillna(found["item"]))
    found = found.round(dict.fromkeys(money, 2) | {"oe": 4, "institution_share": 4})
    found = found.sort_values(
        ["excess_amount", "district", "item"], ascending=[False, True, True]
    )
    return found.reset_index(drop=True)[list(COLUMNS)]
