"""What became of earlier leads: the confirmed share of each rule, shrunk."""

from datetime import date

import pandas as pd

from anomaly.leads.marks import CONFIRMED, DISMISSED
from anomaly.periods import shift
from anomaly.policy.read import policy
from anomaly.store.store import Store


def confirmed_shares(store: Store, month: date) -> pd.DataFrame:
    """Return how often each rule's leads were confirmed, known by a month's end.

    On rule: decided, confirmed, and share, which a rule that nobody has decided on
    starts at the prior of policy/tiers.toml (Beta) and leaves as decisions come in.
    """
    store.show("finding")
    found = store.engine.frame(
        "SELECT rule, state FROM finding WHERE rule IS NOT NULL"
        f" AND decided_on < DATE '{shift(month, 1).isoformat()}'"
    )
    found = found[found["state"].isin([*CONFIRMED, *DISMISSED])]
    sums = (
        found.assign(confirmed=found["state"].isin(CONFIRMED))
        .groupby("rule")["confirmed"]
        .agg(decided="size", confirmed="sum")
    )
    return sums.assign(share=shrunk(sums["confirmed"], sums["decided"]))


def shrunk(confirmed: pd.Series, decided: pd.Series) -> pd.Series:
    """Return the mean of the Beta posterior of a share."""
    prior = policy("tiers")["feedback"]
    yes, no = prior["confirmed"], prior["dismissed"]
    return (confirmed + yes) / (decided + yes + no)


def share_of(shares: pd.DataFrame, rules: pd.Series) -> pd.Series:
    """Return the share of each rule named, the prior's mean where none is known."""
    prior = policy("tiers")["feedback"]
    mean = prior["confirmed"] / (prior["confirmed"] + prior["dismissed"])
    return rules.map(shares["share"]).fillna(mean).astype(float)
