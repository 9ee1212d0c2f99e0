"""Visits of netted settlements, and the days of the calendar they fall on."""

from datetime import date, datetime, timedelta

from anomaly.periods import shift
from anomaly.policy.working_days import years
from reference.bills import DRUGS
from reference.rows import (
    Row,
    Tables,
    by,
    first_known,
    index,
    known,
    least,
    most,
    of,
    total,
)
from reference.settings import LIMITS

FIRST = "insured_id institution_id visit_class visit_type insured_district sex".split()
SUMS = (
    "total_fee fund_pay drug_fee exam_fee consumable_fee treatment_fee surgery_fee"
    " ct_fee mri_fee dear_fee watch_quantity fee_fully_self fee_over_limit"
    " fee_in_scope pay_account"
).split()
OF_THE_VISIT = (
    "admitted_at discharged_at stay_days main_diagnosis discharge_way operation_code"
    " referral_from_visit"
).split()
NOBODY: Row = dict.fromkeys([*OF_THE_VISIT, "doctor_id", "department"])


def calendar(_: Tables, month: date) -> list[Row]:
    """Every day of the month and of the 92 before it."""
    found = []
    day = month - timedelta(days=92)
    while day < shift(month, 1):
        holiday = any(
            first <= day <= last
            for year in years().values()
            for first, last in year.holidays
        )
        worked = any(day in year.worked for year in years().values())
        found.append(
            {
                "day": day,
                "is_working": int(worked or (day.weekday() < 5 and not holiday)),
                "is_holiday": int(holiday and not worked),
                "in_month": int(day >= month),
            }
        )
        day += timedelta(days=1)
    return found


def visit_fact(tables: Tables, month: date) -> list[Row]:
    """A row a visit: the sums of its bills, and what master and visit say of it."""
    doctors = index(of(tables["responsible_doctor"], month), "visit_id")
    seen = index(of(tables["visit"], month), "visit_id")
    institutions = index(tables["institution"], "institution_id")
    pharmacies = index(tables["pharmacy"], "pharmacy_id")
    holidays = {d["day"] for d in of(tables["calendar"], month) if d["is_holiday"]}
    lines = by(of(tables["line_net"], month), "settlement_id")
    found = []
    for (visit_id,), bills in by(
        of(tables["settlement_net"], month), "visit_id"
    ).items():
        row = {name: least(bills, name) for name in FIRST}
        row |= {name: total(bills, name) for name in SUMS}
        row |= {name: seen.get(visit_id, NOBODY)[name] for name in OF_THE_VISIT}
        hospital = institutions.get(row["institution_id"], {})
        shop = pharmacies.get(row["institution_id"], {})
        doctor = doctors.get(visit_id, NOBODY)
        is_purchase = row["visit_class"] == "pharmacy"
        settled = least(bills, "settled_at")
        found.append(
            row
            | {
                "visit_id": visit_id,
                "insurance_type": least(bills, "insurance_type"),
                "settled_at": settled,
                "has_watched": most(bills, "has_watched"),
                "district": first_known(
                    hospital.get("district"),
                    shop.get("district"),
                    least(bills, "institution_district"),
                ),
                "level": hospital.get("level") or grade(least(bills, "hospital_level")),
                "doctor_id": None if is_purchase else doctor["doctor_id"],
                "department": doctor["department"],
                "age_band": age_band(least(bills, "age")),
                "is_offhour": is_offhour(row["visit_type"], settled, holidays),
                "prescriptions": prescriptions(
                    [
                        line
                        for bill in bills
                        for line in lines.get((bill["settlement_id"],), [])
                    ]
                ),
            }
        )
    return found


def grade(hospital_level: str | None) -> str:
    """01 to 04 are grade three, 05 to 07 grade two, the rest grade one."""
    try:
        number = int(hospital_level)
    except (TypeError, ValueError):
        return "1"
    return "3" if number <= 4 else "2" if number <= 7 else "1"


def age_band(age: float | None) -> int | None:
    if age is None:
        return None
    names = ("age_1", "age_2", "age_3", "age_4", "age_5")
    return sum(age >= getattr(LIMITS, name) for name in names)


def is_offhour(visit_type: str, settled: datetime, holidays: set[date]) -> int:
    if visit_type == LIMITS.emergency_type:
        return 0
    if settled.hour >= LIMITS.offhour_from or settled.hour < LIMITS.offhour_to:
        return 1
    return int(settled.date() in holidays)


def prescriptions(lines: list[Row]) -> int | None:
    """Distinct orders with drugs; unknown where no line has an order number."""
    if not known(lines, "order_no"):
        return None
    drugs = [line for line in lines if line["fee_category"] in DRUGS]
    return len({d["order_no"] for d in drugs if d["line_amount"] > 0} - {None})
