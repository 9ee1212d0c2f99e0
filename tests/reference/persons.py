"""Insured persons: where they were, what they spent, took along and came with."""

import math
from datetime import date, datetime, timedelta
from fractions import Fraction

from anomaly.periods import shift
from reference.rows import Row, Tables, by, index, keyed, known, most, of, total
from reference.settings import LIMITS

EMPLOYEES = ("310", "320", "330", "340")
SUPPLY_AT_MOST = 92
KM_A_DEGREE = 111.2
START = datetime(2000, 1, 1)  # noqa: DTZ001 - the store's times have no zone


def insured_month(tables: Tables, month: date) -> list[Row]:
    names = "insured_id institution_id visit_class"
    return [
        keyed(names, key)
        | {
            "insurance_type": most(visits, "insurance_type"),
            "visits": len(visits),
            "fund_pay": total(visits, "fund_pay"),
            "pay_account": total(visits, "pay_account"),
        }
        for key, visits in by(of(tables["visit_fact"], month), *names.split()).items()
    ]


def insured_day(tables: Tables, month: date) -> list[Row]:
    spent: dict[tuple, object] = {}
    for visit in of(tables["visit_fact"], month):
        if visit["pay_account"] is not None:
            key = (visit["insured_id"], visit["settled_at"].date())
            spent[key] = spent.get(key, 0) + visit["pay_account"]
    return [
        keyed("insured_id day pay_account", (*key, amount))
        for key, amount in spent.items()
        if amount > 0
    ]


def insured_burst(tables: Tables, month: date) -> list[Row]:
    """The most spent in seven days that end this month, beside a week's mean."""
    found = []
    days = of(tables["insured_day"], month, 12)
    for (person,), rows in by(days, "insured_id").items():
        weeks = [
            sum(
                other["pay_account"]
                for other in rows
                if timedelta(0) <= row["day"] - other["day"] < timedelta(days=7)
            )
            for row in of(rows, month)
        ]
        if weeks:
            first = min(row["month"] for row in rows)
            spent = Fraction(total(rows, "pay_account"))
            mean = 7 * spent / (shift(month, 1) - first).days
            found.append(
                {
                    "insured_id": person,
                    "most_in_a_week": max(weeks),
                    "mean_of_a_week": mean,
                }
            )
    return found


def insured_year(tables: Tables, month: date) -> list[Row]:
    """Places and stays are distinct over the year: months are not added up."""
    found = []
    stays = of(tables["stay_fact"], month, 12)
    year = of(tables["insured_month"], month, 12)
    for (person,), rows in by(year, "insured_id").items():
        if not of(rows, month):
            continue
        types = known(rows, "insurance_type")
        is_employee = bool(types) and max(types) in EMPLOYEES
        own = [row for row in rows if row["visit_class"] != "pharmacy"]
        same_year = [row for row in rows if row["month"].year == month.year]
        found.append(
            {
                "insured_id": person,
                "places": len({row["institution_id"] for row in own}),
                "stays": len(
                    {s["visit_id"] for s in stays if s["insured_id"] == person}
                ),
                "fund_pay": total(same_year, "fund_pay"),
                "fund_cap": LIMITS.cap_employee if is_employee else LIMITS.cap_resident,
            }
        )
    return found


def insured_companion(tables: Tables, month: date) -> list[Row]:
    """Others seen at the same place in the same quarter of an hour, often enough."""
    visits = of(tables["visit_fact"], month, 3)
    moments: dict[tuple, set] = {}
    for visit in visits:
        if visit["visit_class"] != "inpatient":
            seconds = (visit["settled_at"] - START).total_seconds()
            slot = math.floor(seconds / (LIMITS.companion_minutes * 60))
            moments.setdefault((visit["institution_id"], slot), set()).add(
                visit["insured_id"]
            )
    times: dict[str, dict[str, int]] = {}
    for persons in moments.values():
        if len(persons) <= LIMITS.companion_crowd:
            for one in persons:
                for other in persons - {one}:
                    met = times.setdefault(one, {})
                    met[other] = met.get(other, 0) + 1
    return [
        {
            "insured_id": one,
            "companions": sum(
                n >= LIMITS.companion_times for n in times.get(one, {}).values()
            ),
        }
        for one in {visit["insured_id"] for visit in of(visits, month)}
    ]


