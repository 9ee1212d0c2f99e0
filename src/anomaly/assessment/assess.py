"""The annual assessment: a score, a grade and what it suggests, a row a unit."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from anomaly.assessment.scoring import POINTS, explained
from anomaly.policy.assessment import PARTS, UNITS, AssessmentPolicy, Grade
from anomaly.policy.points import Conversion

RESULTS = (
    "year",
    "unit_kind",
    "unit_id",
    "unit_name",
    "district",
    "group",
    *PARTS,
    "points",
    "points_deducted",
    "score",
    "known_share",
    "grade",
    "grade_name",
    "prepayment_ratio",
    "budget_change",
    "overspend_share",
    "suspension_months",
    "terminated",
    "failed_before",
    "ends_agreement",
    "missing",
    "basis",
)
KEYS = ["unit_kind", "unit_id"]
NAMES = ("unit_kind", "unit_id", "unit_name", "district", "group")
CENTS = 2


@dataclass(frozen=True)
class Assessment:
    """A year's ``results``, a row a unit (`RESULTS`), and how each came about."""

    year: int
    results: pd.DataFrame
    explained: pd.DataFrame


def assess(
    year: int,
    people: pd.DataFrame,
    values: pd.DataFrame,
    points: pd.DataFrame,
    failed_before: Mapping[tuple[str, str], int],
    policy: AssessmentPolicy,
    conversion: Conversion,
    language: str = "zh",
) -> Assessment:
    """Assess the units of a year.

    Parameters
    ----------
    people : DataFrame
        `NAMES`, a row a unit.
    values : DataFrame
        `anomaly.assessment.gathered.COLUMNS`.
    points : DataFrame
        `anomaly.casework.points_year.YEAR` of every unit of a kind whose points were
        kept that year; no row of a kind whose points were not.
    failed_before : mapping
        Failed years in a row up to the last one, by unit_kind and unit_id.

    Ratios and changes are in %; a unit of which too little is known has a score but no
    grade, and so no suggestion: ``known_share`` is what of its weights is known, in %,
    and ``missing`` names what is not.
    """
    sums = points.groupby(KEYS)["points"].sum().to_dict()
    rows = explained(values, sums, policy, conversion, language)
    scored = _scored(rows, policy)
    # Of several schemes the gravest band holds.
    bands = points.groupby(KEYS).agg(
        budget_change=("budget_change", "min"),
        suspension_months=("suspension_months", "max"),
        terminated=("terminated", "max"),
    )
    found = people[list(NAMES)].merge(scored, on=KEYS).join(bands, on=KEYS)
    suggested = [
        _suggested(row, failed_before, policy, conversion, language)
        for row in found.to_dict("records")
    ]
    found = found.drop(columns=["budget_change", "terminated", "suspension_months"])
    found = found.join(pd.DataFrame(suggested, index=found.index)).assign(year=year)
    found = found.assign(known_share=(100 * found["share"]).round())
    found = found.reindex(columns=list(RESULTS)).sort_values(KEYS)
    whole = (
        "points",
        "prepayment_ratio",
        "budget_change",
        "overspend_share",
        "known_share",
    )
    kinds = dict.fromkeys([*whole, "suspension_months", "failed_before"], "Int64")
    found = found.astype(kinds).reset_index(drop=True)
    return Assessment(year, found, _with_names(rows, people, year))


def _scored(rows: pd.DataFrame, policy: AssessmentPolicy) -> pd.DataFrame:
    """Return parts, score, what is missing and how much is known, a row a unit."""
    is_points = rows["component"] == POINTS
    # A part of which nothing is known has no number: not even nought.
    known = rows[~is_points & (rows["missing"] == "")]
    parts = known.pivot_table(
        index=KEYS, columns="part", values="earned", aggfunc="sum"
    )
    taken = rows[is_points].set_index(KEYS)
    parts = parts.reindex(index=taken.index, columns=list(PARTS)).round(CENTS)
    missing = rows[rows["missing"] != ""].groupby(KEYS)["component"].agg(" ".join)
    share = _known_share(rows[~is_points], policy)
    score = rows.groupby(KEYS)["earned"].sum().round(CENTS)
    return parts.assign(
        points=taken["value"],
        points_deducted=-taken["earned"] + 0.0,
        score=score.where(share > 0),
        missing=missing.reindex(parts.index).fillna(""),
        share=share,
    ).reset_index()


def _known_share(rows: pd.DataFrame, policy: AssessmentPolicy) -> pd.Series:
    """Return how much of a unit's weights, as policy has them, is known."""
    raw = {(kind, one.id): one.weight for kind in UNITS for one in policy.of(kind)}
    pairs = zip(rows["unit_kind"], rows["component"], strict=True)
    weights = rows.assign(weight=[raw[pair] for pair in pairs])
    weights["known"] = weights["weight"].where(weights["missing"] == "", 0)
    sums = weights.groupby(KEYS)[["known", "weight"]].sum()
    return sums["known"] / sums["weight"]


def _suggested(
    row: dict,
    failed_before: Mapping[tuple[str, str], int],
    policy: AssessmentPolicy,
    conversion: Conversion,
    language: str,
) -> dict:
    """Return the grade and what follows from it and from the points' band."""
    before = failed_before.get((row["unit_kind"], row["unit_id"]), 0)
    ended = None if pd.isna(row["terminated"]) else bool(row["terminated"])
    found = {
        "suspension_months": row["suspension_months"],
        "terminated": ended,
        "failed_before": before,
    }
    if row["share"] < float(policy.least_share):
        none = {"grade": "", "grade_name": "", "ends_agreement": False}
        return found | none | {"basis": policy.basis}
    grade = policy.grade(row["score"])
    failed = before + 1 if grade.failed else 0
    return found | {
        "grade": grade.id,
        "grade_name": getattr(grade, language),
        "prepayment_ratio": grade.prepayment_ratio,
        "overspend_share": grade.overspend_share,
        "budget_change": _budget(row["budget_change"], grade),
        "ends_agreement": failed >= conversion.failed_years,
        "basis": grade.basis,
    }


def _budget(change: object, grade: Grade) -> int | None:
    return None if pd.isna(change) else min(int(change), grade.budget_most)


def _with_names(rows: pd.DataFrame, people: pd.DataFrame, year: int) -> pd.DataFrame:
    names = people.set_index(KEYS)["unit_name"]
    found = rows.join(names, on=KEYS).assign(year=year)
    first = ["year", *KEYS, "unit_name"]
    return found[[*first, *(name for name in rows if name not in KEYS)]]
