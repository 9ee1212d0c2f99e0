"""The brief's tables as frames with headings in the reader's language.

The notebook shows them and the workbook stores them.
"""

from dataclasses import dataclass

import pandas as pd

from anomaly.briefs.contents import conclusion, course, headline, tiers
from anomaly.briefs.facts import Facts
from anomaly.briefs.listing import rule_hits

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
    "rules": "column_rule_hits",
    "marks": "column_marks",
    "peer_group": "column_group",
    "peers": "column_peers",
    "visits": "visits",
    "total_fee": "total_fee",
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
        rows.append([row["unit"], row["tested"], *cells, row["rules"]])
    columns = [words["column_unit"], words["column_tested"], *heads]
    return pd.DataFrame(rows, columns=[*columns, words["column_rules"]])


def leads_frame(facts: Facts, unit: str) -> pd.DataFrame:
    """Return every lead of a unit kind, the tier and line in words."""
    words = facts.words
    leads = facts.listed(unit).reindex(columns=list(LEADS))
    tier = leads["tier"].map(lambda tier: words[f"tier_{tier or 'rule'}"])
    line = leads["line"].map(lambda line: words.entries.get(f"line_{line}", line))
    leads = leads.assign(tier=tier, line=line)
    return leads.rename(columns={key: words[name] for key, name in LEADS.items()})


def rules_frame(facts: Facts) -> pd.DataFrame:
    """Return the hits of each rule in words and units."""
    heads = ["rule", "hits", "units", "rule_amount", "excluded", "basis"]
    columns = [facts.words[f"column_{head}"] for head in heads]
    frame = pd.DataFrame(rule_hits(facts), columns=columns)
    # As numbers, so that a spreadsheet can add them up.
    counted = facts.hits[~facts.hits["excluded"].astype(bool)]
    yuan = counted.groupby("rule")["amount"].sum()
    rules = [str(text).split(" ")[0] for text in frame[columns[0]]]
    frame[columns[3]] = [float(yuan.get(rule, 0)) for rule in rules]
    for column in (columns[1], columns[2], columns[4]):
        frame[column] = frame[column].str.replace(",", "").astype(int)
    return frame


def course_frame(facts: Facts) -> pd.DataFrame:
    """Return the last thirteen months in words and units."""
    words = facts.words
    heads = ["course_month", "total_fee", "fund_pay", "visits", "fee_per_visit"]
    columns = [words[head] for head in [*heads, "drug_share"]]
    return pd.DataFrame(course(facts), columns=columns)


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
