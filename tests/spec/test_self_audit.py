"""The agency's look at itself, over a drawn world of three handlers."""

from datetime import date

import pytest
from drawn_indicators import load_world
from scipy.stats import binom

from anomaly.casework.self_audit import COLUMNS, self_audit
from anomaly.store.store import Store

MONTH = date(2026, 5, 1)
HEAD = (
    "settlement_id, agency_id, operator_id, payee_id, reviewed_at, paid_at,"
    " appealed, overturned"
)
# Monday the 11th; Saturday the 9th was worked in exchange for a holiday.
OFFICE, NIGHT = "2026-05-11 10:00:00", "2026-05-11 20:00:00"
SUNDAY, WORKED = "2026-05-10 10:00:00", "2026-05-09 10:00:00"


def world() -> dict:
    """Draw OP1, four of ten appeals overturned and all paid to H1; OP2, one of ten."""
    bills = ["id, insured_id, settled_at, fund_pay, manual_reimb_reason"]
    reviews = [HEAD]
    for n in range(60):
        own = f"{n:02d}"
        bills.append(f"{own}, P{own}, 2026-05-06 10:{own}:00, 60, ")
        operator = ("OP1", "OP2")[n >= 30]
        payee = "H1" if n < 30 or n % 2 else "H2"
        appealed = n % 30 < 10
        overturned = n % 30 < (4 if n < 30 else 1)
        paid = "2026-05-10 09:00:00" if n in (30, 31) else "2026-05-20 09:00:00"
        reviews.append(
            f"S{own}, 990101, {operator}, {payee}, {OFFICE}, {paid},"
            f" {int(appealed)}, {int(overturned)}"
        )
    for n, moment in enumerate((OFFICE, NIGHT, SUNDAY, WORKED)):
        bills.append(f"M{n}, PM{n}, 2026-05-07 10:{n:02d}:00, 100, 1")
        reviews.append(f"SM{n}, 990101, OP3, P9, {moment}, 2026-05-20 09:00:00, 0, 0")
    return {"bills": "\n".join(bills), "tables": {"review": "\n".join(reviews)}}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    path = load_world(tmp_path_factory.mktemp("audit"), world())
    return self_audit(Store.open(path), MONTH).set_index("operator_id")


def test_the_worst_overridden_come_first_with_their_exact_probability(found):
    assert found.index.tolist() == ["OP1", "OP2", "OP3"]
    one = found.loc["OP1"]
    assert (one["appeals"], one["overturned"], one["override_rate"]) == (10, 4, 0.4)
    # Of the others one of ten was overturned; two handlers were tested.
    assert one["override_p"] == pytest.approx(binom.sf(3, 10, 0.1), abs=1e-8)
    assert one["expected_by_chance"] == pytest.approx(2 * one["override_p"], abs=1e-4)


def test_who_is_paid_and_what_was_paid_before_review(found):
    assert found["payee_id"].tolist() == ["H1", "H1", "P9"]
    assert found["payee_share"].tolist()[:2] == [1.0, 0.5]
    assert found["paid_before_review"].tolist() == [0, 2, 0]
    assert found["paid_before_review_amount"].tolist() == [0, 120, 0]


def test_manual_reimbursement_outside_office_hours(found):
    row = found.loc["OP3"]
    # The night and the Sunday; the weekend day that was worked is none.
    assert (row["manual"], row["manual_off_hours"]) == (4, 2)
    assert row["manual_off_hours_amount"] == 200
    assert found["manual_off_hours"].tolist() == [0, 0, 2]


def test_few_reviews_have_no_rates(found):
    assert found.loc["OP3", ["override_rate", "override_p", "payee_share"]].isna().all()


def test_without_reviews_there_is_nothing_to_look_at(tmp_path):
    path = load_world(tmp_path, {"bills": "id\n1"})
    told = self_audit(Store.open(path), MONTH)
    assert told.empty
    assert tuple(told.columns) == COLUMNS
