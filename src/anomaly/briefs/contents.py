"""The brief as plain data: what each section says, ready for the template.

Every function takes Facts and returns text, or lists and dicts of text.
"""

import math
import re
from collections.abc import Callable
from typing import Any

from anomaly.briefs import followup, fund, inspected
from anomaly.briefs.appendix import coverage, definitions, repairs, reproduce
from anomaly.briefs.facts import NAMED, UNITS, Facts, printable
from anomaly.briefs.listing import TIERS, items, listing, name_of, rule_hits
from anomaly.briefs.wording import JOINER
from anomaly.periods import month_text, shift

# The lists, those that many work in first.
ORDER = ("institution", "doctor", "insured", "pharmacy")
HEADLINES = ("total_fee", "fund_pay", "visits", "fee_per_visit", "drug_share")
FIRST = 3
LONG = {"zh": 84, "en": 170}  # characters of a reason on the first page


def compose(facts: Facts) -> dict[str, Any]:
    """Return the whole brief but its figures."""
    brief = {
        "labels": {k: v for k, v in facts.words.entries.items() if isinstance(v, str)},
        "district": facts.district,
        "name": facts.name,
        "month": facts.words.month(facts.month),
        "month_id": month_text(facts.month),
        "conclusion": conclusion(facts),
        "headline": headline(facts),
        "tiers": tiers(facts),
        "money": money(facts),
        "first": first(facts),
        "course": fund.months_table(facts),
        "course_says": fund.says(facts),
        "lists": [listing(facts, unit) for unit in ORDER],
        "items": items(facts),
        "rules": rule_hits(facts),
        "stages": followup.stages(facts),
        "stages_say": followup.stages_say(facts),
        "inspection": followup.inspection(facts),
        "inspected": inspected.composed(facts.inspected, facts.words),
        "repairs": repairs(facts),
        "coverage": coverage(facts),
        "definitions": definitions(facts),
        "reproduce": reproduce(facts),
    }
    return _each_text(brief, _typeset)


def _typeset(text: str) -> str:
    """Return text for print: no missing glyph, no line that begins with a dot."""
    text = re.sub(r"(?<![\w.-])-(?=\d)", "−", printable(text))
    return text.replace("·", f"{JOINER}·{JOINER}")


def conclusion(facts: Facts) -> list[str]:
    """Return three sentences: how much, how many, and where to look first."""
    return [_volume_sentence(facts), _leads_sentence(facts), _money_sentence(facts)]


def _volume_sentence(facts: Facts) -> str:
    words, month = facts.words, facts.month
    fee = facts.value("total_fee", month)
    if math.isnan(fee):
        key = "conclusion_volume_missing"
        return words.say(key, month=words.month(month), name=facts.name)
    visits = words.count(facts.value("visits", month))
    return words.say(
        "conclusion_volume",
        month=words.month(month),
        name=facts.name,
        visits=f"{visits} 次" if words.language == "zh" else visits,
        fee=words.money(fee),
        fund=words.money(facts.value("fund_pay", month)),
        per_visit=words.money(facts.value("fee_per_visit", month)),
        change=_change(facts, "fee_per_visit", "change"),
    )


def _leads_sentence(facts: Facts) -> str:
    tested = {unit: _tested(facts, unit) for unit in UNITS}
    leads = sum(_leads(facts, unit) for unit in NAMED)
    rules = sum(_rule_only(facts, unit) for unit in NAMED)
    words = facts.words
    return words.say(
        "conclusion_leads" if leads + rules else "conclusion_none",
        doctors=words.count(tested["doctor"]),
        institutions=words.count(tested["institution"]),
        pharmacies=words.count(tested["pharmacy"]),
        leads=words.count(leads),
        chance=words.chance(_chance(facts, *NAMED)),
        rules=words.say("conclusion_rules", rules=rules) if rules else "",
        persons=_persons_clause(facts, tested["insured"]),
    )


def _persons_clause(facts: Facts, tested: int) -> str:
    """Return the clause on insured persons, whose many leads would hide the rest."""
    if not tested:
        return ""
    return facts.words.say(
        "conclusion_persons",
        persons=facts.words.count(tested),
        leads=facts.words.count(_leads(facts, "insured")),
        chance=facts.words.chance(_chance(facts, "insured")),
    )


def _money_sentence(facts: Facts) -> str:
    for unit, key in (
        ("doctor", "conclusion_money"),
        ("institution", "conclusion_money_institutions"),
        ("pharmacy", "conclusion_money_pharmacies"),
    ):
        total = _money(facts, unit)
        if total is not None and total[0] > 0:
            amount, lower, upper = (facts.words.money(value) for value in total)
            lead = facts.flagged(unit).iloc[0]
            who = _who(facts, lead, unit)
            return facts.words.say(
                key, amount=amount, lower=lower, upper=upper, first=who
            )
    for unit in NAMED:
        for lead in facts.listed(unit).head(1).itertuples():
            who = _who(facts, lead, unit)
            return facts.words.say("conclusion_rule_first", first=who)
    return facts.words["conclusion_no_money"]


