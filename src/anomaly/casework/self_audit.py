"""The agency's look at itself: what each handler decided, whom it paid, and when.

As the campaign notice lists them: overridden decisions, handler and payee always the
same, money paid before review, manual reimbursement outside office hours. A row is a
question to the agency, as a lead is.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from anomaly.features.builder import all_steps
from anomaly.periods import month_text
from anomaly.policy.read import as_record, policy
from anomaly.policy.working_days import is_working_day
from anomaly.store.steps import Runner, needed
from anomaly.store.store import Store

STEP = "review_fact"
COLUMNS = (
    "agency_id",
    "operator_id",
    "reviews",
    "fund_pay",
    "appeals",
    "overturned",
    "override_rate",
    "override_p",
    "expected_by_chance",
    "payee_id",
    "payee_share",
    "paid_before_review",
    "paid_before_review_amount",
    "manual",
    "manual_off_hours",
    "manual_off_hours_amount",
)


@dataclass(frozen=True)
class Hours:
    """When claims are handled, and how many reviews a rate needs."""

    basis: str
    opens: int
    closes: int
    fewest_reviews: int


def hours() -> Hours:
    """Return the policy; PolicyError on a key that is none."""
    return as_record(Hours, policy("self_audit"), "policy/self_audit.toml")


def self_audit(store: Store, month: date) -> pd.DataFrame:
    """Return a row a handler of the month's settlements (columns `COLUMNS`).

    Amounts are yuan of fund payment. override_rate is the share of appealed
    deductions that were overturned; override_p the one-sided exact probability of so
    many were the handler as all others are, and expected_by_chance that times the
    handlers tested; payee_share the part of the handler's yuan that goes to one
    payee. Rates are NaN below the policy's fewest reviews. Worst first: by the
    override's p, then by yuan paid before review. Empty where no review is loaded.
    """
    rows = _reviews(store, month)
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    found = rows.groupby(["agency_id", "operator_id"], as_index=False).agg(
        reviews=("fund_pay", "size"),
        fund_pay=("fund_pay", "sum"),
        appeals=("is_appealed", "sum"),
        overturned=("is_overturned", "sum"),
        paid_before_review=("is_early", "sum"),
        paid_before_review_amount=("early_pay", "sum"),
        manual=("is_manual", "sum"),
        manual_off_hours=("is_off_hours", "sum"),
        manual_off_hours_amount=("off_hours_pay", "sum"),
    )
    found = found.merge(_foremost_payee(rows), on=["agency_id", "operator_id"])
    return _ordered(_tested(found))


def _reviews(store: Store, month: date) -> pd.DataFrame:
    """Return the reviewed settlements of a month, one row each, with what to count."""
    steps = needed(all_steps().values(), [STEP])
    Runner(store, steps).run([month])
    store.show(STEP, [month_text(month)])
    store.show("review")
    rows = store.engine.frame(
        "SELECT coalesce(f.agency_id, '') AS agency_id, f.operator_id, f.payee_id,"
        " CAST(f.fund_pay AS DOUBLE) AS fund_pay, f.is_manual,"
        " coalesce(f.is_appealed, 0) AS is_appealed,"
        " coalesce(f.is_overturned, 0) AS is_overturned,"
        " r.reviewed_at, r.paid_at"
        f" FROM {STEP} f JOIN review r USING (settlement_id)"
        " WHERE f.operator_id IS NOT NULL ORDER BY f.settlement_id"
    )
    early = (rows["paid_at"] < rows["reviewed_at"]).fillna(False)
    late = pd.Series([_off_hours(at) for at in rows["reviewed_at"]], dtype=bool)
    off = (rows["is_manual"] == 1) & late
    return rows.assign(
        is_early=early,
        early_pay=rows["fund_pay"].where(early, 0.0),
        is_off_hours=off,
        off_hours_pay=rows["fund_pay"].where(off, 0.0),
    )


def _off_hours(moment) -> bool:
    """Tell whether a time is outside office hours; one without an hour is not told."""
    if pd.isna(moment) or moment == moment.normalize():
        return False
    open_now = hours().opens <= moment.hour < hours().closes
    return not (is_working_day(moment.date()) and open_now)


def _foremost_payee(rows: pd.DataFrame) -> pd.DataFrame:
    keys = ["agency_id", "operator_id"]
    paid = rows.groupby([*keys, "payee_id"], as_index=False, dropna=False)[
        "fund_pay"
    ].sum()
    whole = paid.groupby(keys)["fund_pay"].transform("sum")
    paid = paid.assign(payee_share=paid["fund_pay"] / whole.where(whole > 0))
    paid = paid.sort_values(
        [*keys, "fund_pay", "payee_id"], ascending=[True, True, False, True]
    )
    return paid.drop_duplicates(keys)[[*keys, "payee_id", "payee_share"]]


def _tested(found: pd.DataFrame) -> pd.DataFrame:
    """Add how rare a handler's overturned decisions are, were it as all others."""
    from scipy.stats import binom

    appeals, overturned = found["appeals"].sum(), found["overturned"].sum()
    others = appeals - found["appeals"]
    usual = (overturned - found["overturned"]) / others.where(others > 0)
    enough = found["reviews"] >= hours().fewest_reviews
    tested = enough & (found["appeals"] > 0) & usual.notna()
    p = pd.Series(
        binom.sf(found["overturned"] - 1, found["appeals"], usual.fillna(0)),
        index=found.index,
    ).where(tested)
    rate = (found["overturned"] / found["appeals"].where(found["appeals"] > 0)).where(
        enough
    )
    return found.assign(
        override_rate=rate,
        override_p=p,
        expected_by_chance=p * int(tested.sum()),
        payee_share=found["payee_share"].where(enough),
    )


def _ordered(found: pd.DataFrame) -> pd.DataFrame:
    """Round before sorting, so that the order does not hang on a last bit."""
    places = {"override_rate": 4, "override_p": 8, "expected_by_chance": 4}
    places |= {"payee_share": 4, "fund_pay": 2, "paid_before_review_amount": 2}
    found = found.round(places | {"manual_off_hours_amount": 2})
    found = found.sort_values(
        ["override_p", "paid_before_review_amount", "agency_id", "operator_id"],
        ascending=[True, False, True, True],
        na_position="last",
    )
    return found.reset_index(drop=True)[list(COLUMNS)]
