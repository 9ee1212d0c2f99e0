"""The claims of an institution that were approved, and the facts of those sampled."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pandas as pd

from anomaly.errors import UsageError
from anomaly.features.builder import all_steps
from anomaly.features.frames import quoted
from anomaly.periods import month_text
from anomaly.store.steps import Runner, needed
from anomaly.store.store import Store

FACTS = ("visit_class", "sex", "age_band", "main_diagnosis", "stay_days", "amount")
LINES = ("day", "item", "fee_category", "quantity", "unit_price", "line_amount")
STEPS = ("settlement_net", "visit_fact")


def approved(
    store: Store, institution_id: str, months: Sequence[date], unreviewed: bool = False
) -> pd.DataFrame:
    """Return approved claims (settlement_id, visit_class, amount), a row each.

    ``amount`` is what the fund paid less what review deducted and no appeal restored,
    Decimal yuan; claims with none left are not in it. Where the store holds reviews of
    these months, all claims must have been reviewed, unless ``unreviewed`` takes in
    the others as they are: half a month would else pass for the whole. UsageError
    where they are not, or the institution has no claim.
    """
    texts = _built(store, months)
    store.show("settlement_net", texts)
    store.show("review")
    rows = store.engine.frame(
        "SELECT s.institution_id, s.settlement_id, s.visit_class,"
        " CAST(CAST(s.fund_pay - CASE WHEN coalesce(r.overturned, false) THEN 0"
        " ELSE coalesce(r.deducted, 0) END AS DECIMAL(18, 2)) AS VARCHAR) AS amount,"
        " r.settlement_id IS NOT NULL AS is_reviewed"
        " FROM settlement_net s LEFT JOIN review r ON s.settlement_id = r.settlement_id"
        " ORDER BY s.settlement_id"
    )
    holds_reviews = bool(rows["is_reviewed"].any())
    rows = rows[rows["institution_id"] == institution_id]
    if rows.empty:
        raise UsageError(
            f"institution '{institution_id}': no claim in {', '.join(texts)}",
            expected="an institution with claims in these months",
        )
    left = int((~rows["is_reviewed"]).sum())
    if holds_reviews and left and not unreviewed:
        raise UsageError(
            f"institution '{institution_id}': {left} of {len(rows)} claims of"
            f" {', '.join(texts)} are not reviewed yet",
            expected="months whose review is done",
            todo="sample later, or take them in as they are: --unreviewed",
        )
    rows = rows.assign(amount=rows["amount"].map(Decimal))
    columns = ["settlement_id", "visit_class", "amount"]
    return rows.loc[rows["amount"] > 0, columns].reset_index(drop=True)


def facts(store: Store, settlements: Sequence[str], months: Sequence[date]):
    """Return a row a claim (`FACTS`) and its fee lines (`LINES`), by settlement_id.

    Nothing in them says who was treated, where, by whom or when: an age is a band and
    a day is counted from the first line of the claim.
    """
    texts = _built(store, months)
    for name in STEPS:
        store.show(name, texts)
    for name in ("charge", "visit"):
        store.show(name)
    chosen = f"IN ({quoted(settlements)})"
    claims = store.engine.frame(
        "SELECT s.settlement_id, s.visit_class, s.sex, f.age_band,"
        " coalesce(v.main_diagnosis_name, f.main_diagnosis) AS main_diagnosis,"
        " f.stay_days, s.fund_pay AS amount FROM settlement_net s"
        " JOIN visit_fact f ON s.visit_id = f.visit_id AND s.month = f.month"
        " LEFT JOIN (SELECT visit_id, max(main_diagnosis_name) AS main_diagnosis_name"
        " FROM visit GROUP BY visit_id) v ON s.visit_id = v.visit_id"
        f" WHERE s.settlement_id {chosen} ORDER BY s.settlement_id"
    )
    lines = store.engine.frame(
        "SELECT settlement_id, 1 + date_diff('day',"
        " min(CAST(charged_at AS DATE)) OVER (PARTITION BY settlement_id),"
        " CAST(charged_at AS DATE)) AS day,"
        " coalesce(catalog_item_name, local_item_name, national_item_code) AS item,"
        " fee_category, quantity, unit_price, line_amount FROM charge"
        f" WHERE settlement_id {chosen} ORDER BY settlement_id, charged_at, line_id"
    )
    return claims, lines


def _built(store: Store, months: Sequence[date]) -> list[str]:
    for month in months:
        store.check_month(month)
    Runner(store, needed(all_steps().values(), STEPS)).run(sorted(months))
    return [month_text(month) for month in sorted(months)]
