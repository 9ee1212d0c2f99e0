"""What looking into a lead may bring back, so that inspections can be ordered.

Amount at stake times the probability that the lead is confirmed, which is the
confirmed share of earlier leads on the same grounds, the unit's own left out.
"""

import numpy as np
import pandas as pd

from anomaly.leads.feedback import COUNTS, of_others, shrunk
from anomaly.leads.ranking import Judgement
from anomaly.policy.read import policy

COLUMNS = (
    "unit_id",
    "unit_name",
    "institution_id",
    "district",
    "tier",
    "rules",
    "amount",
    "grounds",
    "decided",
    "confirmed",
    "probability",
    "probability_lower",
    "probability_upper",
    "expected",
    "expected_lower",
    "expected_upper",
)
ALL = "all"


def expected_recovery(judged: Judgement, found: pd.DataFrame) -> pd.DataFrame:
    """Return the leads by the yuan that looking into them may bring (`COLUMNS`).

    Parameters
    ----------
    judged : Judgement
        Of the month, as `anomaly.leads.ranking.judge` gives it.
    found : DataFrame
        Decisions, as `anomaly.leads.feedback.decisions` gives them.

    amount is yuan: the larger of a month's excess and of what rules caught, which
    overlap. grounds are the narrowest on which policy/tiers.toml has enough decisions
    of others: a rule, the foremost indicator, the tier, all leads; the probability is
    the mean of the Beta posterior with its 95 % interval, the prior that of
    policy/tiers.toml: of the share of such leads, not of one lead's own fate.
    """
    frame = judged.frame
    leads = frame[(frame["tier"] != "") | (frame["rules"] != "")]
    amount = _at_stake(leads, judged.sums)
    grounds = _best_grounds(leads, judged, found)
    told = leads.reset_index()[list(COLUMNS[:6])].merge(grounds, on="unit_id")
    told["amount"] = told["unit_id"].map(amount).astype(float)
    told = _with_interval(told)
    for name in ("", "_lower", "_upper"):
        told[f"expected{name}"] = told["amount"] * told[f"probability{name}"]
    return _ordered(told)


def _at_stake(leads: pd.DataFrame, sums: pd.DataFrame) -> pd.Series:
    caught = sums.groupby("unit_id")["amount"].sum().astype(float)
    excess = leads["excess_amount"].astype(float).clip(lower=0).fillna(0)
    return np.maximum(excess, caught.reindex(leads.index).fillna(0))


def _best_grounds(
    leads: pd.DataFrame, judged: Judgement, found: pd.DataFrame
) -> pd.DataFrame:
    """Return for each lead the grounds on which most was decided of others."""
    known = judged.evidence.dropna(subset=["p"])
    known = known.sort_values(["unit_id", "p", "indicator"])
    foremost = known.drop_duplicates("unit_id").rename(columns={"indicator": "grounds"})
    rules = judged.sums.rename(columns={"rule": "grounds"})
    tiers = leads.reset_index()[["unit_id", "tier"]]
    tiers = tiers.join(of_others(found, tiers, "tier")).rename(
        columns={"tier": "grounds"}
    )
    every = leads.reset_index()[["unit_id"]].assign(grounds=ALL)
    pooled = of_others(found.assign(pool=ALL), every.assign(pool=ALL), "pool")
    columns = ["unit_id", "grounds", *COUNTS]
    parts = [rules, foremost, tiers[tiers["grounds"] != ""], every.join(pooled)]
    rows = pd.concat(
        [part[columns].assign(width=width) for width, part in enumerate(parts)],
        ignore_index=True,
    )
    enough = rows["decided"] >= policy("tiers")["feedback"]["enough"]
    # The narrowest grounds on which enough was decided, else those with the most.
    rows = rows.assign(thin=~enough, width=rows["width"].where(enough, 0))
    rows = rows.sort_values(
        ["unit_id", "thin", "width", "decided", "grounds"],
        ascending=[True, True, True, False, True],
    )
    return rows.drop_duplicates("unit_id")[columns]


def _with_interval(told: pd.DataFrame) -> pd.DataFrame:
    from scipy.stats import beta

    prior = policy("tiers")["feedback"]
    yes = told["confirmed"] + prior["confirmed"]
    no = told["decided"] - told["confirmed"] + prior["dismissed"]
    return told.assign(
        probability=shrunk(told["confirmed"], told["decided"]),
        probability_lower=beta.ppf(0.025, yes, no),
        probability_upper=beta.ppf(0.975, yes, no),
    )


def _ordered(told: pd.DataFrame) -> pd.DataFrame:
    """Round before sorting, so that the order does not hang on a last bit."""
    money = dict.fromkeys(("amount", "expected", "expected_lower", "expected_upper"), 2)
    chances = ("probability", "probability_lower", "probability_upper")
    told = told.round(money | dict.fromkeys(chances, 4))
    told = told.sort_values(["expected", "unit_id"], ascending=[False, True])
    return told.reset_index(drop=True)[list(COLUMNS)]
