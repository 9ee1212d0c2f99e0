"""One person's visits by day, and who comes along: pictures, never a verdict.

Whether company is a lead says rule R38, minute by minute; a shared day is wider, and
shows the circle in which to look.
"""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from anomaly.errors import UsageError
from anomaly.features.builder import all_steps
from anomaly.features.frames import quoted
from anomaly.periods import month_text
from anomaly.store.steps import Runner, needed
from anomaly.store.store import Store

VISITS = (
    "visit_id",
    "day",
    "visit_class",
    "institution_id",
    "institution_name",
    "doctor_id",
    "main_diagnosis",
    "admitted_at",
    "discharged_at",
    "settled_at",
    "total_fee",
    "fund_pay",
)
COMPANIONS = (
    "insured_id",
    "companion_id",
    "days",
    "institutions",
    "first_day",
    "last_day",
)
CIRCLE_AT_MOST = 40
STEP = "visit_fact"


def visits_of(store: Store, insured_id: str, months: Sequence[date]) -> pd.DataFrame:
    """Return a person's netted visits in some months, in order (columns `VISITS`).

    ``day`` is a stay's first, else that of the settlement; yuan as floats. UsageError
    for a person without any.
    """
    _shown(store, months)
    for name in ("institution", "pharmacy"):
        store.show(name)
    rows = store.engine.frame(
        "SELECT v.visit_id, CAST(coalesce(v.admitted_at, v.settled_at) AS DATE) AS day,"
        " v.visit_class, v.institution_id, coalesce(i.institution_name,"
        " p.pharmacy_name, v.institution_id) AS institution_name, v.doctor_id,"
        " v.main_diagnosis, v.admitted_at, v.discharged_at, v.settled_at,"
        " CAST(v.total_fee AS DOUBLE) AS total_fee,"
        " CAST(v.fund_pay AS DOUBLE) AS fund_pay"
        f" FROM {STEP} v"
        " LEFT JOIN institution i ON v.institution_id = i.institution_id"
        " LEFT JOIN pharmacy p ON v.institution_id = p.pharmacy_id"
        f" WHERE v.insured_id = {quoted([insured_id])}"
        " ORDER BY v.settled_at, v.visit_id"
    )
    if rows.empty:
        raise _unseen(insured_id, months)
    rows["day"] = pd.to_datetime(rows["day"])
    return rows[list(VISITS)]


def companions(
    store: Store, insured_id: str, months: Sequence[date], days: int
) -> pd.DataFrame:
    """Return who shares days and institutions with a person, and they with each other.

    A row a pair, those with most days first (columns `COMPANIONS`): on so many days
    (``days`` or more) both were at the same institution, stays left out. The circle
    is the person and at most 40 others. UsageError for a person without visits.
    """
    if days < 1:
        raise UsageError(f"days {days}", expected="1 or more")
    _shown(store, months)
    seen = (
        "SELECT DISTINCT insured_id, institution_id,"
        f" CAST(settled_at AS DATE) AS day FROM {STEP}"
        " WHERE visit_class <> 'inpatient'"
    )
    own = f"insured_id = {quoted([insured_id])}"
    if store.engine.frame(f"SELECT 1 FROM {STEP} WHERE {own} LIMIT 1").empty:
        raise _unseen(insured_id, months)
    around = store.engine.frame(
        f"WITH seen AS ({seen}) SELECT b.insured_id, count(DISTINCT b.day) AS days"
        f" FROM (SELECT institution_id, day FROM seen WHERE {own}) a"
        " JOIN seen b ON a.institution_id = b.institution_id AND a.day = b.day"
        f" WHERE NOT b.{own} GROUP BY b.insured_id"
        f" HAVING count(DISTINCT b.day) >= {int(days)}"
        f" ORDER BY days DESC, b.insured_id LIMIT {CIRCLE_AT_MOST}"
    )
    circle = quoted([insured_id, *around["insured_id"]])
    rows = store.engine.frame(
        f"WITH seen AS ({seen} AND insured_id IN ({circle}))"
        " SELECT a.insured_id, b.insured_id AS companion_id,"
        " count(DISTINCT a.day) AS days,"
        " count(DISTINCT a.institution_id) AS institutions,"
        " min(a.day) AS first_day, max(a.day) AS last_day FROM seen a JOIN seen b"
        " ON a.institution_id = b.institution_id AND a.day = b.day"
        " AND a.insured_id < b.insured_id GROUP BY a.insured_id, b.insured_id"
        f" HAVING count(DISTINCT a.day) >= {int(days)}"
        " ORDER BY days DESC, a.insured_id, b.insured_id"
    )
    return rows[list(COMPANIONS)]


def _shown(store: Store, months: Sequence[date]) -> None:
    Runner(store, needed(all_steps().values(), (STEP,))).run(sorted(months))
    store.show(STEP, [month_text(month) for month in sorted(months)])


def _unseen(insured_id: str, months: Sequence[date]) -> UsageError:
    first, last = (month_text(month) for month in (min(months), max(months)))
    return UsageError(
        f"insured '{insured_id}': no visit from {first} to {last}",
        expected="an insured_id of the store",
    )
