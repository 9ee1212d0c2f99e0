"""The ranked list: one row a unit, the most worth a look first."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from anomaly.detectors import PatternScore
from anomaly.leads.combine import combined, listed_q, tier
from anomaly.leads.exceptions import honoured, without
from anomaly.leads.feedback import decisions, of_others, of_record, prior_mean
from anomaly.leads.marks import alert_line, marks
from anomaly.leads.money import in_yuan, totals
from anomaly.leads.reasons import NOTABLE_P, reasons
from anomaly.leads.scoring import peopled, present, score
from anomaly.periods import month_text, shift
from anomaly.policy.read import policy
from anomaly.rules.hits import hits
from anomaly.rules.rule import rules
from anomaly.store.store import Store

# Below this many units a forest has nothing to learn from.
FEWEST_FOR_PATTERN = 20
LEADS = (
    "rank",
    "unit_kind",
    "unit_id",
    "unit_name",
    "institution_id",
    "institution_name",
    "department",
    "district",
    "month",
    "risk",
    "tier",
    "line",
    "p",
    "q",
    "expected_by_chance",
    "excess_amount",
    "excess_lower",
    "excess_upper",
    "persistence",
    "trend",
    "rules",
    "marks",
    "reasons",
    "peer_group",
    "peers",
    "fallback",
    "pattern",
    "visits",
    "total_fee",
)


def pattern_scores(evidence: pd.DataFrame) -> pd.Series:
    """Return how unusual each unit's z vector is: higher, more so; 0 if unknown."""
    matrix = evidence.pivot_table(
        index="unit_id", columns="indicator", values="z", aggfunc="first", sort=True
    )
    matrix = matrix.replace([np.inf, -np.inf], np.nan).dropna(axis="columns", how="all")
    if len(matrix) < FEWEST_FOR_PATTERN or matrix.empty:
        return pd.Series(0.0, index=matrix.index)
    return pd.Series(
        -PatternScore().fit(matrix).score_samples(matrix), index=matrix.index
    )


