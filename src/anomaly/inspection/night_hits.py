"""What rules say of the beds of a month: hits that count, and what they lack."""

from decimal import Decimal

import pandas as pd

from anomaly.casework.amounts import CENT, NOTHING
from anomaly.leads.needs import affected
from anomaly.policy.coverage import Night
from anomaly.rules.rule import rules
from anomaly.store.store import Store

COLUMNS = ("institution_id", "hung_bed_hits", "bed_hits", "bed_yuan", "rules")
LACKS = {"zh": "{column}（{names} 可能偏少）", "en": "{column} ({names} may be lower)"}


def exact(amount: float) -> Decimal:
    """Return yuan that passed through a float as the cents they were."""
    return Decimal(str(amount)).quantize(CENT)


def counted(hits: pd.DataFrame, policy: Night) -> pd.DataFrame:
    """Return the hits of the policy's rules that nothing excludes (`COLUMNS`).

    ``rules`` tells them one by one, such as 'R01×3 R28×1'; bed_yuan is a Decimal.
    """
    held = hits[hits["rule"].isin(policy.rules) & ~hits["excluded"].astype(bool)]
    rows = []
    for name, group in held.groupby("institution_id", sort=True):
        times = group["rule"].value_counts().sort_index()
        rows.append(
            (
                name,
                int(times.get(policy.foremost, 0)),
                len(group),
                sum(map(exact, group["amount"]), NOTHING),
                " ".join(f"{rule}×{n}" for rule, n in times.items()),
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"institution_id": object})


def lacking(store: Store, policy: Night, language: str) -> list[str]:
    """Return the columns that the policy's rules ask and the store lacks, as texts."""
    names = {getattr(rules()[one], language): one for one in policy.rules}
    found = []
    for (table, column), hit in sorted(affected(store, language).items()):
        ours = sorted(names[one] for one in hit if one in names)
        if ours:
            told = {"column": f"{table}.{column}", "names": " ".join(ours)}
            found.append(LACKS[language].format(**told))
    return found
