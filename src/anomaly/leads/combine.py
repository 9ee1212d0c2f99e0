"""From many p-values to one for each unit, and to tiers that count chance."""

import pandas as pd
from scipy import stats

from anomaly.peers import cauchy
from anomaly.policy.read import policy

TIERS = ("red", "orange", "yellow")


def combined(evidence: pd.DataFrame) -> pd.Series:
    """Return the combined one-sided p of each unit, on unit_id.

    Within a block, whose indicators move together, Cauchy's rule with each p
    capped at .5, so that an indicator near p = 1 cannot hide another; across
    blocks Bonferroni.
    """
    known = evidence.dropna(subset=["p"])
    scores = pd.Series(cauchy.score(known["p"]), index=known.index)
    mean = scores.groupby([known["unit_id"], known["block"]]).mean()
    blocks = pd.Series(cauchy.p_of_mean(mean), index=mean.index)
    by_unit = blocks.groupby("unit_id")
    return (by_unit.min() * by_unit.size()).clip(upper=1.0).rename("p")


def q_values(p: pd.Series) -> pd.Series:
    """Return Benjamini-Hochberg adjusted p; missing p stay missing."""
    known = p.dropna()
    if known.empty:
        return p.copy()
    adjusted = stats.false_discovery_control(known.to_numpy(), method="bh")
    return pd.Series(adjusted, index=known.index).reindex(p.index)


def listed_q(evidence: pd.DataFrame) -> pd.Series:
    """Return each unit's q, on unit_id, from indicators that a list may rest on.

    Where ordinary units lie far out, a list by false-discovery rate would be mostly
    false, and few peers are too few for one: such an indicator's p counts, but makes
    no q. NaN where there is no other.
    """
    sound = evidence["listable"].astype(bool) & ~evidence["few"].astype(bool)
    return q_values(combined(evidence[sound]))


def tier(p: pd.Series, q: pd.Series, excess: pd.Series, few: pd.Series) -> pd.Series:
    """Return red, orange, yellow or '' for each unit; no red on few peers."""
    cut = policy("tiers")["tiers"]
    result = pd.Series("", index=p.index, dtype=object)
    result[p < cut["yellow"]] = "yellow"
    result[p < cut["orange"]] = "orange"
    red = (
        (p < cut["orange"])
        & (q < cut["red_q"])
        & (excess > cut["red_excess_floor"])
        & ~few.astype(bool)
    )
    result[red] = "red"
    return result


def tier_counts(leads: pd.DataFrame) -> pd.DataFrame:
    """Count leads by tier beside what chance alone would give.

    Columns: tier (red, orange, yellow), leads, expected_by_chance, tested.
    Bands exclude each other; red and orange share the chance of p < .001, of
    which red can hold no more than its BH share q of the leads in it.
    """
    cut = policy("tiers")["tiers"]
    tested = int(leads["p"].notna().sum())
    counts = leads["tier"].value_counts()
    red = int(counts.get("red", 0))
    chance_orange = tested * cut["orange"]
    chance_red = min(chance_orange, red * cut["red_q"])
    expected = {
        "red": chance_red,
        "orange": chance_orange - chance_red,
        "yellow": tested * (cut["yellow"] - cut["orange"]),
    }
    return pd.DataFrame(
        {
            "tier": TIERS,
            "leads": [int(counts.get(name, 0)) for name in TIERS],
            "expected_by_chance": [round(expected[name], 2) for name in TIERS],
            "tested": tested,
        }
    )
