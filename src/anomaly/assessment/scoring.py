"""From values to a score: weights shared out among what is known, to the cent."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pandas as pd

from anomaly.casework.amounts import NOTHING, shared
from anomaly.policy.assessment import TAKES_OVER, AssessmentPolicy, Component
from anomaly.policy.points import Conversion

WHOLE = Decimal(100)
POINTS = "points"
POINTS_NAME = {"zh": "记分折算扣减", "en": "Taken off by credit points"}
EXPLAINED = (
    "unit_kind",
    "unit_id",
    "part",
    "component",
    "name",
    "value",
    "own",
    "peers",
    "full",
    "none",
    "weight",
    "earned",
    "missing",
    "basis",
)


def weights_of(
    known: Sequence[Component], asked: Sequence[Component]
) -> dict[str, Decimal]:
    """Return what each known component counts, adding up to 100.

    A component that is not known leaves its weight to those of its part that take it
    over; what nobody of a part takes goes to those that take over anything, or, where
    there are none, to whatever is known.
    """
    full = shared(WHOLE, {one.id: Decimal(one.weight) for one in asked})
    found = {one.id: full[one.id] for one in known if one.takes_over == "nothing"}
    left = WHOLE - sum(found.values(), NOTHING)
    for part in dict.fromkeys(one.part for one in known):
        takers = [one for one in known if one.part == part and one.id not in found]
        weight = sum(
            full[one.id] for one in asked if one.part == part and one.id not in found
        )
        if takers:
            left -= weight
            found |= shared(weight, {one.id: full[one.id] for one in takers})
    for mode in TAKES_OVER:
        takers = {one.id: full[one.id] for one in known if one.takes_over == mode}
        if takers:
            more = shared(left, takers)
            return found | {name: found[name] + more[name] for name in more}
    return found


def earned_share(component: Component, value: float) -> float:
    """Return how much of its weight a value earns: 1 at `full`, 0 at `none`."""
    full, none = float(component.full), float(component.none)
    return min(1.0, max(0.0, (value - none) / (full - none)))


def explained(
    values: pd.DataFrame,
    points: Mapping[tuple[str, str], int],
    policy: AssessmentPolicy,
    conversion: Conversion,
    language: str = "zh",
) -> pd.DataFrame:
    """Return how each score comes about: a row a unit and component (`EXPLAINED`).

    Parameters
    ----------
    values : DataFrame
        `anomaly.assessment.gathered.COLUMNS`, a row a unit and component.
    points : mapping
        The year's credit points by unit_kind and unit_id; a unit that is not there
        has had none kept.

    ``earned`` adds up to the unit's score: what the components earn of their
    ``weight``, less the last row, what the points take off, never below 0.
    """
    rows: list[dict] = []
    for (kind, unit), mine in values.groupby(["unit_kind", "unit_id"], sort=True):
        cells = {row.component: row for row in mine.itertuples(index=False)}
        asked = [one for one in policy.of(kind) if one.id in cells]
        known = [one for one in asked if not pd.isna(cells[one.id].value)]
        weights = weights_of(known, asked)
        own = [
            _row(one, cells[one.id], weights.get(one.id, NOTHING), policy, language)
            for one in asked
        ]
        rows += own
        earned = sum(Decimal(str(row["earned"])) for row in own)
        given = points.get((kind, unit))
        why = policy.reason("no_points" if given is None else "", language)
        taken = _points_row(given, conversion, earned, language)
        rows.append(taken | {"unit_kind": kind, "unit_id": unit, "missing": why})
    return pd.DataFrame(rows, columns=list(EXPLAINED))


def _row(
    component: Component,
    cells,
    weight: Decimal,
    policy: AssessmentPolicy,
    language: str,
) -> dict:
    known = not pd.isna(cells.value)
    share = earned_share(component, cells.value) if known else 0.0
    return {
        "unit_kind": cells.unit_kind,
        "unit_id": cells.unit_id,
        "part": component.part,
        "component": component.id,
        "name": getattr(component, language),
        "value": cells.value,
        "own": cells.own,
        "peers": cells.peers,
        "full": float(component.full),
        "none": float(component.none),
        "weight": float(weight),
        "earned": round(float(weight) * share, 2),
        "missing": policy.reason(cells.missing, language),
        "basis": component.basis,
    }


def _points_row(
    given: int | None, conversion: Conversion, earned: Decimal, language: str
) -> dict:
    """What the year's points take off: never more than was earned."""
    taken = min(earned, conversion.per_point * (given or 0))
    return {
        "part": "management",
        "component": POINTS,
        "name": POINTS_NAME[language],
        "value": None if given is None else float(given),
        "weight": 0.0,
        "earned": round(-float(taken), 2) + 0.0,
        "basis": conversion.basis,
    }