def insured_move(tables: Tables, month: date) -> list[Row]:
    """Was a visit too far from the one before it for the time between?"""
    spots = index(tables["institution"], "institution_id")
    spots = spots | index(tables["pharmacy"], "pharmacy_id")
    visits = [
        visit
        for visit in of(tables["visit_fact"], month)
        if visit["visit_class"] in ("outpatient", "pharmacy")
    ]
    found = []
    for own in by(visits, "insured_id").values():
        own.sort(key=lambda visit: (visit["settled_at"], visit["visit_id"]))
        for before, visit in zip([None, *own], own, strict=False):
            row = {"insured_id": visit["insured_id"], "visit_id": visit["visit_id"]}
            here = _spot(visit, spots)
            there = before and _spot(before, spots)
            row["is_impossible"] = None if here is None else 0
            if here and there and before["institution_id"] != visit["institution_id"]:
                hours = (visit["settled_at"] - before["settled_at"]) / timedelta(
                    hours=1
                )
                row["is_impossible"] = int(_too_far(_km(here, there), hours))
            found.append(row)
    return found


def _spot(visit: Row, spots: dict) -> tuple[float, float] | None:
    place = spots.get(visit["institution_id"], {})
    spot = (place.get("longitude"), place.get("latitude"))
    return None if None in spot else spot


def _km(one: tuple, other: tuple) -> float:
    narrowed = math.cos(math.radians((one[1] + other[1]) / 2))
    east = (one[0] - other[0]) * KM_A_DEGREE * narrowed
    return math.hypot((one[1] - other[1]) * KM_A_DEGREE, east)


def _too_far(km: float, hours: float) -> bool:
    return km >= LIMITS.move_km_at_least and km > LIMITS.move_km_per_hour * hours


def _drugs(tables: Tables, month: date, months: int) -> list[Row]:
    """Drugs taken home for some days, of known code and day."""
    return [
        row
        for row in of(tables["item_fact"], month, months)
        if row["is_drug"]
        and (row["supply_days"] or 0) > 0
        and row["national_item_code"] is not None
        and row["visit_class"] != "inpatient"
        and row["charged_on"] is not None
    ]


def insured_supply(tables: Tables, month: date) -> list[Row]:
    found = []
    names = "insured_id national_item_code"
    for key, rows in by(_drugs(tables, month, 3), *names.split()).items():
        if of(rows, month):
            first = min(row["charged_on"] for row in rows)
            gone_by = (shift(month, 1) - first).days
            cells = {
                "supply_days": total(rows, "supply_days"),
                "elapsed_days": max(gone_by, LIMITS.supply_days_at_least),
            }
            found.append(keyed(names, key) | cells)
    return found


def insured_overlap(tables: Tables, month: date) -> list[Row]:
    """Days that a purchase comes too early, for other places' supply still lasts."""
    bought = _drugs(tables, month, 3)
    names = "insured_id visit_id national_item_code"
    found = []
    for key, rows in by(of(bought, month), *names.split()).items():
        left, supply = [0], [0]
        for own in rows:
            for other in bought:
                if _is_earlier(other, own):
                    lasts = min(other["supply_days"], SUPPLY_AT_MOST)
                    apart = (own["charged_on"] - other["charged_on"]).days
                    left.append(lasts - apart)
                    supply.append(min(own["supply_days"], SUPPLY_AT_MOST))
        overlap = {"overlap_days": min(max(left), max(supply))}
        found.append(keyed(names, key) | overlap)
    return found


def _is_earlier(other: Row, own: Row) -> bool:
    same = all(
        other[name] == own[name] for name in ("insured_id", "national_item_code")
    )
    when = [(row["charged_on"], row["visit_id"]) for row in (other, own)]
    return (
        same and other["institution_id"] != own["institution_id"] and when[0] < when[1]
    )
