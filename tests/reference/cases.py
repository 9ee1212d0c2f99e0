"""Case mix: what a case costs with everybody else."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from reference.rows import Row, Tables, by, first_known, keyed, of, total
from reference.settings import LIMITS

CELL = "doctor_id institution_id visit_class level department category age_band sex"
# Where a chapter of ICD-10 begins; it ends where the next one does.
CHAPTERS = (
    "A00 I,C00 II,D50 III,E00 IV,F00 V,G00 VI,H00 VII,H60 VIII,I00 IX,J00 X,K00 XI,"
    "L00 XII,M00 XIII,N00 XIV,O00 XV,P00 XVI,Q00 XVII,R00 XVIII,S00 XIX,U00 XXII,"
    "V00 XX,Z00 XXI"
)


def chapter(category: str) -> str:
    found = "?"
    for pair in CHAPTERS.split(","):
        start, name = pair.split()
        if category != "?" and category >= start:
            found = name
    return found


def _case(visit: Row) -> tuple:
    diagnosis = visit["main_diagnosis"]
    return (
        first_known(visit["doctor_id"], "?"),
        visit["institution_id"],
        visit["visit_class"],
        visit["level"],
        first_known(visit["department"], "?"),
        "?" if diagnosis is None else diagnosis[:3].upper(),
        first_known(visit["age_band"], -1),
        first_known(visit["sex"], "?"),
    )


def case_cell(tables: Tables, month: date) -> list[Row]:
    cells: dict[tuple, list[Row]] = {}
    for visit in of(tables["visit_fact"], month):
        if visit["visit_class"] != "pharmacy":
            cells.setdefault(_case(visit), []).append(visit)
    found = []
    for key, visits in cells.items():
        row = keyed(CELL, key)
        row |= {"chapter": chapter(row["category"]), "visits": len(visits)}
        found.append(row | {"fee": total(visits, "total_fee")})
    return found


def case_mix(tables: Tables, month: date) -> list[Row]:
    """Three months' means: of the case, else of its chapter, else of its department."""
    cells = of(tables["case_cell"], month, 3)
    found = []
    for key in by(of(cells, month), *CELL.split(), "chapter"):
        row = keyed(f"{CELL} chapter", key)
        doctors = [c for c in cells if c["doctor_id"] != row["doctor_id"]]
        places = [c for c in cells if c["institution_id"] != row["institution_id"]]
        row |= {
            "fee_of_other_doctors": _mean_of_case(row, doctors),
            "fee_of_other_institutions": _mean_of_case(row, places),
        }
        del row["chapter"]
        found.append(row)
    return found


def _mean_of_case(case: Row, others: list[Row]) -> float | None:
    for names, enough in (
        ("visit_class level category age_band sex", LIMITS.case_mix_visits),
        ("visit_class level chapter age_band sex", LIMITS.case_mix_visits),
        ("visit_class level department", 1),
    ):
        same = [one for one in others if all(one[n] == case[n] for n in names.split())]
        visits = sum(one["visits"] for one in same)
        if visits >= enough:
            return float(sum(one["fee"] for one in same) / Decimal(visits))
    return None


def _expected(tables: Tables, month: date, unit: str, others: str) -> list[Row]:
    mix = {
        tuple(row[name] for name in CELL.split()): row[others]
        for row in of(tables["case_mix"], month)
    }
    found = []
    for visit in of(tables["visit_fact"], month):
        fee = mix.get(_case(visit))
        if fee is not None and fee > 0:
            row = {name: visit[name] for name in ("visit_id", unit, "total_fee")}
            found.append(row | {"expected_fee": Fraction(fee)})
    return found


def doctor_expected(tables: Tables, month: date) -> list[Row]:
    return _expected(tables, month, "doctor_id", "fee_of_other_doctors")


def institution_expected(tables: Tables, month: date) -> list[Row]:
    return _expected(tables, month, "institution_id", "fee_of_other_institutions")
