"""Doctors and institutions: days, minutes, persons, and the mix of their fees."""

import math
from datetime import date, timedelta
from fractions import Fraction

from reference.pharmacies import opened, with_person
from reference.rows import Row, Tables, by, first_known, keyed, known, of, total


def _cared_for(tables: Tables, month: date) -> list[Row]:
    return [
        visit
        for visit in of(tables["visit_fact"], month)
        if visit["visit_class"] != "pharmacy"
    ]


def doctor_person(tables: Tables, month: date) -> list[Row]:
    return with_person(_cared_for(tables, month), "doctor_id")


def institution_person(tables: Tables, month: date) -> list[Row]:
    return with_person(_cared_for(tables, month), "institution_id")


def doctor_day(tables: Tables, month: date) -> list[Row]:
    days: dict[tuple, list[str]] = {}
    for visit in _cared_for(tables, month):
        if visit["visit_class"] == "outpatient" and visit["doctor_id"] is not None:
            day = first_known(visit["admitted_at"], visit["settled_at"]).date()
            places = days.setdefault((visit["doctor_id"], day), [])
            places.append(visit["institution_id"])
    names = "doctor_id day visits places"
    return [keyed(names, (*key, len(p), len({*p}))) for key, p in days.items()]


def doctor_minute(tables: Tables, month: date) -> list[Row]:
    """A visit counts when its first item is ordered; sixty seconds from each."""
    moments = []
    rows = [
        row
        for row in of(tables["item_fact"], month)
        if row["visit_class"] == "outpatient" and row["doctor_id"] is not None
    ]
    for key, own in by(rows, "doctor_id", "insured_id", "visit_id").items():
        times = known(own, "charged_at")
        if times:
            moments.append((key[0], min(times), key[1]))
    return opened(moments, timedelta(seconds=60), "doctor_id opened_at persons")


def institution_doctor(tables: Tables, month: date) -> list[Row]:
    names = ("institution_id", "doctor_id")
    return [
        keyed(" ".join(names), key)
        | {"visits": len(own), "total_fee": total(own, "total_fee")}
        for key, own in by(_cared_for(tables, month), *names).items()
        if key[1] is not None
    ]


def institution_mix(tables: Tables, month: date) -> list[Row]:
    rows = [r for r in of(tables["item_fact"], month) if r["visit_class"] != "pharmacy"]
    names = "institution_id fee_category"
    found = [
        keyed(names, key) | {"amount": total(own, "amount")}
        for key, own in by(rows, *names.split()).items()
    ]
    return [row for row in found if row["amount"] > 0]


def institution_shift(tables: Tables, month: date) -> list[Row]:
    """Jensen and Shannon's divergence of this month's mix from the year's before."""
    found = []
    year = of(tables["institution_mix"], month, 13)
    for (place,), rows in by(year, "institution_id").items():
        now, before = {}, {}
        for row in rows:
            mix = now if row["month"] == month else before
            name = row["fee_category"]
            mix[name] = mix.get(name, 0) + row["amount"]
        if now and before:
            cells = {"institution_id": place}
            found.append(cells | {"divergence": Fraction(_divergence(now, before))})
    return found


def _divergence(one: dict, other: dict) -> float:
    wholes = sum(one.values()), sum(other.values())
    found = 0.0
    for name in {*one, *other}:
        p, q = (
            float(mix.get(name, 0) / whole)
            for mix, whole in zip((one, other), wholes, strict=True)
        )
        found += sum(x * math.log2(2 * x / (p + q)) for x in (p, q) if x > 0) / 2
    return max(found, 0.0)
