"""Results of earlier years: recorded in the ledger, or from a file."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from anomaly.casework.case import Event
from anomaly.casework.ledger import Draft, Ledger, Writing
from anomaly.casework.reading import Row, read_rows, refuse_all
from anomaly.errors import UsageError
from anomaly.policy.assessment import UNITS, AssessmentPolicy

KIND = "assessment_recorded"
NEEDED = ("unit_kind", "unit_id", "year", "grade")
GRADES = ("unit_kind", "unit_id", "year", "grade", "grade_name")
Grades = dict[tuple[str, str, int], str]


def recorded(events: Iterable[Event]) -> Grades:
    """Return the grade of each unit and year as last recorded."""
    bodies = [event.body for event in events if event.kind == KIND]
    return {
        (one["unit_kind"], one["unit_id"], one["year"]): one["grade"] for one in bodies
    }


def grade_rows(grades: Grades, policy: AssessmentPolicy, language: str) -> pd.DataFrame:
    """Return recorded grades as rows (`GRADES`), in the policy's order of grades."""
    names = {one.id: getattr(one, language) for one in policy.grades}
    order = list(names)
    known = [(key, grade) for key, grade in grades.items() if grade in names]
    known.sort(key=lambda item: (order.index(item[1]), item[0]))
    rows = [(*key, grade, names[grade]) for key, grade in known]
    return pd.DataFrame(rows, columns=list(GRADES))


def record(ledger: Ledger, results: pd.DataFrame, by: str) -> int:
    """Record a year's grades in the ledger; return how many were new or otherwise.

    A unit without a grade is not recorded; one that stands as it is adds nothing.
    """
    graded = results[results["grade"] != ""]
    columns = ["unit_kind", "unit_id", "year", "grade", "score"]
    rows = graded[columns].to_dict("records")

    def write(writing: Writing) -> None:
        last = {
            (e.body["unit_kind"], e.body["unit_id"], e.body["year"]): e.body
            for e in writing.events
            if e.kind == KIND
        }
        for row in rows:
            # A score is told as text: what is stored is what was printed.
            body = row | {"year": int(row["year"]), "score": f"{row['score']:.2f}"}
            key = (body["unit_kind"], body["unit_id"], body["year"])
            if last.get(key) != body:
                writing.add(Draft("", KIND, by, body))

    return len(ledger.append(write))


def read_grades(path: Path, policy: AssessmentPolicy) -> Grades:
    """Read earlier results (`NEEDED`) of a CSV or XLSX; DataRefusedError if bad."""
    _, rows = read_rows(path, NEEDED)
    found: Grades = {}
    faults = []
    for row in rows:
        try:
            unit_kind, unit_id, year, grade = _cells(row, policy)
            key = (unit_kind, unit_id, year)
            if key in found:
                raise UsageError(
                    f"{row.where}: {unit_kind} '{unit_id}' of {year} stands twice",
                    expected="each unit and year once",
                )
            found[key] = grade
        except UsageError as error:
            faults.append(str(error))
    refuse_all(path, faults)
    return found


def _cells(row: Row, policy: AssessmentPolicy) -> tuple[str, str, int, str]:
    kind, unit, year, grade = (row.text(name) for name in NEEDED)
    if kind not in UNITS:
        raise UsageError(
            f"{row.at('unit_kind')}: '{kind}'", expected=" or ".join(UNITS)
        )
    if not unit:
        raise UsageError(f"{row.at('unit_id')}: nothing", expected="the unit's id")
    if not year.isdecimal():
        raise UsageError(f"{row.at('year')}: '{year}'", expected="a calendar year")
    names = {one.id: one.id for one in policy.grades}
    names |= {one.zh: one.id for one in policy.grades}
    if grade not in names:
        known = ", ".join(one.id for one in policy.grades)
        raise UsageError(f"{row.at('grade')}: '{grade}'", expected=f"one of {known}")
    return kind, unit, int(year), names[grade]


def failed_in_a_row(
    grades: Mapping[tuple[str, str, int], str], year: int, policy: AssessmentPolicy
) -> dict[tuple[str, str], int]:
    """Return how many years in a row each unit failed up to the year before."""
    failing = {one.id for one in policy.grades if one.failed}
    found: dict[tuple[str, str], int] = {}
    for kind, unit, _ in grades:
        count = 0
        while grades.get((kind, unit, year - 1 - count)) in failing:
            count += 1
        if count:
            found[(kind, unit)] = count
    return found
