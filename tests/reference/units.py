"""Units of a month: who they are, where, of which level and kind."""

from datetime import date

from reference.rows import Row, Tables, by, first_known, index, most, of

NO_VIOLATION = (None, "0", "无")
WHERE = "institution_id department district level"


def _absent_last(value: str | None) -> tuple:
    return (value is None, value or "")


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
