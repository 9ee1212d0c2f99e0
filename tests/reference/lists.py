"""Reviews, lists sent in, trace codes and the ledger, each beside its bill."""

from datetime import date, datetime, timedelta
from fractions import Fraction

from anomaly.periods import month_text, shift
from reference.rows import (
    Row,
    Tables,
    as_flag,
    by,
    first_known,
    index,
    keyed,
    most,
    of,
    total,
)
from reference.settings import LIMITS

CONFIRMED = ("confirmed", "recovered", "rectified", "restored")
NOTHING: Row = dict.fromkeys(
    "agency_id operator_id payee_id reviewed_at sampled_on_site deducted appealed"
    " overturned paid_at".split()
)


def review_fact(tables: Tables, month: date) -> list[Row]:
    reviews = index(tables["review"], "settlement_id")
    districts = {r["pharmacy_id"]: r["district"] for r in tables["pharmacy"]}
    districts |= {r["institution_id"]: r["district"] for r in tables["institution"]}
    after = shift(month, 1)
    deadline = datetime(after.year, after.month, 1 + LIMITS.review_day)  # noqa: DTZ001
    found = []
    for bill in of(tables["settlement_net"], month):
        is_reviewed = bill["settlement_id"] in reviews
        review = reviews.get(bill["settlement_id"], NOTHING)
        place, done = bill["institution_id"], review["reviewed_at"]
        paid = review["paid_at"] and review["paid_at"].date()
        names = "settlement_id institution_id visit_class fund_pay".split()
        found.append(
            {name: bill[name] for name in names}
            | {name: review[name] for name in ("deducted", "operator_id", "payee_id")}
            | {
                "agency_id": first_known(bill["agency_id"], review["agency_id"]),
                "district": first_known(
                    districts.get(place), bill["institution_district"]
                ),
                "is_reviewed": int(is_reviewed) if reviews else None,
                "reviewed_pay": bill["fund_pay"] if is_reviewed else None,
                "is_sampled": as_flag(review["sampled_on_site"]),
                "is_appealed": as_flag(review["appealed"]),
                "is_overturned": None
                if review["appealed"] is False
                else as_flag(review["overturned"]),
                "is_manual": int(bill["manual_reimb_reason"] is not None),
                "pay_days": paid and (paid - bill["settled_at"].date()).days,
                "is_in_time": done and int(done < deadline),
            }
        )
    return found


def upload_fact(tables: Tables, month: date) -> list[Row]:
    lists = index(tables["list_upload"], "settlement_id")
    found = []
    for bill in of(tables["settlement_net"], month):
        if bill["visit_class"] == "pharmacy":
            continue
        sent = lists.get(bill["settlement_id"])
        at = sent and sent["uploaded_at"]
        late = timedelta(hours=LIMITS.late_upload_hours)
        names = "settlement_id institution_id visit_class".split()
        found.append(
            {name: bill[name] for name in names}
            | {
                "is_uploaded": int(sent is not None) if lists else None,
                "is_sound": as_flag(sent and sent["qc_passed"]),
                "is_late": at and int(at - bill["settled_at"] > late),
            }
        )
    return found


def agency_handler(tables: Tables, month: date) -> list[Row]:
    rows = [
        row
        for row in of(tables["review_fact"], month)
        if row["operator_id"] is not None and row["deducted"] is not None
    ]
    found = []
    for key, own in by(rows, "agency_id", "operator_id").items():
        paid, deducted = total(own, "reviewed_pay"), total(own, "deducted")
        if len(own) >= LIMITS.handler_reviews and (paid or 0) > 0:
            row = keyed("agency_id operator_id", key) | {"reviews": len(own)}
            row |= {"reviewed_pay": paid, "deducted": deducted}
            found.append(row | {"rate": Fraction(deducted) / Fraction(paid)})
    return found


def line_upload(tables: Tables, month: date) -> list[Row]:
    bills = index(of(tables["settlement_net"], month), "settlement_id")
    counted: dict[tuple, list[bool]] = {}
    for line in of(tables["charge"], month):
        bill, sent = bills.get(line["settlement_id"]), line["uploaded_at"]
        if bill and sent is not None and line["charged_at"] is not None:
            late = (sent - line["charged_at"]).total_seconds()
            key = (bill["institution_id"], bill["visit_class"])
            is_late = late > LIMITS.late_upload_hours * 3600
            counted.setdefault(key, []).append(is_late)
    return [
        keyed("institution_id visit_class", key)
        | {"lines": len(late), "late_lines": sum(late)}
        for key, late in counted.items()
    ]


def finding_fact(tables: Tables, month: date) -> list[Row]:
    """Leads of the month in the ledger; a doctor's stands at the doctor's place."""
    doctors = {row["doctor_id"]: row["institution_id"] for row in tables["doctor"]}
    shops = {row["pharmacy_id"]: row["district"] for row in tables["pharmacy"]}
    places = shops | {r["institution_id"]: r["district"] for r in tables["institution"]}
    found = []
    for lead in tables["finding"]:
        if lead["month"] != month_text(month):
            continue
        kind, state, amount = lead["unit_kind"], lead["state"], lead["amount"]
        place = {
            "institution": lead["unit_id"],
            "pharmacy": lead["unit_id"],
            "doctor": doctors.get(lead["unit_id"]),
        }.get(kind)
        confirmed, won = state in CONFIRMED, state in CONFIRMED[1:]
        found.append(
            {
                "unit_kind": kind,
                "unit_id": lead["unit_id"],
                "institution_id": place,
                "visit_class": "pharmacy" if place in shops else "other",
                "district": places.get(place),
                "amount": None if state is None else amount,
                "is_confirmed": None if state is None else int(confirmed),
                "confirmed_amount": amount if confirmed else None,
                "recovered_amount": amount if won else 0 if confirmed else None,
            }
        )
    return found


def trace_use(tables: Tables, month: date) -> list[Row]:
    """Codes of the month's bills: was another bill's drug scanned as the same by then?

    A refund is not another bill, nor is one of this month that does not count: taken
    back whole, or taken out as an artefact.
    """
    bills = index(of(tables["settlement_net"], month), "settlement_id")
    counts_for = {
        row["settlement_id"]: row["net_id"] for row in of(tables["netted"], month)
    }
    scans = [row for row in tables["trace_code"] if row["settlement_id"] in bills]
    now = []
    for scan in scans:
        bill = bills[scan["settlement_id"]]
        at = first_known(scan["scanned_at"], bill["settled_at"])
        place = {name: bill[name] for name in ("institution_id", "visit_class")}
        now.append(scan | place | {"at": at})
    latest = max((scan["at"] for scan in now), default=None)
    here = {row["settlement_id"] for row in of(tables["settlement"], month)}
    used: dict[str, set[str]] = {}
    for scan in tables["trace_code"]:
        bill = scan["settlement_id"]
        counts = counts_for.get(bill) in bills or bill not in here
        by_then = scan["scanned_at"] is None or (
            latest and scan["scanned_at"] <= latest
        )
        if counts and by_then:
            own = used.setdefault(scan["trace_code"], set())
            own.add(counts_for.get(bill, bill))
    found = []
    for key, own in by(now, "trace_code", "institution_id", "visit_class").items():
        code, place, kind = key
        found.append(
            {
                "institution_id": place,
                "visit_class": kind,
                "national_item_code": most(own, "national_item_code"),
                "trace_code": code,
                "is_repeated": int(len(used.get(code, ())) > 1),
            }
        )
    return found
