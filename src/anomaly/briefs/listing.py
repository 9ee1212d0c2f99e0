"""The ranked lists and the rule hits, in words a supervisor knows."""

import math
import re

from anomaly.briefs.facts import LISTED, Facts
from anomaly.leads.case_words import masked

TIERS = ("red", "orange", "yellow")
ASIDE = re.compile("（[^）]*）")  # what a clause is about, told in the action itself
LEAST = 1e-4  # the number to which what chance expects is rounded
FAR = 10  # times the expected value from which the exact figure says nothing more


def listing(facts: Facts, unit: str) -> dict:
    """Return at most ten leads of a unit kind and a note on how many there are."""
    leads = facts.listed(unit)
    shown = leads.head(LISTED)
    words = facts.words
    return {
        "key": unit,
        "heading": words[f"{unit}_heading"],
        "empty": words.say("list_empty", unit=words[f"unit_{unit}"]),
        "note": words.say("list_note", total=len(leads), shown=len(shown)),
        "rows": [_row(facts, unit, lead) for lead in shown.itertuples()],
    }


def items(facts: Facts) -> dict:
    """Return at most ten items on which the district spends beyond the others' mix."""
    rows, words = facts.items, facts.words
    shown = rows.head(LISTED)
    return {
        "note": words.say("items_note", total=len(rows), shown=len(shown)),
        "rows": [_item(facts, row) for row in shown.itertuples()],
    }


def _item(facts: Facts, row) -> dict:
    words = facts.words
    before = words.change(row.amount, row.amount_before, style="card")
    why = words.say(
        "item_why",
        oe=_oe(row.oe),
        place=row.place,
        of=row.of,
        house=row.institution_name,
        share=words.share(row.institution_share),
    )
    lasting = words.say("detail_persistence", months=row.persistence)
    return {
        "name": row.name,
        "item": row.item,
        "why": why,
        "details": [before] + ([lasting] if row.persistence else []),
        "amount": words.money(row.amount),
        "excess": words.money(row.excess_amount),
    }


def rule_hits(facts: Facts) -> list[list[str]]:
    """Return one row a rule.

    Name, official code, hits, units, yuan, excluded, what was decided, clause.
    """
    words, rows = facts.words, []
    for rule, found in facts.hits.groupby("rule", sort=True):
        record = facts.rules.loc[rule]
        counted = found[~found["excluded"].astype(bool)]
        rows.append(
            [
                f"{rule} {record[words.language]}",
                record["official"],
                words.count(len(counted)),
                words.count(counted["unit_id"].nunique()),
                words.money(float(counted["amount"].sum())),
                words.count(len(found) - len(counted)),
                _decided(facts, record),
                record["basis"],
            ]
        )
    return rows


def _decided(facts: Facts, record) -> str:
    """Return how many leads of a rule were confirmed, of those decided."""
    if not record["decided"]:
        return "—"
    return facts.words.say(
        "rule_decided", confirmed=record["confirmed"], decided=record["decided"]
    )


def name_of(unit: str, lead) -> str:
    """Return a lead's name as a page may show it: persons masked."""
    if unit == "insured":
        return masked(str(lead.unit_id))
    return lead.unit_name or lead.unit_id


def _row(facts: Facts, unit: str, lead) -> dict:
    words, beside = facts.words, facts.weighed[unit].loc[lead.unit_id]
    checked = words["clause"].join(beside["checked"])
    clause = ASIDE.sub("", beside["basis"]).strip()
    next_step = words.say("lead_action", action=beside["action"], basis=clause)
    return {
        "rank": str(lead.rank),
        "name": name_of(unit, lead),
        "place": _place(facts, unit, lead),
        "tier": lead.tier or "rule",
        "tier_label": facts.words[f"tier_{lead.tier or 'rule'}"],
        "reasons": lead.reasons,
        "details": [*standing(facts, beside), *details(facts, lead)],
        "checked": words.say("lead_checked", checked=checked) if checked else "",
        "action": next_step,
        "amount": _amount(facts, lead),
        "interval": _interval(facts, lead),
    }


def standing(facts: Facts, beside) -> list[str]:
    """Return O/E and the place among the peers, where there are such."""
    words, found = facts.words, []
    if not math.isnan(beside["oe"]):
        found.append(
            words.say("detail_oe", name=beside["indicator"], oe=_oe(beside["oe"]))
        )
    if beside["of"] > 1:
        found.append(words.say("detail_place", place=beside["place"], of=beside["of"]))
    return found


def _oe(ratio: float) -> str:
    """Return observed over expected; what is far beyond prints as that."""
    if math.isnan(ratio):
        return "—"
    return f">{FAR}" if ratio > FAR else f"{ratio:.1f}"


def _place(facts: Facts, unit: str, lead) -> str:
    if unit == "insured":
        return lead.institution_name
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
        # A lead's own number is rounded to nothing before it is nothing.
        chance = words.chance(_number(lead.expected_by_chance) or LEAST)
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
    if lead.trend:
        found.append(words[f"trend_{lead.trend}"])
    return found


def _number(value) -> float:
    """Return a float; NaN for whatever stands for a missing number."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")
