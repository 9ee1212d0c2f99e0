"""Masters, lists, ledgers and budgets of a drawn world."""

from datetime import datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING

from anomaly.periods import month_text, shift
from worlds.bills import DISTRICTS, Bills
from worlds.lines import ITEMS, SCOPES

if TYPE_CHECKING:
    from worlds import Shape

STATES = ("confirmed", "recovered", "rectified", "restored", "dismissed", "open", "")
PLACED = ((120.0, 30.0), (120.0, 30.5), (120.0, 30.1799), (None, None), (121.1, 30.0))


def masters(rng: Random, shape: "Shape", bills: Bills) -> dict[str, list[dict]]:
    """Draw every table beside settlements, visits and fee lines."""
    ids = [one["settlement_id"] for one in bills.settlements]
    return {
        "institution": [_institution(rng, n) for n in _some(rng, shape.places)],
        "pharmacy": [_pharmacy(rng, n) for n in _some(rng, shape.places)],
        "doctor": [_doctor(rng, n) for n in range(1, 6) if rng.random() < 0.8],
        "enrolment": _enrolments(rng, shape),
        "diagnosis": _diagnoses(rng, bills),
        "case_group": _case_groups(rng, bills),
        "list_upload": [_upload(rng, b) for b in _part(rng, bills.settlements)],
        "review": [_review(rng, b) for b in _part(rng, bills.settlements)],
        "stock": _stock(rng, shape),
        "trace_code": _traces(rng, ids, bills),
        "finding": _findings(rng, shape),
        "budget": _budgets(rng, shape),
    }


def _some(rng: Random, count: int) -> list[int]:
    """Return the numbers of places that the master knows: not always all."""
    return [n for n in range(count) if rng.random() < 0.85]


def _part(rng: Random, rows: list[dict]) -> list[dict]:
    return [row for row in rows if rng.random() < 0.4]


def _spot(rng: Random) -> dict[str, str]:
    longitude, latitude = rng.choice(PLACED)
    if longitude is None:
        return {"longitude": "", "latitude": ""}
    return {"longitude": str(longitude), "latitude": str(latitude)}


def _institution(rng: Random, number: int) -> dict[str, str]:
    return _spot(rng) | {
        "institution_id": f"H{number}",
        "institution_name": f"测试医院{number}",
        "district": rng.choice(["990101", "990102"]),
        "institution_type": rng.choice(["A", "B", ""]),
        "institution_type_name": rng.choice(["", "综合医院"]),
        "level": rng.choice(["1", "2", "3", ""]),
        "approved_beds": rng.choice(["", "0", "10", "35"]),
    }


def _pharmacy(rng: Random, number: int) -> dict[str, str]:
    return _spot(rng) | {
        "pharmacy_id": f"R{number}",
        "pharmacy_name": f"测试药店{number}",
        "district": rng.choice(["990101", "990102", ""]),
        "pharmacist_count": rng.choice(["", "0", "1", "3"]),
        "channel_type": rng.choice(["", "1"]),
        "is_branch": rng.choice(["", "0", "1"]),
    }


def _doctor(rng: Random, number: int) -> dict[str, str]:
    return {
        "doctor_id": f"D{number}",
        "doctor_name": rng.choice(["", f"测试医师{number}"]),
        "institution_id": rng.choice(["", "H0", "H1"]),
        "department": rng.choice(["", "内科", "外科"]),
        "practice_scope": rng.choice(SCOPES),
        "contract_start": rng.choice(["", "2020-01-01"]),
        "prior_violation": rng.choice(["", "0", "无", "违规"]),
    }


def _enrolments(rng: Random, shape: "Shape") -> list[dict]:
    """Persons from and until days around the edges of the last month."""
    first, after = shape.last, shift(shape.last, 1)
    edges = [first, after, after - timedelta(days=1), first - timedelta(days=1)]
    found = []
    for number in range(shape.persons + 3):
        for kind in ("310", "390")[: rng.choice([1, 1, 2])]:
            start, end = sorted(rng.choice(edges) for _ in range(2))
            found.append(
                {
                    "insured_id": f"P{number}",
                    "insurance_type": kind,
                    "insured_district": rng.choice(DISTRICTS),
                    "enrolled_from": rng.choice([str(start), "2020-01-01", ""]),
                    "enrolled_to": rng.choice([str(end), "", ""]),
                }
            )
    return found


def _diagnoses(rng: Random, bills: Bills) -> list[dict]:
    return [
        {
            "visit_id": bill["visit_id"],
            "settlement_id": bill["settlement_id"],
            "diagnosis_order": str(order),
            "diagnosis_type": rng.choice(["1", "11", ""]),
            "diagnosis_code": "A49.900",
        }
        for bill in _part(rng, bills.settlements)
        for order in range(rng.choice([1, 2]))
    ]


