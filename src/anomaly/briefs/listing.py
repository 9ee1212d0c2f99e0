"""The ranked lists and the rule hits, in words a supervisor knows."""

import math

from anomaly.briefs.facts import Facts

TIERS = ("red", "orange", "yellow")
ROWS = 10


def listing(facts: Facts, unit: str) -> dict:
    """Return at most ten leads of a unit kind and a note on how many there are."""
    leads = facts.listed(unit)
    shown = leads.head(ROWS)
    words = facts.words
    return {
        "heading": words[f"{unit}_heading"],
        "empty": words.say("list_empty", unit=words[f"unit_{unit}"]),
        "note": words.say("list_note", total=len(leads), shown=len(shown)),
        "rows": [_row(facts, unit, lead) for lead in shown.itertuples()],
    }


def rule_hits(facts: Facts) -> list[list[str]]:
    """Return one row a rule: its name, hits, units, yuan, excluded, clause."""
    words, rows = facts.words, []
    for rule, found in facts.hits.groupby("rule", sort=True):
        record = facts.rules.loc[rule]
        counted = found[~found["excluded"].astype(bool)]
        rows.append(
            [
                f"{rule} {record[words.language]}",
                words.count(len(counted)),
                words.count(counted["unit_id"].nunique()),
                words.money(float(counted["amount"].sum())),
                words.count(len(found) - len(counted)),
                record["basis"],
            ]
        )
    return rows


def _row(facts: Facts, unit: str, lead) -> dict:
    return {
        "rank": str(lead.rank),
        "name": lead.unit_name or lead.unit_id,
        "place": _place(facts, unit, lead),
        "tier": lead.tier or "rule",
        "tier_label": facts.words[f"tier_{lead.tier or 'rule'}"],
        "reasons": lead.reasons,
        "details": details(facts, lead),
        "amount": _amount(facts, lead),
        "interval": _interval(facts, lead),
    }


def _place(facts: Facts, unit: str, lead) -> str:
    if unit != "doctor":
        return lead.unit_id
    parts = [lead.department, lead.institution_name]
    return " · ".join(part for part in parts if part)


def _amount(facts: Facts, lead) -> str:
    amount = _number(lead.excess_amount)
    return facts.words["not_above"] if amount <= 0 else facts.words.money(amount)


def _interval(facts: Facts, lead) -> str:
    if _number(lead.excess_amount) <= 0:
        return ""
    lower, upper = _number(lead.excess_lower), _number(lead.excess_upper)
    if math.isnan(lower) or math.isnan(upper):
        return ""
    money = facts.words.money
    return facts.words.say("interval_range", lower=money(lower), upper=money(upper))


def details(facts: Facts, lead) -> list[str]:
    """Return the small print of a lead: chance, persistence, rules, marks, line."""
    words = facts.words
    found = []
    if lead.tier:
        chance = words.chance(_number(lead.expected_by_chance))
        found.append(words.say("detail_p", chance=chance))
    if _number(lead.persistence) > 0:
        months = f"{_number(lead.persistence):.0f}"
        found.append(words.say("detail_persistence", months=months))
    if lead.rules:
        found.append(words.say("detail_rules", rules=lead.rules))
    if lead.marks:
        found.append(words.say("detail_marks", marks=lead.marks))
    if lead.line:
        line = words.entries.get(f"line_{lead.line}", lead.line)
        found.append(words.say("detail_line", line=line))
    return found


def _number(value) -> float:
    """Return a float; NaN for whatever stands for a missing number."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")
