"""Stays: their length, returns, complications, beds, the days between."""

import re
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from anomaly.periods import shift
from reference.rows import (
    Row,
    Tables,
    as_flag,
    by,
    first_known,
    keyed,
    known,
    least,
    most,
    of,
    total,
)
from reference.settings import LIMITS

AS_SEEN = (
    "visit_id insured_id institution_id doctor_id visit_class district level"
    " admitted_at discharged_at main_diagnosis total_fee"
).split()
BUNCHED = {int(text) for text in LIMITS.bunch_days.split(",")}
RETURNS = {
    "is_readmitted": LIMITS.readmit_days,
    "is_readmitted_here": LIMITS.readmit_same_days,
}


def nights(earlier, later) -> int | None:
    if earlier is None or later is None:
        return None
    return (later.date() - earlier.date()).days


def _is(condition: bool | None) -> int | None:
    return as_flag(condition)


def stay_fact(tables: Tables, month: date) -> list[Row]:
    stays = [
        row
        for row in of(tables["visit_fact"], month, 3)
        if row["visit_class"] == "inpatient"
    ]
    bills = by(of(tables["settlement_net"], month), "visit_id")
    told = by(of(tables["diagnosis"], month, 3), "settlement_id")
    groups = by(tables["case_group"], "settlement_id")
    days_off = _days_off(tables, month)
    found = []
    for stay in of(stays, month):
        own = [bill["settlement_id"] for bill in bills[(stay["visit_id"],)]]
        days = first_known(
            stay["stay_days"], nights(stay["admitted_at"], stay["discharged_at"])
        )
        row = {name: stay[name] for name in AS_SEEN} | {"days": days}
        row |= _length(days) | _returned(stay, stays) | _severity(stay)
        row |= _infected([d for one in own for d in told.get((one,), [])])
        row |= _grouped(stay, [g for one in own for g in groups.get((one,), [])])
        found.append(row | _admission(stay, days_off))
    return found


def _length(days: float | None) -> Row:
    if days is None:
        flags = {"is_at_threshold": 0, "is_near_threshold": 0}
        return flags | {"bed_days": None, "is_one_day": None}
    return {
        "bed_days": max(days, 1),
        "is_one_day": _is(days <= 1),
        "is_at_threshold": _is(days in BUNCHED),
        "is_near_threshold": _is(any(days + n in BUNCHED for n in (-1, 0, 1))),
    }


def _is_planned(stay: Row) -> bool:
    diagnosis = stay["main_diagnosis"] or ""
    planned = re.search(LIMITS.planned_diagnosis, diagnosis)
    return bool(planned) or stay["referral_from_visit"] is not None


def _returned(stay: Row, stays: list[Row]) -> Row:
    """Was the same person discharged, anywhere or here, so many days before?"""
    came = stay["admitted_at"]
    if came is None:
        return dict.fromkeys(RETURNS)
    found = dict.fromkeys(RETURNS, 0)
    for other in stays:
        left = other["discharged_at"]
        if (
            other["insured_id"] != stay["insured_id"]
            or other["visit_id"] == stay["visit_id"]
            or left is None
            or left > came
            or _is_planned(stay)
        ):
            continue
        here = other["institution_id"] == stay["institution_id"]
        for name, most_days in RETURNS.items():
            if nights(left, came) <= most_days and (here or name == "is_readmitted"):
                found[name] = 1
    return found


def _severity(stay: Row) -> Row:
    diagnosis, fee = stay["main_diagnosis"], stay["total_fee"]
    is_mild = diagnosis and bool(re.search(LIMITS.mild_diagnosis, diagnosis))
    low = (
        stay["operation_code"] is None
        and stay["surgery_fee"] == 0
        and stay["treatment_fee"] < Decimal(str(LIMITS.low_treatment_share)) * fee
        and stay["exam_fee"] > Decimal(str(LIMITS.low_exam_share)) * fee
    )
    return {"is_mild": _is(is_mild), "has_low_criteria": _is(low)}


