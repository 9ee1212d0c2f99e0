"""What became of earlier leads: how often they were confirmed, shrunk, with intervals.

A unit's own decisions never weigh in its own risk: what is known of a rule or an
indicator there is what was decided of others.
"""

from datetime import date

import pandas as pd

from anomaly.leads.marks import CONFIRMED, DISMISSED
from anomaly.periods import shift
from anomaly.policy.read import policy
from anomaly.store.store import Store

# What is derived from an indicator counts as that indicator.
DERIVED = ("_change", "_yoy", "_mom")
BY = ("rule", "indicator", "tier")
COUNTS = ["decided", "confirmed"]


def decisions(store: Store, month: date) -> pd.DataFrame:
    """Return the decisions known by a month's end, one row each.

    Columns unit_kind, unit_id, rule, indicator (of the record it derives from), tier,
    amount (yuan) and is_confirmed; what is still open is left out.
    """
    store.show("finding")
    found = store.engine.frame(
        "SELECT unit_kind, unit_id, rule, indicator, tier, state,"
        " CAST(amount AS DOUBLE) AS amount FROM finding"
        f" WHERE decided_on < DATE '{shift(month, 1).isoformat()}'"
        " ORDER BY unit_kind, unit_id, rule, indicator, month"
    )
    found = found[found["state"].isin([*CONFIRMED, *DISMISSED])]
    return found.assign(
        indicator=found["indicator"].map(of_record, na_action="ignore"),
        is_confirmed=found["state"].isin(CONFIRMED),
    ).drop(columns="state")


def of_record(indicator: str) -> str:
    """Return the record that an indicator derives from: visits of visits_change."""
    for suffix in DERIVED:
        indicator = indicator.removesuffix(suffix)
    return indicator


def confirmed_shares(store: Store, month: date, by: str = "rule") -> pd.DataFrame:
    """Return how often the leads of each rule, indicator or tier were confirmed.

    On it: decided, confirmed, and share, which what nobody has decided on starts at
    the prior of policy/tiers.toml (Beta) and leaves as decisions come in.
    """
    sums = _counted(decisions(store, month), [by])
    return sums.assign(share=shrunk(sums["confirmed"], sums["decided"]))


def precision(found: pd.DataFrame) -> pd.DataFrame:
    """Return the precision of every rule, indicator and tier with its interval.

    Parameters
    ----------
    found : DataFrame
        As `decisions` gives it.

    Columns by, key, decided, confirmed, share, lower, upper: the mean and the 95 %
    interval of the Beta posterior, whose prior is that of policy/tiers.toml.
    """
    from scipy.stats import beta

    parts = [
        _counted(found, [by]).rename_axis("key").reset_index().assign(by=by)
        for by in BY
    ]
    rows = pd.concat(parts, ignore_index=True)
    prior = policy("tiers")["feedback"]
    yes = rows["confirmed"] + prior["confirmed"]
    no = rows["decided"] - rows["confirmed"] + prior["dismissed"]
    rows = rows.assign(
        share=shrunk(rows["confirmed"], rows["decided"]),
        lower=beta.ppf(0.025, yes, no),
        upper=beta.ppf(0.975, yes, no),
    )
    return rows[["by", "key", *COUNTS, "share", "lower", "upper"]]


def of_others(found: pd.DataFrame, asked: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return what was decided of other units on a rule or indicator.

    Parameters
    ----------
    found : DataFrame
        As `decisions` gives it, of the asked units' kind or of all.
    asked : DataFrame
        unit_id and the column named by ``by``; one row of the answer each.

    Columns decided, confirmed, share, on the rows of ``asked``.
    """
    whole = _counted(found, [by]).reindex(asked[by]).fillna(0)
    pairs = pd.MultiIndex.from_frame(asked[["unit_id", by]])
    own = _counted(found, ["unit_id", by]).reindex(pairs).fillna(0)
    counts = pd.DataFrame(
        whole[COUNTS].to_numpy() - own[COUNTS].to_numpy(),
        index=asked.index,
        columns=COUNTS,
    ).astype(int)
    return counts.assign(share=shrunk(counts["confirmed"], counts["decided"]))


def prior_mean() -> float:
    """Return the confirmed share of what nobody has decided on."""
    prior = policy("tiers")["feedback"]
    return prior["confirmed"] / (prior["confirmed"] + prior["dismissed"])


def shrunk(confirmed: pd.Series, decided: pd.Series) -> pd.Series:
    """Return the mean of the Beta posterior of a share."""
    prior = policy("tiers")["feedback"]
    yes, no = prior["confirmed"], prior["dismissed"]
    return (confirmed + yes) / (decided + yes + no)


def _counted(found: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    known = found.dropna(subset=keys)
    known = known[(known[keys] != "").all(axis=1)]
    return known.groupby(keys)["is_confirmed"].agg(decided="size", confirmed="sum")
