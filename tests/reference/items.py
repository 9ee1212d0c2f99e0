"""Items: what was billed, by whom, at which price, how it moves from day to day."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from statistics import mean, median

from reference.bills import DRUGS
from reference.rows import (
    Row,
    Tables,
    by,
    first_known,
    index,
    keyed,
    known,
    least,
    most,
    of,
    total,
)
from reference.settings import LIMITS

PLACE_ITEM = "institution_id is_pharmacy national_item_code"


def item_fact(tables: Tables, month: date) -> list[Row]:
    """Net lines of visits that count, by visit, item, category and ordering doctor."""
    bills = index(of(tables["settlement_net"], month), "settlement_id")
    visits = index(of(tables["visit_fact"], month), "visit_id")
    scopes = {row["doctor_id"]: row["practice_scope"] for row in tables["doctor"]}
    groups: dict[tuple, list[Row]] = {}
    for line in of(tables["line_net"], month):
        if line["settlement_id"] in bills:
            visit = bills[line["settlement_id"]]["visit_id"]
            doctor = first_known(line["doctor_id"], visits[visit]["doctor_id"])
            key = (visit, doctor, line["national_item_code"], line["fee_category"])
            groups.setdefault(key, []).append(line)
    found = []
    for key, lines in groups.items():
        row = keyed("visit_id doctor_id national_item_code fee_category", key)
        visit, code = visits[row["visit_id"]], row["national_item_code"]
        for name in "insured_id institution_id visit_class district level".split():
            row[name] = visit[name]
        row |= {
            "item_class": code and code[: LIMITS.class_length],
            "is_drug": int(row["fee_category"] in DRUGS),
            "is_restricted": most(lines, "is_restricted"),
            "charged_at": least(lines, "charged_at"),
            "charged_on": least(lines, "charged_on"),
            "lines": len(lines),
            "quantity": total(lines, "quantity"),
            "amount": total(lines, "line_amount"),
            "paid_quantity": _paid(lines),
            "price_cap": most(lines, "price_cap"),
            "supply_days": total(lines, "supply_days"),
        }
        found.append(row | _scoped(lines, scopes.get(row["doctor_id"])))
    return found


def _paid(lines: list[Row]) -> Decimal | None:
    """Return the quantity of lines, taken or given back, that are not wholly own."""
    shares = []
    for line in lines:
        own = abs(line["line_fully_self"] or 0)
        quantity = line["quantity"] if own < abs(line["line_amount"]) else 0
        shares.append({"quantity": quantity})
    return total(shares, "quantity")


def _scoped(lines: list[Row], scope: str | None) -> Row:
    """Count lines ordered for a department; and for one outside the doctor's scope."""
    named = [line for line in lines if line["order_dept"] is not None]
    if scope is None or not named:
        return {"out_of_scope_lines": None, "scoped_lines": None}
    outside = [line for line in named if line["order_dept"][:3] != scope[:3]]
    return {"out_of_scope_lines": len(outside), "scoped_lines": len(named)}


def _restricted(rows: list[Row]) -> Row:
    """Paid quantity under a restriction, and the quantity of which that is known."""
    told = [row for row in rows if row["is_restricted"] is not None]
    paid = [{"q": row["paid_quantity"] if row["is_restricted"] else 0} for row in told]
    return {
        "restricted_quantity": total(paid, "q"),
        "known_quantity": total(told, "quantity"),
    }


def _plus(rows: list[Row], name: str):
    return sum(known(rows, name))


def doctor_item(tables: Tables, month: date) -> list[Row]:
    """What doctors with visits ordered, against what their peers' patients take."""
    who = {
        row["unit_id"]: (
            first_known(row["department"], "?"),
            first_known(row["level"], "?"),
        )
        for row in of(tables["unit_doctor"], month)
    }
    patients: dict[str, int] = {}
    for row in of(tables["doctor_person"], month):
        patients[row["doctor_id"]] = patients.get(row["doctor_id"], 0) + 1
    ordered = [
        row
        for row in of(tables["item_fact"], month)
        if row["visit_class"] != "pharmacy"
        and row["doctor_id"] in patients
        and row["national_item_code"] is not None
    ]
    found = []
    for key, rows in by(ordered, "doctor_id", "national_item_code").items():
        row = keyed("doctor_id national_item_code", key) | _summed(rows)
        row |= {"patients": len({r["insured_id"] for r in rows})} | _restricted(rows)
        found.append(row)
    for row in found:
        _beside_others(row, found, who, patients)
    return [row for row in found if row["quantity"] is not None and row["quantity"] > 0]


def _summed(rows: list[Row]) -> Row:
    square = sum(
        (total(own, "quantity") or 0) ** 2 for own in by(rows, "insured_id").values()
    )
    quantity = total(rows, "quantity")
    return {
        "item_class": most(rows, "item_class"),
        "is_drug": most(rows, "is_drug"),
        "district": most(rows, "district"),
        "lines": _plus(rows, "lines"),
        "quantity": quantity,
        "amount": total(rows, "amount"),
        "log_variance": Fraction(square) / Fraction(quantity) ** 2
        if quantity
        else None,
    }


