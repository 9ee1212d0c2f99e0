"""Bills after refunds: which bill a settlement counts for, its lines, its sums."""

import re
from datetime import date

from reference.rows import (
    Row,
    Tables,
    as_flag,
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

DRUGS = ("09", "10", "11")
CATEGORIES = {
    "drug_fee": DRUGS,
    "exam_fee": ("03", "04"),
    "consumable_fee": ("08",),
    "treatment_fee": ("05", "06"),
    "surgery_fee": ("06",),
}
OF_THE_BILL = (
    "visit_id insured_id institution_id visit_class visit_type institution_district"
    " insured_district hospital_level sex insurance_type settled_at agency_id"
    " manual_reimb_reason"
).split()
SUMS = (
    "total_fee fund_pay fee_fully_self fee_over_limit fee_in_scope pay_account".split()
)
LINE_KEY = (
    "settlement_id doctor_id order_no order_dept national_item_code fee_category"
    " charged_on"
).split()


def netted(tables: Tables, month: date) -> list[Row]:
    """A refund counts for the bill it names, every other settlement for itself."""
    out = {row["settlement_id"] for row in of(tables["screened"], month)}
    found = []
    for row in of(tables["settlement"], month):
        if row["settlement_id"] in out:
            continue
        net = row["settlement_id"]
        if row["is_refund"] and row["original_settlement_id"] is not None:
            net = row["original_settlement_id"]
        found.append(
            {
                "settlement_id": row["settlement_id"],
                "is_refund": bool(row["is_refund"]),
                "net_id": net,
            }
        )
    return found


def line_net(tables: Tables, month: date) -> list[Row]:
    """Lines of one bill, order, item, doctor and day are one; nothing left, no line.

    Without a national code it is the name that tells items apart.
    """
    bill_of = index(of(tables["netted"], month), "settlement_id")
    lines = []
    for charge in of(tables["charge"], month):
        if charge["settlement_id"] in bill_of:
            at, code = charge["charged_at"], charge["national_item_code"]
            name = first_known(
                charge["catalog_item_name"], charge["local_item_name"], ""
            ).upper()
            lines.append(
                charge
                | {
                    "settlement_id": bill_of[charge["settlement_id"]]["net_id"],
                    "charged_on": at and at.date(),
                    "item_name": name,
                    "told_by": name if code is None else None,
                    "is_restricted": as_flag(charge["is_restricted"]),
                    "is_negotiated": as_flag(charge["is_negotiated"]),
                }
            )
    found = []
    for key, group in by(lines, *LINE_KEY, "told_by").items():
        row = dict(zip(LINE_KEY, key[:-1], strict=True))
        row["charged_at"] = least(group, "charged_at")
        for name in ("quantity", "line_amount", "line_fully_self"):
            row[name] = total(group, name)
        for name in "unit_price price_cap supply_days item_name".split():
            row[name] = most(group, name)
        for name in ("is_restricted", "is_negotiated"):
            row[name] = most(group, name)
        if row["line_amount"] != 0 or row["quantity"] not in (None, 0):
            found.append(row)
    return found


def settlement_net(tables: Tables, month: date) -> list[Row]:
    """What is left of each bill once its refunds are taken off; nothing, no row."""
    settled = index(of(tables["settlement"], month), "settlement_id")
    lines = by(of(tables["line_net"], month), "settlement_id")
    found = []
    for (net_id,), parts in by(of(tables["netted"], month), "net_id").items():
        originals = [part for part in parts if not part["is_refund"]]
        if not originals:
            continue
        (original,) = (settled[part["settlement_id"]] for part in originals)
        rows = [settled[part["settlement_id"]] for part in parts]
        row = {name: original[name] for name in OF_THE_BILL}
        row |= {name: total(rows, name) for name in SUMS}
        row |= {"settlement_id": net_id, "age": _age(original)}
        if row["total_fee"] > 0:
            found.append(row | _line_sums(lines.get((net_id,), [])))
    return found


def _age(bill: Row) -> float | None:
    if bill["age"] is not None:
        return bill["age"]
    born, day = bill["birth_date"], bill["settled_at"].date()
    if born is None:
        return None
    had_birthday = (day.month, day.day) >= (born.month, born.day)
    return day.year - born.year - (0 if had_birthday else 1)


def _line_sums(lines: list[Row]) -> Row:
    found: Row = dict.fromkeys([*CATEGORIES, "ct_fee", "mri_fee", "dear_fee"], 0)
    coded = bool(known(lines, "national_item_code"))
    watched = re.compile(f"{LIMITS.watch_code}|{LIMITS.controlled_code}")
    found["watch_quantity"] = found["has_watched"] = 0 if coded else None
    for line in lines:
        amount, code = line["line_amount"], line["national_item_code"] or ""
        for name, categories in CATEGORIES.items():
            if line["fee_category"] in categories:
                found[name] += amount
        if _is_service(line, LIMITS.ct_code, LIMITS.ct_name):
            found["ct_fee"] += amount
        if _is_service(line, LIMITS.mri_code, LIMITS.mri_name):
            found["mri_fee"] += amount
        dear = (
            line["is_negotiated"] == 1
            or (line["unit_price"] or 0) >= LIMITS.dear_unit_price
        )
        if dear and line["fee_category"] in DRUGS:
            found["dear_fee"] += amount
        if re.search(LIMITS.watch_code, code):
            found["watch_quantity"] += line["quantity"] or 0
        if watched.search(code):
            found["has_watched"] = 1
    return found


def _is_service(line: Row, code: str, name: str) -> bool:
    if re.search(code, line["national_item_code"] or ""):
        return True
    return line["fee_category"] == "03" and bool(re.search(name, line["item_name"]))
