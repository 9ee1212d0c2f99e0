"""What a unit's risk is made of: each indicator, the pattern, each rule."""

import numpy as np
import pandas as pd

from anomaly.leads.case_words import words
from anomaly.leads.ranking import Judgement, strangeness, trust, worth
from anomaly.leads.reasons import name_of
from anomaly.peers import cauchy
from anomaly.policy.read import policy

CONTRIBUTIONS = ("part", "id", "name", "adds", "p", "amount")


def contributions(found: Judgement, unit_id: str, language: str = "zh") -> pd.DataFrame:
    """Return what each part adds to a unit's risk (columns `CONTRIBUTIONS`).

    ``part`` is indicator, pattern or rule; ``adds`` is in units of risk and sums up
    to it. The evidence is that of the block whose joined p is least: its indicators
    share it in proportion to their Cauchy scores, which is how they were joined.
    ``p`` is an indicator's, ``amount`` the yuan a rule caught. What adds nothing is
    left out, the largest stands first within its part.

    >>> CONTRIBUTIONS[:4]
    ('part', 'id', 'name', 'adds')
    """
    rows = [
        *_indicators(found, unit_id, language),
        *_pattern(found, unit_id, language),
        *_rules(found, unit_id),
    ]
    frame = pd.DataFrame(rows, columns=list(CONTRIBUTIONS))
    return frame[frame["adds"] > 0].reset_index(drop=True)


def _indicators(found: Judgement, unit_id: str, language: str) -> list[dict]:
    own = found.evidence[found.evidence["unit_id"] == unit_id].dropna(subset=["p"])
    if own.empty:
        return []
    scores = pd.Series(cauchy.score(own["p"].to_numpy(dtype=float)), index=own.index)
    block = scores.groupby(own["block"]).mean().idxmax()
    scores = scores[own["block"] == block].sort_values(ascending=False)
    cap = policy("tiers")["risk"]["evidence_cap"]
    told = min(-np.log10(max(found.frame.loc[unit_id, "p"], 1e-15)), cap)
    whole = told * trust(own).fillna(1).get(unit_id, 1.0)
    shares = scores / scores.sum() if scores.sum() > 0 else scores
    rows = own.loc[shares.index].assign(adds=whole * shares)
    return [
        {
            "part": "indicator",
            "id": row["indicator"],
            "name": name_of(row["indicator"], language),
            "adds": row["adds"],
            "p": row["p"],
        }
        for row in rows.to_dict("records")
    ]


def _pattern(found: Judgement, unit_id: str, language: str) -> list[dict]:
    adds = strangeness(found.frame["pattern"])[unit_id]
    name = words(language)["pattern"]
    return [{"part": "pattern", "id": "pattern", "name": name, "adds": adds}]


def _rules(found: Judgement, unit_id: str) -> list[dict]:
    sums = found.sums.assign(adds=worth(found.sums))
    sums = sums[sums["unit_id"] == unit_id].sort_values(
        ["adds", "rule"], ascending=[False, True]
    )
    return [
        {
            "part": "rule",
            "id": row["rule"],
            "name": f"{row['rule']} {row['name']}",
            "adds": row["adds"],
            "amount": row["amount"],
        }
        for row in sums.to_dict("records")
    ]
