"""Districts and agencies: enrolment, the fund's yuan, the budget, who handled it."""

from datetime import date
from fractions import Fraction

from anomaly.periods import month_text, shift
from reference.rows import Row, Tables, by, keyed, of, total


def agency_pair(tables: Tables, month: date) -> list[Row]:
    names = "agency_id operator_id payee_id"
    return [
        keyed(names, key) | {"fund_pay": total(own, "fund_pay")}
        for key, own in by(of(tables["review_fact"], month), *names.split()).items()
        if None not in key[1:]
    ]


def district_fund(tables: Tables, month: date) -> list[Row]:
    visits = by(of(tables["visit_fact"], month), "insured_district")
    return [
        {"district": district, "fund_pay": total(own, "fund_pay")}
        for (district,), own in visits.items()
        if district is not None
    ]


def district_enrolled(tables: Tables, month: date) -> list[Row]:
    """Persons enrolled on some day of the month; a person once, however insured."""
    persons: dict[str, set[str]] = {}
    for row in tables["enrolment"]:
        starts, ends = row["enrolled_from"], row["enrolled_to"]
        begun = starts is None or starts < shift(month, 1)
        if row["insured_district"] is not None and begun:
            if ends is None or ends >= month:
                own = persons.setdefault(row["insured_district"], set())
                own.add(row["insured_id"])
    stays = [
        visit["insured_district"]
        for visit in of(tables["visit_fact"], month)
        if visit["visit_class"] == "inpatient"
    ]
    return [
        {"district": name, "persons": len(own), "stays": stays.count(name)}
        for name, own in persons.items()
    ]


def district_budget(tables: Tables, month: date) -> list[Row]:
    """Spent and planned in this year's months that hold settlements of anybody."""
    year = of(tables["district_fund"], month, 12)
    held = {month_text(r["month"]) for r in year if r["month"].year == month.year}
    planned = by([row for row in tables["budget"] if row["month"] in held], "district")
    found = []
    for (district,), rows in by(year, "district").items():
        months = planned.get((district,), [])
        if not months:
            continue
        now = [row for row in months if row["month"] == month_text(month)]
        this_year = [row for row in rows if row["month"].year == month.year]
        found.append(
            {
                "district": district,
                "this_year": total(this_year, "fund_pay"),
                "budget": total(months, "budget"),
                "balance": total(now, "balance"),
                "mean_month": Fraction(total(rows, "fund_pay")) / len(rows),
            }
        )
    return found
