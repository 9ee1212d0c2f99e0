"""What speaks of an institution within a campaign's data: cases, and hits beside them.

No yuan is told twice: a rule's hits that a case was opened on are the case's, and of
several rules that caught one line, or one bill, the largest amount stands.
"""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

import pandas as pd

from anomaly.casework.amounts import NOTHING
from anomaly.casework.case import Case
from anomaly.inspection.units import KINDS
from anomaly.periods import month_text, shift
from anomaly.policy.campaign import Campaign

Unit = tuple[str, str]
DISMISSED = "dismissed"
# Whose hits are an institution's money: its own, and those of its doctors.
COUNTED = (*KINDS, "doctor")
CENTS = 100


def window(policy: Campaign) -> list[date]:
    """Return the months of a campaign's data."""
    found, month = [], policy.data_from
    while month <= policy.data_to:
        found.append(month)
        month = shift(month, 1)
    return found


def suspected(
    cases: Iterable[Case],
    hits: Callable[[date], pd.DataFrame],
    months: Iterable[date],
) -> dict[Unit, Decimal]:
    """Return yuan by (unit_kind, unit_id), over some months.

    A case counts what FINDINGS say of it: confirmed where something is, else
    suspected, nothing where it was dismissed. ``hits`` returns
    `anomaly.rules.hits.hits` of a month; those that are excluded, that a case was
    opened on, or whose doctor's case was dismissed do not count again.
    """
    months = list(months)
    texts = {month_text(month) for month in months}
    within = [case for case in cases if case.month in texts]
    found: dict[Unit, Decimal] = {}
    for case in within:
        if case.unit_kind in KINDS and case.state != DISMISSED:
            unit = (case.unit_kind, case.unit_id)
            found[unit] = found.get(unit, NOTHING) + case.amount
    settled = _settled(within)
    for month in months:
        for unit, amount in of_hits(hits(month), settled).items():
            found[unit] = found.get(unit, NOTHING) + amount
    return found


def _settled(cases: Iterable[Case]) -> set[tuple[str, str, str, str]]:
    """Return (unit_kind, unit_id, month, rule) of hits for which a case speaks."""
    return {
        (case.unit_kind, case.unit_id, case.month, part.rule)
        for case in cases
        for part in case.parts
        if part.rule and (case.unit_kind in KINDS or case.state == DISMISSED)
    }


def of_hits(
    hits: pd.DataFrame, settled: Iterable[tuple[str, str, str, str]] = ()
) -> dict[Unit, Decimal]:
    """Return the yuan of a month's hits by the institution or pharmacy they befell."""
    names = ["unit_kind", "unit_id", "month", "rule"]
    keys = pd.MultiIndex.from_frame(hits[names].astype(str))
    spoken = keys.isin(list(settled)) if settled else False
    held = hits["unit_kind"].isin(COUNTED) & ~hits["excluded"].astype(bool)
    rows = hits[held & ~pd.Series(spoken, index=hits.index)]
    own = rows["unit_kind"].isin(KINDS)
    rows = rows.assign(
        kind=rows["unit_kind"].where(own, "institution"),
        institution_id=rows["unit_id"].where(own, rows["institution_id"]),
        cents=(rows["amount"].astype(float) * CENTS).round().astype("int64"),
    )
    sums = _once(rows).groupby(["kind", "institution_id"])["cents"].sum()
    return {unit: Decimal(int(cents)) / CENTS + NOTHING for unit, cents in sums.items()}


def _once(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each bill's cents once: those of its lines together, or of the whole.

    A hit that names no bill stands for itself.
    """
    who = ["kind", "institution_id"]
    loose = rows[rows["settlement_id"].isna()]
    billed = rows[rows["settlement_id"].notna()]
    bill = [*who, "settlement_id"]
    lines = billed[billed["line_id"].notna()]
    by_line = lines.groupby([*bill, "line_id"], as_index=False)["cents"].max()
    of_lines = by_line.groupby(bill, as_index=False)["cents"].sum()
    whole = billed[billed["line_id"].isna()]
    of_bills = whole.groupby(bill, as_index=False)["cents"].max()
    told = pd.concat([of_lines, of_bills])
    once = told.groupby(bill, as_index=False)["cents"].max()
    return pd.concat([once[[*who, "cents"]], loose[[*who, "cents"]]])
