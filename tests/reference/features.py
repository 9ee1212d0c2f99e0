"""FEATURES in plain loops: numerator, denominator, n, spread and value of a unit."""

import math
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction

from anomaly.features.indicator import Indicator
from reference.rows import Row, Tables, known, of, total

UNIT_OF = {
    "doctor": ("doctor_id",),
    "institution": ("institution_id",),
    "pharmacy": ("institution_id",),
    "district": ("district",),
    "insured": ("insured_id",),
    "item": ("national_item_code",),
    "doctor_item": ("doctor_id", "national_item_code"),
    "institution_item": ("institution_id", "national_item_code"),
    "agency": ("agency_id",),
}
KNOWN = re.compile(r"(\w+) IS NOT NULL")
CONDITION = re.compile(r"(\w+) (=|<>|>) '?(\w+)'?")
CALL = re.compile(r"(sum|max|min|count)\((DISTINCT )?([\w*]+)\)")
SHARES = ("share_of_money", "ratio")


def _is_remote(row: Row) -> int | None:
    places = (row["insured_district"], row["district"])
    return None if None in places else int(places[0] != places[1])


# What indicators say beyond a column, by the beginning of their text.
CELLS = {
    "CASE WHEN insured_district <> district": _is_remote,
    "CASE WHEN places > 1": lambda row: int(row["places"] > 1),
    "coalesce(confirmed_amount": lambda row: row["confirmed_amount"] or 0,
    "CASE WHEN is_sampled = 1": lambda row: (
        row["reviewed_pay"] if row["is_sampled"] == 1 else 0
    ),
    "CAST(supply_days AS DOUBLE)": lambda row: float(
        row["supply_days"] / Decimal(row["elapsed_days"])
    ),
    "1": lambda _: 1,
}


def features(
    record: Indicator, unit_kind: str, tables: Tables, month: date
) -> dict[str, Row]:
    """Return an indicator's cells by unit, for units of which something is known."""
    step = record.step_of(unit_kind)
    units: dict[str, list[Row]] = {}
    for row in of(tables[step], month):
        name = [row[column] for column in UNIT_OF[unit_kind]]
        if None not in name and _is_of(row, unit_kind, step):
            units.setdefault("|".join(name), []).append(row)
    worked = sum(
        day["is_working"] for day in of(tables["calendar"], month) if day["in_month"]
    )
    found = {}
    for unit, rows in units.items():
        cells = _cells(record, rows, worked)
        if cells:
            found[unit] = cells
    return found


def _is_of(row: Row, unit_kind: str, step: str) -> bool:
    """Steps that hold several kinds of places tell pharmacies by the class."""
    if unit_kind not in ("institution", "pharmacy") or step.startswith(f"{unit_kind}_"):
        return True
    return (row["visit_class"] == "pharmacy") == (unit_kind == "pharmacy")


def _cells(record: Indicator, rows: list[Row], worked: int) -> Row | None:
    own = [row for row in rows if _fits(row, record.where)]
    if record.numerator:
        numerator = _whole(record.numerator, rows)
        denominator = _whole(record.denominator, rows) if record.denominator else 1
    else:
        numerator, denominator = _by_kind(record, own)
    if record.exposure:
        denominator = worked
    if not own or numerator is None or not denominator or denominator < 0:
        return None
    return {
        "numerator": numerator,
        "denominator": denominator,
        "n": len(own),
        "spread": _spread(record, own, numerator, denominator),
        "value": float(numerator) / float(denominator),
    }


def _fits(row: Row, text: str) -> bool:
    if text == "true":
        return True
    if asked := KNOWN.fullmatch(text):
        return row[asked[1]] is not None
    column, sign, value = CONDITION.fullmatch(text).groups()
    cell = str(row[column])
    return (cell == value) if sign == "=" else (cell != value)


def _cell(row: Row, text: str):
    for start, compute in CELLS.items():
        if text.startswith(start):
            return compute(row)
    return row[text]


def _named(rows: list[Row], text: str) -> list[Row]:
    return [{"cell": _cell(row, text)} for row in rows]


def _by_kind(record: Indicator, rows: list[Row]) -> tuple:
    if record.kind == "count":
        if record.count == "*":
            return len(rows), 1
        column = record.count.removeprefix("DISTINCT ")
        return len({*known(rows, column)}), 1
    if record.kind in ("amount", "per_visit"):
        told = known(rows, record.amount)
        amount = sum(told) if told else None
        return amount, len(told) if record.kind == "per_visit" else 1
    parts = _named(rows, record.part)
    if record.whole:
        return total(parts, "cell"), total(_named(rows, record.whole), "cell")
    return total(parts, "cell"), len(known(parts, "cell"))


def _whole(text: str, rows: list[Row]):
    """Work out an aggregate given whole: a sum, an extreme, an index of squares."""
    only = re.search(r"FILTER \(WHERE ([^)]*)\)", text)
    if only:
        rows = [row for row in rows if _fits(row, only[1])]
        text = text.replace(f" {only[0]}", "")
    squares = re.match(r"sum\(CAST\((\w+) AS DOUBLE\) \* \w+\) / nullif", text)
    if squares:
        whole = total(rows, squares[1])
        return (
            sum(Fraction(x) ** 2 for x in known(rows, squares[1])) / Fraction(whole)
            if whole
            else None
        )
    if text == "max(rate) - min(rate)":
        rates = known(rows, "rate")
        return max(rates) - min(rates) if rates else None
    call = CALL.fullmatch(text)
    if call is None:
        name, inner = re.fullmatch(r"(\w+)\((.*)\)", text).groups()
        rows, call = _named(rows, inner), (None, name, "", "cell")
    _, name, distinct, column = (
        call if isinstance(call, tuple) else (None, *call.groups())
    )
    if column == "*":
        return len(rows)
    told = known(rows, column)
    if name == "count":
        return len({*told}) if distinct else len(told)
    return {"sum": sum, "max": max, "min": min}[name](told) if told else None


def _spread(record: Indicator, rows: list[Row], numerator, denominator) -> float | None:
    """Return the sampling variance: of the log mean, or of the ratio of sums."""
    if record.spread:
        return float(total(rows, CALL.fullmatch(record.spread)[3]))
    if record.numerator or record.kind not in ("per_visit", *SHARES):
        return None
    top, bottom = Fraction(numerator), Fraction(denominator)
    if record.kind == "per_visit":
        base, n = top, len(known(rows, record.amount))
        off = [Fraction(x) - top / n for x in known(rows, record.amount)] if n else []
    else:
        base, n = (top if record.kind == "ratio" else bottom), len(rows)
        pairs = [
            (_cell(r, record.part) or 0, _cell(r, record.whole) or 0) for r in rows
        ]
        off = [Fraction(part) - top / bottom * Fraction(whole) for part, whole in pairs]
    if n < 2 or base <= 0:
        return None
    return float(sum(x * x for x in off) * n / (n - 1) / base**2)


def alike(found: float | None, expected: float | None, at_least: float) -> bool:
    """Say whether spreads agree; the engine's is a difference of larger sums."""
    if found is None or expected is None or math.isnan(found):
        return expected is None and (found is None or math.isnan(found))
    return math.isclose(found, expected, rel_tol=1e-6, abs_tol=at_least)