def _case_groups(rng: Random, bills: Bills) -> list[dict]:
    return [
        {
            "settlement_id": bill["settlement_id"],
            "group_code": "GJ31",
            "cc_level": rng.choice(["none", "CC", "MCC", ""]),
            "standard_cost": rng.choice(["50", "100", "4000", "0", ""]),
        }
        for bill in bills.settlements
        if bill["visit_type"] == "21" and rng.random() < 0.6
    ]


def _upload(rng: Random, bill: dict) -> dict[str, str]:
    settled = datetime.fromisoformat(bill["settled_at"])
    later = timedelta(seconds=rng.choice([0, 3600, 86399, 86400, 86401, 10**6]))
    return {
        "settlement_id": bill["settlement_id"],
        "uploaded_at": rng.choice(["", str(settled + later), str(settled + later)]),
        "qc_passed": rng.choice(["0", "1", ""]),
    }


def _review(rng: Random, bill: dict) -> dict[str, str]:
    settled = datetime.fromisoformat(bill["settled_at"])
    month = shift(settled.date().replace(day=1), 1)
    day = month.replace(day=rng.choice([1, 5, 6]))
    reviewed = datetime.combine(day, rng.choice([time(0), time(0), time(23, 59, 59)]))
    paid = settled + timedelta(days=rng.choice([0, 1, 30]), hours=rng.choice([0, 13]))
    return {
        "settlement_id": bill["settlement_id"],
        "agency_id": rng.choice(["A1", "A3", ""]),
        "operator_id": rng.choice(["OP1", "OP2", ""]),
        "payee_id": rng.choice(["H0", "X1", ""]),
        "reviewed_at": rng.choice(["", str(reviewed), str(reviewed)]),
        "sampled_on_site": rng.choice(["0", "1", ""]),
        "deducted": rng.choice(["0", "6", "", "1.25"]),
        "appealed": rng.choice(["0", "1", ""]),
        "overturned": rng.choice(["0", "1", ""]),
        "paid_at": rng.choice(["", str(paid)]),
    }


def _stock(rng: Random, shape: "Shape") -> list[dict]:
    places = [f"{kind}{n}" for kind in "HR" for n in range(shape.places)]
    return [
        {
            "institution_id": place,
            "national_item_code": item,
            "month": month_text(month),
            "opening": rng.choice(["", "0", "1.5"]),
            "purchased": rng.choice(["", "0", "1", "100"]),
            "sold": "",
        }
        for place in places
        for item in ITEMS
        for month in shape.months
        if item.startswith("X") and rng.random() < 0.5
    ]


def _traces(rng: Random, ids: list[str], bills: Bills) -> list[dict]:
    """Codes scanned for several bills, at or after their time, or nobody knows when."""
    times = {b["settlement_id"]: b["settled_at"] for b in bills.settlements}
    pairs = {
        (f"T{rng.randint(0, len(ids))}", rng.choice(ids))
        for _ in range(min(60, len(ids)))
    }
    undone = {b.get("original_settlement_id"): b for b in bills.settlements}
    pairs |= {
        (code, undone[bill]["settlement_id"]) for code, bill in pairs if bill in undone
    }
    return [
        {
            "trace_code": code,
            "settlement_id": bill,
            "institution_id": "H0",
            "national_item_code": rng.choice(["XA10B1", "XJ01D1", ""]),
            "scanned_at": rng.choice([times[bill], times[bill], ""]),
        }
        for code, bill in sorted(pairs)
    ]


def _findings(rng: Random, shape: "Shape") -> list[dict]:
    units = [("institution", "H0"), ("pharmacy", "R0"), ("doctor", "D1")]
    units += [("doctor", "D7"), ("insured", "P1"), ("institution", "H8")]
    return [
        {
            "unit_kind": kind,
            "unit_id": unit,
            "month": month_text(month),
            "rule": rule,
            "indicator": rule,
            "state": rng.choice(STATES),
            "amount": rng.choice(["", "100", "0", "30.5"]),
        }
        for kind, unit in units
        for month in shape.months
        for rule in ("R02", "R06")
        if rng.random() < 0.5
    ]


def _budgets(rng: Random, shape: "Shape") -> list[dict]:
    return [
        {
            "district": district,
            "month": month_text(shift(shape.last, -back)),
            "budget": rng.choice(["1000", "0", "55.5", ""]),
            "balance": rng.choice(["", "5000", "-1"]),
        }
        for district in ("990101", "990102")
        for back in range(14)
        if rng.random() < 0.85
    ]
