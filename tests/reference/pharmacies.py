"""Pharmacies: tickets, cards in a row, refills, prescribers, pharmacists."""

import math
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from reference.rows import Row, Tables, by, keyed, of, total
from reference.settings import LIMITS


def _purchases(tables: Tables, month: date) -> list[Row]:
    return [
        visit
        for visit in of(tables["visit_fact"], month)
        if visit["visit_class"] == "pharmacy"
    ]


def with_person(visits: list[Row], unit: str) -> list[Row]:
    """Return a row a unit and person: a person counts once, however often seen."""
    return [
        {
            unit: key[0],
            "insured_id": key[1],
            "visits": len(own),
            "persons": 1,
            "total_fee": total(own, "total_fee"),
            "prescriptions": total(own, "prescriptions"),
            "watch_quantity": total(own, "watch_quantity"),
        }
        for key, own in by(visits, unit, "insured_id").items()
        if key[0] is not None
    ]


def pharmacy_person(tables: Tables, month: date) -> list[Row]:
    return with_person(_purchases(tables, month), "institution_id")


def pharmacy_person_day(tables: Tables, month: date) -> list[Row]:
    tickets: dict[tuple, int] = {}
    for visit in _purchases(tables, month):
        day = visit["settled_at"].date()
        key = (visit["institution_id"], visit["insured_id"], day)
        tickets[key] = tickets.get(key, 0) + 1
    names = "institution_id insured_id day is_double"
    return [keyed(names, (*key, int(n > 1))) for key, n in tickets.items()]


def pharmacy_prescriber(tables: Tables, month: date) -> list[Row]:
    rows = [
        row
        for row in of(tables["item_fact"], month)
        if row["visit_class"] == "pharmacy" and row["doctor_id"] is not None
    ]
    return [
        keyed("institution_id doctor_id", key)
        | {
            "visits": len({row["visit_id"] for row in own}),
            "amount": total(own, "amount"),
        }
        for key, own in by(rows, "institution_id", "doctor_id").items()
    ]


def pharmacy_refill(tables: Tables, month: date) -> list[Row]:
    """Bought here on an earlier day of the month, or in the three before it."""
    rows = [
        row
        for row in of(tables["item_fact"], month, 4)
        if row["visit_class"] == "pharmacy"
        and row["is_drug"]
        and row["national_item_code"] is not None
    ]
    names = "institution_id insured_id national_item_code"
    found = []
    for key, own in by(rows, *names.split()).items():
        now = of(own, month)
        before = len(now) < len(own)
        days = {row["charged_on"] for row in now} - {None}
        if now:
            refill = int(before or len(days) > 1)
            found.append(keyed(names, key) | {"is_refill": refill})
    return found


def pharmacy_ticket(tables: Tables, month: date) -> list[Row]:
    found = []
    tickets = by(_purchases(tables, month), "institution_id", "total_fee")
    for (place, fee), own in tickets.items():
        small = fee < LIMITS.small_ticket or fee % 10 == 0
        row = {"institution_id": place, "total_fee": fee, "tickets": len(own)}
        found.append(row | {"small_tickets": len(own) if small else 0})
    return found


def pharmacy_benford(tables: Tables, month: date) -> list[Row]:
    found = []
    for (place,), sold in by(
        of(tables["pharmacy_ticket"], month), "institution_id"
    ).items():
        begun = dict.fromkeys(range(1, 10), 0)
        for row in sold:
            first = next(c for c in str(row["total_fee"]) if c in "123456789")
            begun[int(first)] += row["tickets"]
        for digit, tickets in begun.items():
            share = Fraction(tickets, sum(begun.values()))
            off = abs(share - Fraction(math.log10(1 + 1 / digit)))
            row = {"institution_id": place, "digit": digit, "tickets": tickets}
            found.append(row | {"deviation": off})
    return found


def pharmacy_gap(tables: Tables, month: date) -> list[Row]:
    """The shortest gap but one in a hundred between cards of different persons."""
    found = []
    for (place,), sold in by(_purchases(tables, month), "institution_id").items():
        sold.sort(key=lambda visit: (visit["settled_at"], visit["visit_id"]))
        gaps = sorted(
            int((later["settled_at"] - visit["settled_at"]).total_seconds())
            for visit, later in pairwise(sold)
            if visit["insured_id"] != later["insured_id"]
        )
        if gaps:
            row = {"institution_id": place, "gaps": len(gaps)}
            found.append(row | {"seconds": gaps[(len(gaps) - 1) // 100]})
    return found


def pharmacy_train(tables: Tables, month: date) -> list[Row]:
    return opened(
        [
            (v["institution_id"], v["settled_at"], v["insured_id"])
            for v in _purchases(tables, month)
        ],
        timedelta(minutes=LIMITS.train_minutes, microseconds=1),
        "institution_id opened_at cards",
    )


def opened(moments: list[tuple], span: timedelta, names: str) -> list[Row]:
    """Count the persons from each moment on, for less than a span, by place."""
    found = []
    for place, start in {moment[:2] for moment in moments}:
        persons = {
            person
            for where, at, person in moments
            if where == place and timedelta(0) <= at - start < span
        }
        found.append(keyed(names, (place, start, len(persons))))
    return found


def pharmacy_volume(tables: Tables, month: date) -> list[Row]:
    staff = {row["pharmacy_id"]: row["pharmacist_count"] for row in tables["pharmacy"]}
    return [
        {"institution_id": place, "visits": len(own), "pharmacists": staff[place]}
        for (place,), own in by(_purchases(tables, month), "institution_id").items()
        if (staff.get(place) or 0) > 0
    ]
