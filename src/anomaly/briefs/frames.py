"""The brief's tables as frames with headings in the reader's language.

The notebook shows them and the workbook stores them.
"""

from dataclasses import dataclass

import pandas as pd

from anomaly.briefs.contents import conclusion, headline, tiers
from anomaly.briefs.facts import Facts
from anomaly.briefs.followup import inspection, stages
from anomaly.briefs.fund import TABLE, months_table
from anomaly.briefs.listing import rule_hits
from anomaly.leads.case_words import masked

LEADS = {
    "rank": "column_rank",
    "unit_name": "column_who",
    "unit_id": "column_id",
    "institution_name": "column_institution",
    "department": "column_department",
    "tier": "column_tier",
    "line": "column_line",
    "reasons": "column_why",
    "excess_amount": "column_money",
    "excess_lower": "column_lower",
    "excess_upper": "column_upper",
    "expected_by_chance": "column_chance",
    "p": "column_p",
    "q": "column_q",
    "risk": "column_risk",
    "persistence": "column_persistence",
    "trend": "column_since",
    "rules": "column_rule_hits",
    "marks": "column_marks",
    "peer_group": "column_group",
    "peers": "column_peers",
    "visits": "visits",
    "total_fee": "total_fee",
}
ITEMS = {
    "name": "column_item",
    "item": "column_id",
    "amount": "column_amount",
    "expected": "column_expected",
    "oe": "column_oe",
    "excess_amount": "column_excess",
    "place": "column_place",
    "of": "column_districts",
    "persistence": "column_persistence",
    "amount_before": "column_before",
    "institution_name": "column_foremost",
    "institution_share": "column_share",
}
HITS = {
    "rule": "column_rule",
    "unit_id": "column_id",
    "institution_id": "column_institution",
    "doctor_id": "unit_doctor",
    "insured_id": "unit_insured",
    "settlement_id": "column_settlement",
    "line_id": "column_fee_line",
    "amount": "column_amount",
    "excluded": "column_excluded",
    "exclusion": "column_exclusion",
    "reason": "column_why",
}
REPAIRS = {
    "institution_name": "column_institution",
    "institution_id": "column_id",
    "settlements": "column_settlements",
    "amount": "column_amount",
    "what_to_do": "column_todo",
}


def plain_number(value: float) -> str:
    """Return a number as people write it: large ones whole, small ones telling."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"


@dataclass(frozen=True)
class Table:
    """A frame shown whole: no row number, no cut text, every text escaped."""

    frame: pd.DataFrame

    def _repr_html_(self) -> str:
        with pd.option_context("display.max_colwidth", None):
            return self.frame.to_html(
                index=False,
                escape=True,
                border=0,
                justify="left",
                na_rep="",
                float_format=plain_number,
            )

    def __repr__(self) -> str:
        return self.frame.to_string(index=False)


def conclusion_frame(facts: Facts) -> pd.DataFrame:
    """Return the three sentences of the month."""
    return pd.DataFrame({facts.words["conclusion_heading"]: conclusion(facts)})


def headline_frame(facts: Facts) -> pd.DataFrame:
    """Return the five figures, one column each, the change below."""
    cards = headline(facts)
    return pd.DataFrame({c["label"]: [c["value"], c["change"]] for c in cards})


def tiers_frame(facts: Facts) -> pd.DataFrame:
    """Return the number of leads by tier, with what chance alone would give."""
    words = facts.words
    heads = [words[f"tier_{tier}"] for tier in ("red", "orange", "yellow", "total")]
    rows = []
    for row in tiers(facts):
        cells = [
            f"{cell['leads']} ({words.say('cell_chance', chance=cell['chance'])})"
            for cell in row["cells"]
        ]
        rows.append([row["unit"], row["tested"], *cells, row["rules"], row["since"]])
    columns = [words["column_unit"], words["column_tested"], *heads]
    columns += [words["column_rules"], words["column_since"]]
    return pd.DataFrame(rows, columns=columns)


def leads_frame(facts: Facts, unit: str, *, masks: bool = True) -> pd.DataFrame:
    """Return every lead of a unit kind, the tier, line and trend in words.

    Persons are masked unless ``masks`` is false, as in the analyst's own workbook.
    """
    words = facts.words
    leads = facts.listed(unit).reindex(columns=list(LEADS))
    if unit == "insured" and masks:
        hidden = leads["unit_id"].astype(str).map(masked)
        leads = leads.assign(unit_id=hidden, unit_name=hidden)
    tier = leads["tier"].map(lambda tier: words[f"tier_{tier or 'rule'}"])
    line = leads["line"].map(lambda line: words.entries.get(f"line_{line}", line))
    trend = leads["trend"].map(lambda one: words.entries.get(f"trend_{one}", ""))
    leads = leads.assign(tier=tier, line=line, trend=trend)
    return leads.rename(columns={key: words[name] for key, name in LEADS.items()})


def rules_frame(facts: Facts) -> pd.DataFrame:
    """Return the hits of each rule in words and units."""
    heads = ["rule", "official", "hits", "units", "rule_amount", "excluded"]
    heads += ["decided", "basis"]
    columns = [facts.words[f"column_{head}"] for head in heads]
    frame = pd.DataFrame(rule_hits(facts), columns=columns)
    # As numbers, so that a spreadsheet can add them up.
    counted = facts.hits[~facts.hits["excluded"].astype(bool)]
    yuan = counted.groupby("rule")["amount"].sum()
    rules = [str(text).split(" ")[0] for text in frame[columns[0]]]
    frame[columns[4]] = [float(yuan.get(rule, 0)) for rule in rules]
    for column in (columns[2], columns[3], columns[5]):
        frame[column] = frame[column].str.replace(",", "").astype(int)
    return frame


def course_frame(facts: Facts) -> pd.DataFrame:
    """Return the last thirteen months in words and units."""
    words = facts.words
    columns = [words[head] for head in ("course_month", *TABLE)]
    return pd.DataFrame(months_table(facts), columns=columns)


def items_frame(facts: Facts) -> pd.DataFrame:
    """Return every item above the others' mix, numbers as numbers."""
    rows = facts.items.reindex(columns=list(ITEMS))
    return rows.rename(columns={key: facts.words[name] for key, name in ITEMS.items()})


