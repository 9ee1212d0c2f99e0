"""Fee lines of a drawn world: items of every category, blanks, noughts, negatives."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worlds.bills import Bills

# Item -> the fee category that it is mostly billed under.
ITEMS = {
    "XA10B1": "09",
    "XA10B2": "09",
    "XC09A1": "10",
    "XN0501": "11",
    "XN02A1": "09",
    "XJ01D1": "09",
    "002103001": "03",
    "002102001": "03",
    "002500001": "04",
    "003100001": "05",
    "003300001": "06",
    "C0300001": "08",
    "": "03",
}
OTHERS = ("14", "09", "03", "04")
NAMES = ("头颅CT平扫", "血常规", "", "核磁共振", "ct增强", "mri", "药品甲")
LINE_FLAGS = ("0", "1", "")
SCOPES = ("A03", "A04.01", "", "A03.02")
SUPPLY = ("7", "30", "", "0", "14", "100")
PRICES = ("3", "99.999999", "100", "", "0.5")
CAPS = ("", "80", "3.5")
# Seconds until a line is sent in: at once, at the limit of a day, beyond it.
SENT_AFTER = (60, 86400, 86401, None, 10**6)
BEFORE = (0, 0, 1, 30, 59, 60, 61, 3600)


def like(line: dict[str, str], bills: "Bills") -> dict[str, str]:
    """Return a line that differs from another in a few cells or in its name only."""
    again = {"line_id": f"L{len(bills.charges):05d}"}
    for name, values in {
        "local_item_name": NAMES,
        "supply_days": SUPPLY,
        "unit_price": PRICES,
        "national_item_code": (line["national_item_code"], ""),
    }.items():
        again[name] = bills.rng.choice([line[name], bills.rng.choice(values)])
    return line | again


def line(bills: "Bills", bill: dict, visit: dict, settled: datetime) -> dict[str, str]:
    """Draw one line of a bill."""
    rng, number = bills.rng, len(bills.charges)
    item = "" if bills.chance(0.1) else bills.pick([*ITEMS])
    category = ITEMS[item]
    confused = bills.shape.mismapped and bill["institution_id"] == "H1"
    if bills.chance(0.5 if confused else 0.04):
        category = rng.choice(OTHERS)
    amount = Decimal(rng.choice(["10", "30", "0.01", "55.55", "200", "0", "700"]))
    quantity = rng.choice(["1", "2", "0.5", "3", "0", "", "10"])
    if bills.chance(0.05):
        amount, quantity = -amount, f"-{quantity}" if quantity else ""
    charged = settled - timedelta(seconds=rng.choice(BEFORE))
    if visit["visit_type"] == "21" and bills.chance(0.6):
        charged -= timedelta(days=rng.choice([0, 1, 2, 5, 40]))
    order = rng.choice([bill["settlement_id"], visit["visit_id"], "shared"])
    doctor = bills.pick((visit["attending_doctor_id"], "D1", "D2", "D5", ""))
    return {
        "line_id": f"L{number:05d}",
        "settlement_id": bill["settlement_id"],
        "visit_id": visit["visit_id"],
        "institution_id": bill["institution_id"],
        "order_no": "" if bills.chance(0.15) else f"O{order}",
        "charged_at": "" if bills.chance(0.06) else str(charged),
        "uploaded_at": _sent(charged, SENT_AFTER[number % len(SENT_AFTER)]),
        "national_item_code": item,
        "local_item_name": bills.rng.choice(NAMES),
        "catalog_item_name": "" if bills.chance(0.8) else bills.rng.choice(NAMES),
        "fee_category": category,
        "quantity": quantity,
        "unit_price": bills.pick(PRICES),
        "line_amount": str(amount),
        "price_cap": bills.pick(CAPS),
        "line_fully_self": rng.choice(["", "0", str(amount), "1.5"]),
        "supply_days": bills.pick(SUPPLY),
        "order_dept": bills.pick(SCOPES),
        "doctor_id": doctor,
        "is_restricted": bills.pick(LINE_FLAGS),
        "is_negotiated": bills.pick(LINE_FLAGS),
    }


def _sent(charged: datetime, after: int | None) -> str:
    return "" if after is None else str(charged + timedelta(seconds=after))
