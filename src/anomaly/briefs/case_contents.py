"""A case file as plain texts for its PDF: every string printable, persons masked."""

from anomaly.briefs.facts import code_version, printable
from anomaly.briefs.wording import Wording
from anomaly.leads.case_html import ORDER
from anomaly.leads.case_words import facts, heads, hidden, texts, words
from anomaly.leads.casefile import CaseFile
from anomaly.periods import month_text

# Rows a section has on paper; the workbook has them all.
ON_PAPER = {"hits": 30, "lines": 60}
ENOUGH = 20
OF_A_RULE = 8


def compose(case: CaseFile, figures: dict[str, str]) -> dict:
    """Return what the template of a case file sets; figures are names and alt texts."""
    said, general = words(case.language), Wording(case.language)
    row = case.who.iloc[0]
    name = hidden(case, str(row["unit_name"] or row["unit_id"]))
    month = general.month(case.month)
    tier = row["tier"] or "rule"
    lead = bool(row["tier"] or row["rules"])
    made = {
        "labels": labels(case),
        "name": name,
        "month": month,
        "running_head": said["running_head"].format(name=name[:24], month=month),
        "tier": tier,
        "tier_label": general[f"tier_{tier}"] if lead else said["no_lead"],
        "reasons": [hidden(case, text) for text in case.reasons],
        "facts": [[head, text] for head, text in facts(case)],
        "sections": [section(case, key) for key in ORDER],
        "figures": figures,
        "reproduce": [
            [general["reproduce_fingerprint"], case.fingerprint],
            [general["reproduce_version"], code_version()],
            [said["columns"]["month"], month_text(case.month)],
        ],
    }
    return all_printable(made)


def labels(case: CaseFile) -> dict[str, str]:
    """Return the words that stand in the template itself."""
    said, general = words(case.language), Wording(case.language)
    own = {key: said[key] for key in ("title", "nature", "empty", "reproduce_note")}
    shared = ("lang", "region", "page", "reproduce_heading")
    return {key: general[key] for key in shared} | own


def section(case: CaseFile, key: str) -> dict:
    """Return one section: heading, note, column heads, rows of texts."""
    said = words(case.language)
    part = {
        "key": key,
        "heading": said["sections"][key],
        "note": said["notes"][key],
        "columns": [],
        "heads": [],
        "rows": [],
    }
    if key == "history" or getattr(case, key).empty:
        return part
    table = texts(case, key)
    shown = table
    if key == "hits":
        shown = table[table.groupby("rule").cumcount() < OF_A_RULE]
    shown = shown.head(ON_PAPER.get(key, ENOUGH))
    if len(shown) < len(table):
        more = said["more"].format(shown=len(shown), total=len(table))
        part["note"] = " ".join([part["note"], more]).strip()
    return part | {
        "columns": list(table.columns),
        "heads": heads(case, table),
        "rows": shown.to_numpy().tolist(),
    }


def all_printable(value):
    """Return texts with each character that the shipped font lacks spelt out."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: all_printable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [all_printable(item) for item in value]
    return value