def _infected(diagnoses: list[Row]) -> Row:
    """Known only where a diagnosis of the stay says its type."""
    types = known(diagnoses, "diagnosis_type")
    return {"has_infection": _is(LIMITS.infection_type in types) if types else None}


def _grouped(stay: Row, groups: list[Row]) -> Row:
    """The worst of a stay's complications; its fee against the groups' standard."""
    levels = known(groups, "cc_level")
    cost, fee = total(groups, "standard_cost"), stay["total_fee"]
    low, high = Decimal(str(LIMITS.low_multiple)), Decimal(str(LIMITS.high_multiple))
    costed = cost is not None and cost > 0
    return {
        "has_complication": _is(bool({"CC", "MCC"} & {*levels})) if levels else None,
        "is_high_multiple": _is(fee > high * cost) if costed else None,
        "is_low_multiple": _is(fee < low * cost) if costed else None,
    }


def _days_off(tables: Tables, month: date) -> dict[date, tuple[int, Fraction]]:
    """Return of each day of whole months known: is it off, and its month's share."""
    days = [
        row for row in of(tables["calendar"], month) if row["day"] >= shift(month, -3)
    ]
    found = {}
    for group in by(
        [row | {"of": row["day"].replace(day=1)} for row in days], "of"
    ).values():
        share = Fraction(sum(1 - row["is_working"] for row in group), len(group))
        found |= {row["day"]: (1 - row["is_working"], share) for row in group}
    return found


def _admission(stay: Row, days_off: dict) -> Row:
    came = stay["admitted_at"]
    is_off, share = days_off.get(came and came.date(), (None, None))
    return {"is_rest_admission": is_off, "rest_share": share}


def institution_census(tables: Tables, month: date) -> list[Row]:
    """Who lay in the beds of each day of this month and the one before."""
    beds = {
        row["institution_id"]: row["approved_beds"] for row in tables["institution"]
    }
    lying: dict[tuple, set] = {}
    for stay in of(tables["stay_fact"], month, 3):
        place, start, end = (
            stay[name] for name in ("institution_id", "admitted_at", "discharged_at")
        )
        if start is None or end is None or not (beds.get(place) or 0) > 0:
            continue
        # The day of discharge is nobody's night; a stay of a day is that day's.
        for night in range(max((end.date() - start.date()).days, 1)):
            day = start.date() + timedelta(days=night)
            if shift(month, -1) <= day < shift(month, 1):
                lying.setdefault((place, day), set()).add(stay["visit_id"])
    return [
        keyed("institution_id day", key)
        | {"patients": len(visits), "beds": beds[key[0]]}
        for key, visits in lying.items()
    ]


def institution_beds(tables: Tables, month: date) -> list[Row]:
    beds = {
        row["institution_id"]: row["approved_beds"] for row in tables["institution"]
    }
    days = (shift(month, 1) - month).days
    return [
        {
            "institution_id": place,
            "bed_days": total(stays, "bed_days"),
            "capacity": beds[place] * days,
        }
        for (place,), stays in by(
            of(tables["stay_fact"], month), "institution_id"
        ).items()
        if (beds.get(place) or 0) > 0
    ]


def insured_gap(tables: Tables, month: date) -> list[Row]:
    """The fewest days from one stay's end to the next one's begin, in a year."""
    here = {row["insured_id"] for row in of(tables["stay_fact"], month)}
    found = []
    for (person,), rows in by(of(tables["stay_fact"], month, 12), "insured_id").items():
        # A stay settled in two months stands in both.
        stays = [
            (least(same, "admitted_at"), visit, most(same, "discharged_at"))
            for (visit,), same in by(rows, "visit_id").items()
        ]
        dated = sorted(stay for stay in stays if stay[0] is not None)
        gaps = [
            max(nights(left, came), 0)
            for (_, _, left), (came, _, _) in pairwise(dated)
            if left is not None
        ]
        if person in here and gaps:
            found.append({"insured_id": person, "gap_days": min(gaps)})
    return found