def hits_frame(facts: Facts) -> pd.DataFrame:
    """Return each row that a rule caught, as the analyst needs it to act on."""
    language = facts.words.language
    told = {"reason": "reason", "exclusion": "exclusion"}
    if language == "en":
        told = {"reason_en": "reason", "exclusion_en": "exclusion"}
    rows = facts.hits.drop(columns=["reason", "exclusion"] if language == "en" else [])
    rows = rows.rename(columns=told).reindex(columns=list(HITS))
    said = {True: facts.words["yes"], False: facts.words["no"]}
    rows = rows.assign(
        amount=rows["amount"].astype(float),
        excluded=rows["excluded"].astype(bool).map(said),
    )
    return rows.rename(columns={key: facts.words[name] for key, name in HITS.items()})


def stages_frame(facts: Facts) -> pd.DataFrame:
    """Return how far the leads of twelve months have come, in words and units."""
    heads = ("stage", "leads", "amount", "share")
    columns = [facts.words[f"column_{head}"] for head in heads]
    return pd.DataFrame(stages(facts), columns=columns)


def inspection_frame(facts: Facts) -> pd.DataFrame:
    """Return the institutions of this district that were drawn, and by whom seen."""
    heads = ("institution", "id", "inspectors")
    columns = [facts.words[f"column_{head}"] for head in heads]
    return pd.DataFrame(inspection(facts)["rows"], columns=columns)


def repairs_frame(facts: Facts) -> pd.DataFrame:
    """Return the data faults, numbers as numbers."""
    words = facts.words
    problem = facts.repairs[words.language].rename(words["column_problem"])
    english = words.language == "en" and "what_to_do_en" in facts.repairs
    todo = facts.repairs["what_to_do_en" if english else "what_to_do"]
    rest = facts.repairs.assign(what_to_do=todo).reindex(columns=list(REPAIRS))
    rest = rest.rename(columns={key: words[name] for key, name in REPAIRS.items()})
    return pd.concat([problem, rest], axis=1)


def coverage_frame(facts: Facts) -> pd.DataFrame:
    """Return what is missing and what could not be computed for it."""
    words = facts.words
    what = facts.coverage["kind"].map(
        lambda kind: words.entries.get(f"kind_{kind}", kind)
    )
    return pd.DataFrame(
        {
            words["column_what"]: what + " " + facts.coverage["what"],
            words["column_consequence"]: facts.coverage["consequence"].replace(
                "", words["coverage_blank"]
            ),
        }
    )


def accounts_frame(facts: Facts) -> pd.DataFrame:
    """Return the rows read of each table and what became of them."""
    words = facts.words
    name = "zh" if words.language == "zh" else "table"
    fates = ["read", "accepted", "quarantined", "duplicate", "ignored"]
    heads = {name: "account_table"} | {fate: f"account_{fate}" for fate in fates}
    frame = facts.accounts.reindex(columns=list(heads))
    return frame.rename(columns={key: words[head] for key, head in heads.items()})
