"""What became of cases, by any attribute: counts and yuan, to the cent."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from anomaly.casework.amounts import NOTHING, shared
from anomaly.casework.case import Case
from anomaly.casework.deadlines import is_overdue
from anomaly.casework.funnel import STAGES
from anomaly.errors import UsageError
from anomaly.policy.casework import Casework

BY = ("district", "kind", "rule", "indicator", "tier")
STAGE_NAMES = ("suspected", "confirmed", "dismissed", "recovered")
# A case, and the share of each of its amounts that one group bears.
Borne = tuple[Case, dict[str, Decimal]]


def case_funnel(
    cases: Iterable[Case], policy: Casework, today: date, by: str | None = None
) -> dict:
    """Return the funnel of all cases, and of each group where ``by`` names one.

    Every stage holds count and amount, yuan as a text. By rule or indicator a case
    counts in each group that it has one of, with its share of the amounts.
    """
    cases = list(cases)
    whole = _counted([(case, _amounts(case)) for case in cases], policy, today)
    if by is None:
        return whole
    if by not in BY:
        raise UsageError(f"--by '{by}'", expected=f"one of {', '.join(BY)}")
    groups: dict[str, list[Borne]] = {}
    for case in cases:
        for name, amounts in _groups(case, by).items():
            groups.setdefault(name, []).append((case, amounts))
    rows = [
        {by: name, **_counted(groups[name], policy, today)} for name in sorted(groups)
    ]
    return whole | {"by": by, "groups": rows}


def _amounts(case: Case) -> dict[str, Decimal]:
    dismissed = case.lifted if case.state == "dismissed" else NOTHING
    return {
        "suspected": case.suspected,
        "confirmed": case.confirmed,
        "dismissed": dismissed,
        "recovered": case.recovered,
    }


def _groups(case: Case, by: str) -> dict[str, dict[str, Decimal]]:
    """Return what each group of a case bears of its amounts."""
    whole = _amounts(case)
    if by == "kind":
        return {case.unit_kind: whole}
    if by in ("district", "tier"):
        return {getattr(case, by): whole}
    weights = {(one.rule, one.indicator): one.amount for one in case.parts}
    weights = weights or {("", ""): NOTHING}
    found: dict[str, dict[str, Decimal]] = {}
    for stage, amount in whole.items():
        for (rule, indicator), part in shared(amount, weights).items():
            name = rule if by == "rule" else indicator
            sums = found.setdefault(name, dict.fromkeys(whole, NOTHING))
            sums[stage] += part
    if len(found) > 1 and not any(found.get("", whole).values()):
        found.pop("")
    return found


def _counted(borne: list[Borne], policy: Casework, today: date) -> dict:
    found: dict = {stage: _stage(borne, stage) for stage in STAGE_NAMES}
    found["overdue"] = sum(is_overdue(case, policy, today) for case, _ in borne)
    found["appeals"] = sum(case.appealed for case, _ in borne)
    settled = [
        case
        for case, _ in borne
        if case.appealed and case.state in (*STAGES["confirmed"], *STAGES["dismissed"])
    ]
    won = sum(case.lifted > 0 for case in settled)
    found["appeal_success"] = round(won / len(settled), 4) if settled else None
    return found


def _stage(borne: list[Borne], stage: str) -> dict:
    inside = [amounts[stage] for case, amounts in borne if _has_reached(case, stage)]
    return {"count": len(inside), "amount": str(sum(inside, NOTHING))}


def _has_reached(case: Case, stage: str) -> bool:
    """Tell whether a case counts in a stage; recovered where any yuan came back."""
    if stage == "recovered":
        return case.recovered > 0
    states = STAGES[stage]
    return states is None or case.state in states
