"""Who answers for a visit, and which settlements are artefacts of recording."""

import re
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction

from reference.rows import Row, Tables, by, first_known, index, of
from reference.settings import SCREEN


def responsible_doctor(tables: Tables, month: date) -> list[Row]:
    """The attending doctor, else the one whose lines add up to most."""
    settled = {row["visit_id"] for row in of(tables["settlement"], month)}
    sums: dict = defaultdict(lambda: defaultdict(Decimal))
    for line in of(tables["charge"], month):
        if line["doctor_id"] is not None:
            sums[line["visit_id"]][line["doctor_id"]] += line["line_amount"]
    found = []
    for visit in of(tables["visit"], month):
        if visit["visit_id"] not in settled:
            continue
        billed = sums.get(visit["visit_id"], {})
        largest = min(billed, key=lambda one: (-billed[one], one), default=None)
        found.append(
            {
                "visit_id": visit["visit_id"],
                "doctor_id": first_known(visit["attending_doctor_id"], largest),
                "department": first_known(visit["discharge_dept"], visit["admit_dept"]),
            }
        )
    return found


def screened(tables: Tables, month: date) -> list[Row]:
    """The first reason that takes a settlement out: sent again, nobody, mismapped."""
    doctors = index(of(tables["responsible_doctor"], month), "visit_id")
    bills = [
        row | {"doctor_id": doctors.get(row["visit_id"], {}).get("doctor_id")}
        for row in of(tables["settlement"], month)
    ]
    reasons: dict[str, str] = {}
    for artefact, ids in (
        ("reuploaded_batch", reuploaded(bills)),
        ("placeholder_doctor", without_doctor(bills, tables, month)),
        *_listed(tables, month, "unknown_id", "shared_code"),
        ("code_map_error", mismapped(of(tables["charge"], month))),
        *_listed(tables, month, "count_unit", "neighbour_code"),
    ):
        for one in ids:
            reasons.setdefault(one, artefact)
    names = "settlement_id institution_id doctor_id total_fee".split()
    return [
        {name: bill[name] for name in names}
        | {"artefact": reasons[bill["settlement_id"]]}
        for bill in bills
        if bill["settlement_id"] in reasons
    ]


def reuploaded(bills: list[Row]) -> set[str]:
    """Repeats of one visit, and those that come in a batch of a place and day."""
    kept = [bill for bill in bills if not bill["is_refund"]]
    alike = "insured_id institution_id visit_class settled_at total_fee".split()
    repeated = _all_but_first(kept, *alike)
    same_visit = {
        bill["settlement_id"]
        for bill in _all_but_first(kept, "visit_id", "settled_at", "total_fee")
    }
    batches = Counter((b["institution_id"], b["settled_at"].date()) for b in repeated)
    return {
        bill["settlement_id"]
        for bill in repeated
        if bill["settlement_id"] in same_visit
        or batches[bill["institution_id"], bill["settled_at"].date()]
        >= SCREEN["reupload_settlements"]
    }


def _all_but_first(bills: list[Row], *names: str) -> list[Row]:
    found = []
    for group in by(bills, *names).values():
        found += sorted(group, key=lambda bill: bill["settlement_id"])[1:]
    return found


def without_doctor(bills: list[Row], tables: Tables, month: date) -> set[str]:
    """Visits and stays whose doctor is blank, a placeholder or nobody at all."""
    master = {row["doctor_id"] for row in tables["doctor"]}
    places: dict = defaultdict(set)
    for bill in bills:
        places[bill["doctor_id"]].add(bill["institution_id"])
    any_known = any(
        row["doctor_id"] is not None for row in of(tables["responsible_doctor"], month)
    )
    found = set()
    for bill in bills:
        doctor = bill["doctor_id"]
        if bill["visit_class"] not in ("outpatient", "inpatient"):
            continue
        if doctor is None:
            nobody = any_known
        elif re.search(SCREEN["placeholder_pattern"], doctor.upper()):
            nobody = True
        else:
            shared = len(places[doctor]) >= SCREEN["shared_id_institutions"]
            nobody = bool(master) and doctor not in master and shared
        if nobody:
            found.add(bill["settlement_id"])
    return found


def mismapped(lines: list[Row]) -> set[str]:
    """Bills with items under another category than most institutions use."""
    users: dict = defaultdict(lambda: defaultdict(set))
    for line in lines:
        if line["national_item_code"] is not None:
            places = users[line["national_item_code"]][line["fee_category"]]
            places |= {line["institution_id"]} - {None}
    usual = {
        item: min(used, key=lambda category: (-len(used[category]), category))
        for item, used in users.items()
    }
    coded = [line for line in lines if line["national_item_code"] in usual]
    wrong = [x for x in coded if x["fee_category"] != usual[x["national_item_code"]]]
    wrong_at = Counter(line["institution_id"] for line in wrong)
    all_at = Counter(line["institution_id"] for line in coded)
    share = Fraction(str(SCREEN["mismapped_share"]))
    return {
        line["settlement_id"]
        for line in wrong
        if (place := line["institution_id"]) is not None
        and wrong_at[place] >= SCREEN["mismapped_lines"]
        and Fraction(wrong_at[place], all_at[place]) >= share
    }


