"""Random worlds in which every indicator's columns say something, or are absent.

A world is told by its number (see `drawn_indicators` for its form).
"""

import random
from datetime import date, datetime, time, timedelta

from anomaly.tables import tables

# Item -> its fee category.
ITEMS = {"XA10B1": "09", "XA10B2": "10", "XJ01D1": "11", "XN0501": "09"}
ITEMS |= {"002103001": "03", "002102001": "03", "003300001": "06"}
ITEMS |= {"C0300001": "08", "003100001": "05", "002500001": "14"}
# Place -> what it does there: 11 outpatient care, 21 stays, 41 a pharmacy's sales.
PLACES = {"H1": (11, 21), "H2": (11, 21), "H3": (11,), "R1": (41,), "R2": (41,)}
DOCTORS = ("D1", "D2", "D3", "D4", "99999")
MAY = datetime.combine(date(2026, 5, 1), time())
DISTRICTS = ("990101", "990102")
DIAGNOSES = ("I10.x00", "I10.x02", "Z51.100", "J06.900", "K80.200", "e11.900", "")
SPARE = {
    "settlement": (
        "fee_fully_self fee_in_scope pay_account insurance_type insured_district"
        " institution_district hospital_level sex age birth_date agency_id"
        " manual_reimb_reason is_refund original_settlement_id"
    ).split(),
    "visit": (
        "attending_doctor_id admitted_at discharged_at stay_days main_diagnosis"
        " admit_dept operation_code referral_from_visit discharge_way"
    ).split(),
    "charge": (
        "charged_at doctor_id order_no order_dept quantity supply_days is_restricted"
        " is_negotiated line_fully_self unit_price price_cap national_item_code"
    ).split(),
    "institution": ["level", "approved_beds", "longitude", "latitude"],
    "doctor": ["department", "practice_scope", "institution_id"],
    "review": ["overturned", "appealed", "paid_at", "deducted"],
}
COLUMNS = [(name, column) for name, columns in SPARE.items() for column in columns]


def world(number: int) -> dict:
    """Return some hundred bills of April and May 2026, some columns absent."""
    chance = random.Random(number)  # noqa: S311
    bills, lines = [], []
    for nth in range(chance.randrange(80, 220)):
        bill = _bill(f"{nth:03d}", chance)
        bills.append(bill)
        lines += [_line(bill, chance) for _ in range(chance.randrange(4))]
        if chance.random() < 0.1:
            bills.append(_refund(bill, chance))
    absent = chance.sample(COLUMNS, chance.randint(1, 8))
    keep = {
        name: {column.name for column in table.columns}
        - {column for of, column in absent if of == name}
        for name, table in tables().items()
    }
    given = {name: text(found) for name, found in _tables(bills).items()}
    written = {"bills": text(bills), "lines": text(lines), "tables": given}
    return {"month": "2026-05", "keep": keep} | written


def text(found: list[dict]) -> str:
    """Write rows as a block of CSV."""
    header = list(dict.fromkeys(key for row in found for key in row))
    body = [",".join(str(row.get(key, "")) for key in header) for row in found]
    return "\n".join([",".join(header), *body])


