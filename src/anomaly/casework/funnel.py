"""How far leads have come: suspected, notified, decided, confirmed, recovered.

Read from FINDINGS, whose rows hold each case's present state.
"""

from datetime import date

import pandas as pd

from anomaly.periods import shift
from anomaly.store.store import Store

# Each stage holds the cases whose present state has reached it.
STAGES = {
    "suspected": None,
    "notified": (
        "notified",
        "accepted",
        "appealed",
        "reviewed",
        "decided",
        "confirmed",
        "dismissed",
        "recovered",
        "rectified",
        "restored",
    ),
    "decided": (
        "decided",
        "confirmed",
        "dismissed",
        "recovered",
        "rectified",
        "restored",
    ),
    "confirmed": ("confirmed", "recovered", "rectified", "restored"),
    "dismissed": ("dismissed",),
    "recovered": ("recovered", "rectified", "restored"),
}
FUNNEL = ("stage", "count", "amount")


def findings(store: Store, district: str | None = None) -> pd.DataFrame:
    """Return FINDINGS with the district of each unit; of one district, if asked.

    An institution's district is its master's, a doctor's that of the institution;
    an insured person has none here.
    """
    for table in ("finding", "institution", "pharmacy", "doctor"):
        store.show(table)
    found = store.engine.frame(
        "SELECT f.unit_kind, f.unit_id, f.month, f.rule, f.indicator, f.tier, f.state,"
        " CAST(f.amount AS DOUBLE) AS amount, f.decided_on,"
        " coalesce(i.district, p.district) AS district FROM finding f"
        " LEFT JOIN doctor d ON f.unit_kind = 'doctor' AND f.unit_id = d.doctor_id"
        " LEFT JOIN institution i ON i.institution_id ="
        " CASE WHEN f.unit_kind = 'doctor' THEN d.institution_id ELSE f.unit_id END"
        " LEFT JOIN pharmacy p ON f.unit_kind = 'pharmacy'"
        " AND f.unit_id = p.pharmacy_id"
        " ORDER BY f.month, f.unit_kind, f.unit_id, f.rule, f.indicator"
    )
    return found[found["district"] == district] if district else found


def funnel(found: pd.DataFrame, month: date, months: int = 12) -> pd.DataFrame:
    """Return how many leads of the months up to one have reached each stage.

    Parameters
    ----------
    found : DataFrame
        unit_kind, unit_id, month ('YYYY-MM'), state, amount (yuan), as `findings`.
    months : how many months, the given one included

    Returns a row a stage (columns `FUNNEL`), empty where nothing was recorded. Cases
    that have gone further count in each stage that they passed; whether a case was
    dismissed or confirmed, it was decided.
    """
    first = shift(month, 1 - months).strftime("%Y-%m")
    spoken = found["month"].between(first, month.strftime("%Y-%m"))
    cases = found[spoken]
    if cases.empty:
        return pd.DataFrame(columns=list(FUNNEL))
    rows = []
    for stage, states in STAGES.items():
        reached = cases if states is None else cases[cases["state"].isin(states)]
        # A case has a row for each rule or indicator behind it, and counts once.
        count = len(reached.drop_duplicates(["unit_kind", "unit_id", "month"]))
        rows.append((stage, count, float(reached["amount"].fillna(0).sum())))
    return pd.DataFrame(rows, columns=list(FUNNEL))