def _listed(tables: Tables, month: date, *steps: str) -> list[tuple[str, list[str]]]:
    """What other steps take out, in the order in which they are asked."""
    return [
        (row["artefact"], [row["settlement_id"]])
        for step in steps
        for row in of(tables[step], month)
    ]


def unknown_id(tables: Tables, month: date) -> list[Row]:
    """Ids that a master lacks which knows nine in ten."""
    doctors = index(of(tables["responsible_doctor"], month), "visit_id")
    masters = {row["doctor_id"] for row in tables["doctor"]}
    places = {row["institution_id"] for row in tables["institution"]}
    places |= {row["pharmacy_id"] for row in tables["pharmacy"]}
    knows: dict[str, tuple] = {}
    for bill in of(tables["settlement"], month):
        doctor = doctors.get(bill["visit_id"], {}).get("doctor_id")
        cared = bill["visit_class"] in ("outpatient", "inpatient")
        knows[bill["settlement_id"]] = (
            bill["institution_id"] and bill["institution_id"] in places,
            (doctor in masters) if doctor is not None and cared else None,
        )
    least = Fraction(str(SCREEN["master_share"]))
    found: dict[str, str] = {}
    for nth, artefact in ((0, "unknown_institution"), (1, "unknown_doctor")):
        asked = [pair[nth] for pair in knows.values() if pair[nth] is not None]
        if not asked or Fraction(sum(asked), len(asked)) < least:
            continue
        for one, pair in knows.items():
            if pair[nth] is False:
                found.setdefault(one, artefact)
    return [{"settlement_id": one, "artefact": why} for one, why in found.items()]


def shared_code(tables: Tables, month: date) -> list[Row]:
    """Bills of doctors whose code stands beside three names or more."""
    bills = of(tables["settlement"], month)
    settled = {bill["visit_id"] for bill in bills}
    names: dict = defaultdict(set)
    for visit in of(tables["visit"], month):
        name = (visit["attending_doctor_name"] or "").strip()
        if visit["visit_id"] in settled and name:
            names[visit["attending_doctor_id"]].add(name)
    doctors = index(of(tables["responsible_doctor"], month), "visit_id")
    return [
        {"settlement_id": bill["settlement_id"], "artefact": "shared_code"}
        for bill in bills
        if (doctor := doctors.get(bill["visit_id"], {}).get("doctor_id")) is not None
        and len(names.get(doctor, ())) >= SCREEN["names_of_code"]
    ]


def count_unit(tables: Tables, month: date) -> list[Row]:
    """Bills with items of which a place counts many times as many at as much less."""
    lines = _coded(tables, month)
    paid = [
        line
        for line in lines
        if (line["quantity"] or 0) > 0 and (line["line_amount"] or 0) > 0
    ]
    wrong = set()
    for (item,), every in by(paid, "national_item_code").items():
        for (place,), own in by(every, "institution_id").items():
            others = [line for line in every if line["institution_id"] != place]
            if min(len(own), len(others)) >= SCREEN["unit_lines"] and _otherwise(
                own, others
            ):
                wrong.add((place, item))
    ids = {
        line["settlement_id"]
        for line in lines
        if (line["institution_id"], line["national_item_code"]) in wrong
    }
    return [{"settlement_id": one, "artefact": "count_unit_error"} for one in ids]


def _otherwise(own: list[Row], others: list[Row]) -> bool:
    def measures(lines: list[Row]) -> tuple[float, float]:
        quantity = float(sum(line["quantity"] for line in lines))
        return quantity / len(lines), float(
            sum(x["line_amount"] for x in lines)
        ) / quantity

    (size, price), (other_size, other_price) = measures(own), measures(others)
    more, dearer, times = size / other_size, price / other_price, SCREEN["unit_times"]
    many_cheap = more >= times and dearer * times <= 1
    few_dear = more * times <= 1 and dearer >= times
    return (many_cheap or few_dear) and 0.5 <= more * dearer <= 2


def neighbour_code(tables: Tables, month: date) -> list[Row]:
    """Bills with a local name under a code that neighbours the one it is meant for."""
    coded = [
        line | {"local_name": (line["local_item_name"] or "").strip()}
        for line in _coded(tables, month)
    ]
    coded = [line for line in coded if line["local_name"]]
    letters, found = SCREEN["neighbour_letters"], set()
    share = Fraction(str(SCREEN["neighbour_share"]))
    for lines in by(coded, "institution_id", "local_name").values():
        codes = Counter(line["national_item_code"] for line in lines)
        meant = min(codes, key=lambda code: (-codes[code], code))
        most = codes[meant]
        if most < SCREEN["neighbour_lines"] or Fraction(most, len(lines)) < share:
            continue
        found |= {
            line["settlement_id"]
            for line in lines
            if line["national_item_code"] != meant
            and line["national_item_code"][:letters] == meant[:letters]
        }
    return [{"settlement_id": one, "artefact": "neighbour_code"} for one in found]


def _coded(tables: Tables, month: date) -> list[Row]:
    """Lines with a code, under the place of their bill."""
    bills = index(of(tables["settlement"], month), "settlement_id")
    lines = [
        line | {"institution_id": bills[line["settlement_id"]]["institution_id"]}
        for line in of(tables["charge"], month)
        if line["settlement_id"] in bills and line["national_item_code"] is not None
    ]
    return [line for line in lines if line["institution_id"] is not None]