def _bill(number: str, chance: random.Random) -> dict:
    place = chance.choice(list(PLACES))
    kind = chance.choice(PLACES[place])
    person, cents = chance.randint(1, 12), chance.randint(1, 99999)
    # Few minutes a day, and halves of a second: many come within a minute.
    began = MAY + timedelta(
        days=chance.randint(-26, 29),
        hours=chance.randint(7, 22),
        seconds=15 * chance.randint(0, 40),
        milliseconds=chance.choice([0, 0, 500]),
    )
    nights = chance.randrange(9) if kind == 21 else 0
    ended = min(began + timedelta(days=nights), MAY + timedelta(days=30, hours=22))
    cells = {
        "id": number,
        "insured_id": f"P{person}",
        "attending_doctor_id": chance.choice(DOCTORS),
        "institution_id": place,
        "visit_type": kind,
        "settled_at": ended,
        "admitted_at": began,
        "discharged_at": ended,
        "total_fee": _yuan(cents),
        "fund_pay": _yuan(cents * 6 // 10),
        "fee_fully_self": _yuan(cents // 10),
        "fee_in_scope": _yuan(cents * 8 // 10),
        "pay_account": chance.choice(["", "0", _yuan(cents // 3)]),
        "insurance_type": chance.choice(["310", "390", ""]),
        "insured_district": chance.choice(["990101", "990102"]),
        "hospital_level": chance.choice(["01", "05", "9", "x", "4.0", ""]),
        "sex": chance.choice(["1", "2"]),
        "age": chance.choice(["", "5", "40", "70.5"]),
        "birth_date": f"19{60 + person}-05-{person + 9}",
        "agency_id": chance.choice(["990101", "990102"]),
        "manual_reimb_reason": chance.choice(["", "", "未联网"]),
        "main_diagnosis": chance.choice(DIAGNOSES),
        "admit_dept": chance.choice(["内科", "外科", ""]),
        "operation_code": chance.choice(["", "51.2300"]),
        "discharge_way": chance.choice(["1", "2", ""]),
        "referral_from_visit": chance.choice(["", "", "V1"]),
    }
    return {key: cell for key, cell in cells.items() if cell != ""}


def _line(bill: dict, chance: random.Random) -> dict:
    item = chance.choice(list(ITEMS))
    cells = {
        "bill": bill["id"],
        "national_item_code": item,
        "fee_category": chance.choice([ITEMS[item], ITEMS[item], "09"]),
        "quantity": chance.choice(["1", "2.5", "3"]),
        "line_amount": _yuan(chance.randrange(1, 90000)),
        "order_no": chance.choice(["", f"O{chance.randrange(9)}"]),
        "order_dept": chance.choice(["A03", "A0401", ""]),
        "supply_days": chance.choice(["", "7", "30", "1.5"]),
        "is_restricted": chance.choice(["", "0", "1"]),
        "is_negotiated": chance.choice(["", "0", "1"]),
        "line_fully_self": chance.choice(["", "0", "9.99"]),
        "unit_price": chance.choice(["", "12.5", "999.123456"]),
        "price_cap": chance.choice(["", "80"]),
        "doctor_id": chance.choice([*DOCTORS, "D9"]),
        "charged_at": bill["admitted_at"] + timedelta(seconds=chance.randrange(90)),
        "local_item_name": chance.choice(["头颅核磁共振", "胸部CT平扫", ""]),
    }
    return {key: cell for key, cell in cells.items() if cell != ""}


def _refund(bill: dict, chance: random.Random) -> dict:
    part = chance.choice(["1.0", "0.5"])
    cents = int(float(bill["total_fee"]) * 100 * float(part) + 0.5)
    back = {"total_fee": _yuan(-cents), "fund_pay": _yuan(-(cents * 6 // 10))}
    of = {"is_refund": "1", "original_settlement_id": f"S{bill['id']}"}
    return bill | back | of | {"id": f"{bill['id']}r"}


def _yuan(cents: int) -> str:
    return f"{cents / 100:.2f}"


def _tables(bills: list[dict]) -> dict[str, list[dict]]:
    """Return the tables beside the bills; of every second bill, by its number."""
    made = [bill for bill in bills if "is_refund" not in bill]
    of_bills = {"review": _review, "list_upload": _upload, "case_group": _group}
    of_bills |= {"diagnosis": _diagnosis, "trace_code": _scan}
    found = {
        name: [
            {"settlement_id": f"S{bill['id']}"} | make(bill, nth)
            for nth, bill in enumerate(made[::2])
        ]
        for name, make in of_bills.items()
    }
    return found | _places() | _people() | _plans()


def _review(_bill: dict, nth: int) -> dict:
    return {
        "agency_id": "990101",
        "operator_id": f"OP{nth % 3}",
        "payee_id": f"X{nth % 2}",
        "reviewed_at": f"2026-06-0{nth % 9 + 1} 10:00:00",
        "sampled_on_site": nth % 2,
        "deducted": f"{nth % 4}.25",
        "appealed": nth % 3 % 2,
        "overturned": nth % 2,
        "paid_at": f"2026-06-1{nth % 9} 23:59:59",
    }


def _upload(bill: dict, nth: int) -> dict:
    late = timedelta(hours=24, milliseconds=nth * 100)
    return {"uploaded_at": bill["settled_at"] + late, "qc_passed": nth % 2}


def _group(_bill: dict, nth: int) -> dict:
    level = ("MCC", "CC", "none")[nth % 3]
    return {"group_code": "GJ31", "cc_level": level, "standard_cost": 400 - nth}


def _diagnosis(bill: dict, nth: int) -> dict:
    return {
        "visit_id": f"V{bill['id']}",
        "diagnosis_order": 1,
        "diagnosis_type": nth % 12,
        "diagnosis_code": "A49.900",
    }


def _scan(bill: dict, nth: int) -> dict:
    return {
        "trace_code": f"T{nth % 9}",
        "national_item_code": "XA10B1",
        "scanned_at": bill["settled_at"],
    }


def _places() -> dict[str, list[dict]]:
    return {
        "institution": [
            {
                "institution_id": f"H{n}",
                "institution_name": f"测试{n}院",
                "district": DISTRICTS[n % 2],
                "level": ("2", "")[n % 2],
                "approved_beds": 10 * n,
                "longitude": 120 + n / 7,
                "latitude": 30 + n / 3,
            }
            for n in (1, 2, 3)
        ],
        "pharmacy": [
            {
                "pharmacy_id": f"R{n}",
                "pharmacy_name": f"测试药店{n}",
                "district": DISTRICTS[n % 2],
                "pharmacist_count": n,
                "is_branch": n % 2,
                "longitude": 120 + n / 9,
                "latitude": 31,
            }
            for n in (1, 2)
        ],
        "stock": [
            {
                "institution_id": place,
                "national_item_code": item,
                "month": "2026-05",
                "opening": 1,
                "purchased": "2.5",
            }
            for place in PLACES
            for item in list(ITEMS)[:4]
        ],
    }


def _people() -> dict[str, list[dict]]:
    return {
        "doctor": [
            {
                "doctor_id": f"D{n}",
                "institution_id": f"H{n % 3 + 1}",
                "department": ("内科", "外科")[n % 2],
                "practice_scope": ("A03", "A04", "")[n % 3],
            }
            for n in (1, 2, 3, 4)
        ],
        "enrolment": [
            {
                "insured_id": f"P{n}",
                "insurance_type": "310",
                "insured_district": DISTRICTS[n % 2],
                "enrolled_from": "2020-01-01",
                "enrolled_to": ("", "2026-05-20", "2026-04-20")[n % 3],
            }
            for n in range(1, 13)
        ],
    }


def _plans() -> dict[str, list[dict]]:
    return {
        "finding": [
            {
                "unit_kind": "doctor",
                "unit_id": f"D{n}",
                "month": "2026-05",
                "rule": "R02",
                "indicator": "R02",
                "state": state,
                "amount": 30 * n,
            }
            for n, state in enumerate(("confirmed", "dismissed", "recovered"))
        ],
        "budget": [
            {"district": one, "month": month, "budget": 2000, "balance": 5075}
            for one in DISTRICTS
            for month in ("2026-04", "2026-05")
        ],
    }