def headline(facts: Facts) -> list[dict]:
    """Return the five figures with their change on the same month last year."""
    return [
        {
            "label": facts.words[indicator],
            "value": fund.figure(facts, indicator, facts.month),
            "change": _change(facts, indicator, "card"),
        }
        for indicator in HEADLINES
    ]


def _change(facts: Facts, indicator: str, style: str) -> str:
    now = facts.value(indicator, facts.month)
    before = facts.value(indicator, shift(facts.month, -12))
    points = indicator == "drug_share"
    return facts.words.change(now, before, style=style, points=points)


def tiers(facts: Facts) -> list[dict]:
    """Return one row a unit kind: how many compared, leads and chance by tier."""
    return [_tier_row(facts, unit) for unit in UNITS if len(facts.tiers[unit])]


def _tier_row(facts: Facts, unit: str) -> dict:
    words = facts.words
    frame = facts.tiers[unit].set_index("tier").reindex(list(TIERS))
    leads = frame["leads"].fillna(0).astype(int)
    chance = frame["expected_by_chance"].fillna(0.0)
    cells = [(leads[tier], chance[tier]) for tier in TIERS]
    return {
        "unit": words[f"label_{unit}"],
        "tested": words.count(_tested(facts, unit)),
        "cells": [
            {"leads": words.count(n), "chance": words.chance(c)}
            for n, c in [*cells, (leads.sum(), chance.sum())]
        ],
        "rules": words.count(_rule_only(facts, unit)),
        "since": _since(facts, unit),
    }


def _since(facts: Facts, unit: str) -> str:
    """Return how the leads have changed on the month before, '—' if it is unknown."""
    trend = facts.leads[unit]["trend"]
    if not (trend != "").any():
        return "—"
    new, gone = (int((trend == one).sum()) for one in ("new", "gone"))
    return facts.words.say("since_cell", new=new, gone=gone)


def money(facts: Facts) -> list[dict]:
    """Return the money of the leads of each unit kind, with its interval."""
    rows = []
    for unit in UNITS:
        total = _money(facts, unit)
        if total is not None:
            amount, lower, upper = (facts.words.money(value) for value in total)
            interval = facts.words.say("money_interval", lower=lower, upper=upper)
            label = facts.words[f"money_line_{unit}"]
            rows.append({"label": label, "amount": amount, "interval": interval})
    return rows


def _money(facts: Facts, unit: str) -> tuple[float, float, float] | None:
    """Return the sum over the leads and its 95 % interval.

    The units' errors are taken as independent: their half-widths add in squares.
    """
    columns = ["excess_amount", "excess_lower", "excess_upper"]
    rows = facts.flagged(unit)[columns].astype(float).dropna()
    rows = rows.loc[rows["excess_amount"] > 0]
    if rows.empty:
        return None
    total = float(rows["excess_amount"].sum())
    below = math.hypot(*(rows["excess_amount"] - rows["excess_lower"]))
    above = math.hypot(*(rows["excess_upper"] - rows["excess_amount"]))
    return total, total - below, total + above


def first(facts: Facts) -> list[dict]:
    """Return the leads to look at first: doctors, then institutions if few."""
    found = []
    for unit in NAMED:
        rows = facts.listed(unit).head(FIRST if unit == "doctor" else 1)
        found += [
            {
                "tier": lead.tier or "rule",
                "unit": facts.words[f"label_{unit}"],
                "who": _who(facts, lead, unit),
                "why": shortened(lead.reasons, LONG[facts.words.language]),
            }
            for lead in rows.itertuples()
        ]
    return found


def shortened(text: str, most: int) -> str:
    """Return the text, cut where it is too long for the first page."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _who(facts: Facts, lead, unit: str) -> str:
    name = name_of(unit, lead)
    if unit != "doctor" or not lead.institution_name:
        return name
    return facts.words.say("doctor_at", name=name, house=lead.institution_name)


def _tested(facts: Facts, unit: str) -> int:
    frame = facts.tiers[unit]
    return int(frame["tested"].max()) if len(frame) else 0


def _rule_only(facts: Facts, unit: str) -> int:
    return int((facts.listed(unit)["tier"] == "").sum())


def _leads(facts: Facts, unit: str) -> int:
    return int(facts.tiers[unit]["leads"].sum())


def _chance(facts: Facts, *units: str) -> float:
    return float(sum(facts.tiers[unit]["expected_by_chance"].sum() for unit in units))


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _each_text(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    return value