def largest_excess(evidence: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    """Return each unit's largest excess in yuan a month, with its interval.

    Among the indicators that stand out (p < .05), or the foremost where none
    does. They overlap, a dear visit with a costly drug, so they are not added.
    An excess of visits counts at the unit's own fee per visit. Nothing below
    zero is claimed.
    """
    known = evidence.dropna(subset=["p"])
    foremost = known["p"] == known.groupby("unit_id")["p"].transform("min")
    rows = known[(known["p"] < NOTABLE_P) | foremost]
    names = ["excess_amount", "excess_lower", "excess_upper"]
    money = in_yuan(rows, sums).set_axis(names, axis=1)
    largest = money.assign(unit_id=rows["unit_id"]).sort_values(
        ["unit_id", "excess_amount", "excess_upper"], ascending=[True, False, False]
    )
    return largest.drop_duplicates("unit_id").set_index("unit_id")


def hit_sums(store: Store, unit_kind: str, month: date, language: str) -> pd.DataFrame:
    """Return what rules caught a unit kind with, and how often that was confirmed.

    Columns unit_id, rule, name, hits, amount, and of other units than this one
    decided, confirmed, share.
    """
    found = hits(store, month)
    found = found[(found["unit_kind"] == unit_kind) & ~found["excluded"].astype(bool)]
    sums = found.groupby(["unit_id", "rule"], as_index=False).agg(
        hits=("amount", "size"), amount=("amount", "sum")
    )
    sums["name"] = [getattr(rules()[rule], language) for rule in sums["rule"]]
    return sums.join(of_others(decisions(store, month), sums, "rule"))


def with_decisions(store: Store, evidence: pd.DataFrame, month: date) -> pd.DataFrame:
    """Add to evidence what was decided of other units: decided, confirmed, share."""
    asked = evidence[["unit_id", "indicator"]]
    asked = asked.assign(indicator=asked["indicator"].map(of_record))
    return evidence.join(of_others(decisions(store, month), asked, "indicator"))


def persistence(store: Store, unit_kind: str, month: date) -> pd.Series:
    """Return in how many of the last months, this one included, a unit stood out."""
    rule = policy("tiers")["persistence"]
    loaded = store.months()
    recent = [shift(month, -back) for back in range(rule["months"])]
    total = pd.Series(dtype=float)
    for each in recent:
        if each in loaded:
            spared = honoured(store.root, unit_kind, each)
            evidence = without(score(store, unit_kind, each), spared, "indicator")
            total = total.add(
                (combined(evidence) < rule["p"]).astype(float), fill_value=0
            )
    return total


@dataclass(frozen=True)
class Judgement:
    """What a month says of a kind of unit.

    ``frame`` has a row a unit (index unit_id): who it is, p, q, tier, pattern, rules
    and risk; ``evidence`` and ``sums`` are what they were made of, without what
    exceptions spare.
    """

    frame: pd.DataFrame
    evidence: pd.DataFrame
    sums: pd.DataFrame


def judge(store: Store, unit_kind: str, month: date, language: str = "zh") -> Judgement:
    """Say of every unit of a kind how it stands in a month whose hits are built."""
    spared = honoured(store.root, unit_kind, month)
    evidence = without(score(store, unit_kind, month), spared, "indicator")
    evidence = with_decisions(store, evidence, month)
    sums = without(hit_sums(store, unit_kind, month, language), spared, "rule")
    people = peopled(store, unit_kind, month)
    frame = people.set_index("unit_id").rename(columns={"group": "peer_group"})
    frame["peers"] = frame["members"] - 1
    frame = _with_unseen(frame, sums)
    fees = totals(store, unit_kind, month)
    frame = (
        frame.join(fees).join(combined(evidence)).join(largest_excess(evidence, fees))
    )
    frame["q"] = listed_q(evidence).reindex(frame.index)
    frame["expected_by_chance"] = frame["p"] * frame["p"].notna().sum()
    frame["tier"] = tier(
        frame["p"], frame["q"], frame["excess_amount"].fillna(0), frame["few"]
    )
    frame["pattern"] = pattern_scores(evidence).reindex(frame.index).fillna(0)
    frame["risk"] = _risk(frame, evidence, sums)
    by_rule = sums.groupby("unit_id")["rule"].agg(" ".join)
    frame["rules"] = by_rule.reindex(frame.index).fillna("")
    return Judgement(frame, evidence, sums)


def _with_unseen(frame: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    """Add units that a rule caught although no bill of theirs was left to compare."""
    unseen = sorted(set(sums["unit_id"]) - set(frame.index))
    if not unseen:
        return frame
    rows = pd.DataFrame({"unit_name": unseen}, index=pd.Index(unseen, name="unit_id"))
    rows = rows.assign(few=True, has_prior_violation=False, focus="", peers=0)
    types = {name: frame[name].dtype for name in rows if name in frame}
    return pd.concat([frame, rows.astype(types)])


def rank(
    store: Store, unit_kind: str, month: date, language: str = "zh"
) -> pd.DataFrame:
    """Rank every unit of a kind for a month whose hits are built, as the month before.

    Returns
    -------
    DataFrame
        Columns `LEADS`, the riskiest first. Units are ranked over the whole
        store; risk grows with evidence, pattern and hits, as policy/tiers.toml
        weighs them; p is NaN where nothing could be compared; q speaks only of
        indicators whose tails are light enough; trend says how a lead stands beside
        the month before. Deterministic.
    """
    now = judge(store, unit_kind, month, language)
    frame, earlier = now.frame, shift(month, -1)
    frame["trend"] = ""
    if earlier in store.months():
        frame["trend"] = trend(frame, judge(store, unit_kind, earlier).frame)
    passed = alert_line(store, unit_kind, frame, now.evidence, language)
    frame["line"] = passed.reindex(frame.index).fillna("")
    frame["marks"] = marks(store, frame, unit_kind, month, language)
    frame["persistence"] = (
        persistence(store, unit_kind, month).reindex(frame.index).fillna(0).astype(int)
    )
    months = len(present(store, month))
    told = reasons(now.evidence, now.sums, unit_kind, language, months)
    frame["reasons"] = told.reindex(frame.index).fillna("")
    return _ordered(frame.reset_index(), unit_kind, month)


def trend(now: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """Return new, rising, steady, falling, gone, or '' for what is and was no lead.

    A lead is a unit with a tier or with a hit that nothing lifts.
    """
    was = before.reindex(now.index)
    is_lead = (now["tier"] != "") | (now["rules"] != "")
    was_lead = (was["tier"].fillna("") != "") | (was["rules"].fillna("") != "")
    step = policy("tiers")["risk"]["trend_step"]
    moved = now["risk"] - was["risk"].fillna(0)
    both = is_lead & was_lead
    result = pd.Series("", index=now.index, dtype=object)
    result[is_lead & ~was_lead] = "new"
    result[was_lead & ~is_lead] = "gone"
    result[both] = "steady"
    result[both & (moved > step)] = "rising"
    result[both & (moved < -step)] = "falling"
    return result


def trust(evidence: pd.DataFrame) -> pd.Series:
    """Return on unit_id how far its foremost indicator has borne out, 1 if unknown."""
    known = evidence.dropna(subset=["p"]).sort_values(["unit_id", "p", "indicator"])
    foremost = known.drop_duplicates("unit_id").set_index("unit_id")
    return foremost["share"] / prior_mean()


def _risk(frame: pd.DataFrame, evidence: pd.DataFrame, sums: pd.DataFrame) -> pd.Series:
    weigh = policy("tiers")["risk"]
    p = frame["p"].fillna(1).clip(lower=1e-15)
    trusted = trust(evidence).reindex(frame.index).fillna(1)
    told = (-np.log10(p)).clip(upper=weigh["evidence_cap"]) * trusted
    caught = worth(sums).groupby(sums["unit_id"]).sum().reindex(frame.index)
    return told + strangeness(frame["pattern"]) + caught.fillna(0)


def strangeness(pattern: pd.Series) -> pd.Series:
    """Return what each pattern score adds to risk."""
    return policy("tiers")["risk"]["pattern_weight"] * pattern.clip(lower=0)


def worth(sums: pd.DataFrame) -> pd.Series:
    """Return what each rule that caught a unit adds to its risk (see `hit_sums`)."""
    weigh = policy("tiers")["risk"]
    size = weigh["hit_base"] + np.log10(1 + sums["amount"] / weigh["hit_scale"])
    return weigh["hit_weight"] * sums["share"] * size


def _ordered(frame: pd.DataFrame, unit_kind: str, month: date) -> pd.DataFrame:
    """Round before sorting, so that the order does not hang on a last bit."""
    places = {"risk": 4, "p": 8, "q": 8, "expected_by_chance": 4, "pattern": 4}
    money = ("excess_amount", "excess_lower", "excess_upper", "total_fee")
    frame = frame.round(places | dict.fromkeys(money, 2))
    frame = frame.sort_values(
        ["risk", "excess_amount", "unit_id"], ascending=[False, False, True]
    ).reset_index(drop=True)
    frame["rank"] = np.arange(1, len(frame) + 1)
    frame["unit_kind"] = unit_kind
    frame["month"] = month_text(month)
    return frame[list(LEADS)]
