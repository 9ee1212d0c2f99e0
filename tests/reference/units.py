"""Units of a month: who they are, where, of which level and kind."""

import re
from datetime import date

from anomaly.periods import shift
from reference.rows import Row, Tables, by, first_known, index, most, of
from reference.settings import LIMITS

NO_VIOLATION = (None, "0", "无")
WHERE = "institution_id department district level"


def _absent_last(value: str | None) -> tuple:
    return (value is None, value or "")


def focus(tables: Tables, month: date, key: str, value: str) -> str:
    """What half of three months' visits are for, where that is planned treatment."""
    months = (month, shift(month, -1), shift(month, -2))
    visits = [
        visit
        for each in months
        for visit in of(tables["visit_fact"], each)
        if visit[key] == value
    ]
    for name, pattern in (
        ("dialysis", LIMITS.dialysis_diagnosis),
        ("oncology", LIMITS.cancer_diagnosis),
    ):
        planned = [v for v in visits if re.search(pattern, v["main_diagnosis"] or "")]
        if 2 * len(planned) >= len(visits):
            return name
    return ""


def unit_doctor(tables: Tables, month: date) -> list[Row]:
    """Place by most visits; department by the master, else by most visits."""
    masters = index(tables["doctor"], "doctor_id")
    places = index(tables["institution"], "institution_id")
    found = []
    for (doctor,), visits in by(of(tables["visit_fact"], month), "doctor_id").items():
        if doctor is None:
            continue
        counted = by(visits, *WHERE.split())
        place, department, district, level = min(
            counted, key=lambda k: (-len(counted[k]), *map(_absent_last, k))
        )
        own = masters.get(doctor, {})
        found.append(
            {
                "unit_id": doctor,
                "unit_name": first_known(own.get("doctor_name"), doctor),
                "institution_id": place,
                "institution_name": places.get(place, {}).get("institution_name"),
                "department": first_known(own.get("department"), department),
                "level": level,
                "district": district,
                "has_prior_violation": own.get("prior_violation") not in NO_VIOLATION,
                "started_on": own.get("contract_start"),
                "focus": focus(tables, month, "doctor_id", doctor),
            }
        )
    return found


def _place(place: str, name: str | None, visits: list[Row]) -> Row:
    return {
        "unit_id": place,
        "unit_name": first_known(name, place),
        "institution_id": place,
        "institution_name": name,
        "department": None,
        "district": most(visits, "district"),
        "has_prior_violation": False,
        "started_on": None,
    }


def unit_institution(tables: Tables, month: date) -> list[Row]:
    masters = index(tables["institution"], "institution_id")
    found = []
    cared = [
        v for v in of(tables["visit_fact"], month) if v["visit_class"] != "pharmacy"
    ]
    for (place,), visits in by(cared, "institution_id").items():
        own = masters.get(place, {})
        names = ("institution_type_name", "institution_type")
        cells = {
            "level": most(visits, "level"),
            "kind": first_known(*(own.get(name) for name in names)),
        }
        found.append(_place(place, own.get("institution_name"), visits) | cells)
    return found


def unit_insured(tables: Tables, month: date) -> list[Row]:
    """Place by most visits; district as insured, else of that place."""
    shops = index(tables["pharmacy"], "pharmacy_id")
    places = index(tables["institution"], "institution_id")
    found = []
    for (person,), visits in by(of(tables["visit_fact"], month), "insured_id").items():
        if person is None:
            continue
        counted = by(visits, "institution_id")
        (place,) = min(counted, key=lambda k: (-len(counted[k]), _absent_last(*k)))
        own = _place(place, None, counted[(place,)])
        name = places.get(place, {}).get("institution_name")
        band, kind = most(visits, "age_band"), most(visits, "insurance_type")
        employed = f"'{kind}'" in LIMITS.employee_types
        cells = {
            "unit_id": person,
            "unit_name": person,
            "institution_name": first_known(
                name, shops.get(place, {}).get("pharmacy_name")
            ),
            "age_band": None if band is None else f"age{band}",
            "sex": {"1": "male", "2": "female"}.get(most(visits, "sex")),
            "insurance": kind and ("employee" if employed else "resident"),
            "district": first_known(most(visits, "insured_district"), own["district"]),
            "focus": focus(tables, month, "insured_id", person),
        }
        found.append(own | cells)
    return found


def unit_pharmacy(tables: Tables, month: date) -> list[Row]:
    masters = index(tables["pharmacy"], "pharmacy_id")
    found = []
    bought = [
        v for v in of(tables["visit_fact"], month) if v["visit_class"] == "pharmacy"
    ]
    for (place,), visits in by(bought, "institution_id").items():
        own = masters.get(place, {})
        cells = {
            "chain": "chain" if own.get("is_branch") else "single",
            "kind": own.get("channel_type"),
        }
        found.append(_place(place, own.get("pharmacy_name"), visits) | cells)
    return found