def _beside_others(row: Row, rows: list[Row], who: dict, patients: dict) -> None:
    """Add what the doctor's class, the district and the peers make of an item."""
    doctor, item = row["doctor_id"], row["national_item_code"]
    classed = [
        r
        for r in rows
        if (r["doctor_id"], r["item_class"]) == (doctor, row["item_class"])
    ]
    same = [r for r in rows if r["national_item_code"] == item]
    row["class_lines"] = _plus(classed, "lines")
    row["district_quantity"] = total(
        [r for r in same if r["district"] == row["district"]], "quantity"
    )
    group = who.get(doctor, ("?", "?"))
    peers = {one for one in patients if who.get(one, ("?", "?")) == group} - {doctor}
    if not row["quantity"]:
        return
    elsewhere = sum(patients[one] for one in peers)
    taken = Fraction(_plus([r for r in same if r["doctor_id"] in peers], "quantity"))
    one_more = Fraction(row["quantity"]) / row["patients"]
    row["expected_quantity"] = patients[doctor] * (taken + one_more) / (elsewhere + 1)


def institution_item(tables: Tables, month: date) -> list[Row]:
    """An item at a hospital or pharmacy: use, price, and the district's price."""
    bought = _at_places(of(tables["item_fact"], month))
    visits = by(
        _at_places(of(tables["visit_fact"], month)), "institution_id", "is_pharmacy"
    )
    coded = [row for row in bought if row["national_item_code"] is not None]
    found = []
    for key, rows in by(coded, *PLACE_ITEM.split()).items():
        row = keyed(PLACE_ITEM, key)
        row |= {
            name: most(rows, name) for name in ("item_class", "is_drug", "district")
        }
        row |= {
            "visits": len({r["visit_id"] for r in rows}),
            "all_visits": len(visits[key[0], key[1]]),
            "lines": _plus(rows, "lines"),
            "quantity": total(rows, "quantity"),
            "amount": total(rows, "amount"),
            "price_cap": most(rows, "price_cap"),
        }
        known_price = row["quantity"] is not None and row["quantity"] > 0
        row["price"] = float(row["amount"] / row["quantity"]) if known_price else None
        found.append(row | _restricted(rows))
    classes = by(found, "institution_id", "is_pharmacy", "item_class")
    district = by(found, "district", "national_item_code")
    result = []
    for row in found:
        here = district[row["district"], row["national_item_code"]]
        prices = known(here, "price") if row["district"] is not None else []
        ours = classes[row["institution_id"], row["is_pharmacy"], row["item_class"]]
        more = {
            "class_lines": _plus(ours, "lines"),
            "district_quantity": total(here, "quantity"),
            "district_price": median(prices) if prices else None,
        }
        if row["price"] is not None:
            result.append(_classed(row | more))
    return result


def _at_places(rows: list[Row]) -> list[Row]:
    return [row | {"is_pharmacy": row["visit_class"] == "pharmacy"} for row in rows]


def _classed(row: Row) -> Row:
    is_pharmacy = row.pop("is_pharmacy")
    return row | {"visit_class": "pharmacy" if is_pharmacy else "other"}


def item_day(tables: Tables, month: date) -> list[Row]:
    found = []
    names = "institution_id national_item_code charged_on"
    for key, rows in by(of(tables["item_fact"], month), *names.split()).items():
        amount, quantity = total(rows, "amount"), total(rows, "quantity") or 0
        row = keyed("institution_id national_item_code day", key)
        if None not in key[1:] and quantity > 0 and amount > 0:
            found.append(row | {"price": float(amount / quantity)})
    return found


def item_jump(tables: Tables, month: date) -> list[Row]:
    """A day's price over the mean of the seven days of sale before, this month's
    and the last's; a day may stand in both, first in the earlier."""
    found = []
    days = of(tables["item_day"], month, 2)
    for rows in by(days, "institution_id", "national_item_code").values():
        rows.sort(key=lambda row: (row["day"], row["month"]))
        for place, row in enumerate(rows):
            before = rows[max(0, place - 7) : place]
            if row["month"] == month and before:
                usual = mean(one["price"] for one in before)
                names = ("institution_id", "national_item_code", "day")
                jump = abs(row["price"] / usual - 1)
                found.append({name: row[name] for name in names} | {"jump": jump})
    return found


def stock_balance(tables: Tables, month: date) -> list[Row]:
    """Settled beyond opening stock and purchases; nothing is said where unknown."""
    stock = {
        (row["institution_id"], row["national_item_code"]): row
        for row in tables["stock"]
        if row["month"] == f"{month:%Y-%m}"
    }
    found = []
    rows = _at_places(of(tables["item_fact"], month))
    for key, sold in by(rows, *PLACE_ITEM.split()).items():
        row = keyed(PLACE_ITEM, key) | {"quantity": total(sold, "quantity")}
        kept = stock.get((row["institution_id"], row["national_item_code"]))
        if kept and kept["purchased"] is not None and row["quantity"] is not None:
            had = (kept["opening"] or 0) + kept["purchased"]
            row["missing_quantity"] = max(row["quantity"] - had, Decimal(0))
            found.append(_classed(row))
    return found
