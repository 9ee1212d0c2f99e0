"""The brief as plain data: what each section says, ready for the template.

Every function takes Facts and returns text, or lists and dicts of text.
"""

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from anomaly.briefs.appendix import coverage, definitions, repairs, reproduce
from anomaly.briefs.facts import UNITS, Facts, printable
from anomaly.briefs.listing import TIERS, listing, rule_hits
from anomaly.briefs.wording import JOINER
from anomaly.periods import month_text, parse_month, shift

HEADLINES = ("total_fee", "fund_pay", "visits", "fee_per_visit", "drug_share")
FIRST = 3
MONTHS = 13
LONG = 160  # characters of a reason on the first page


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
        "doctors": listing(facts, "doctor"),
        "institutions": listing(facts, "institution"),
        "pharmacies": listing(facts, "pharmacy"),
        "rules": rule_hits(facts),
        "course": course(facts),
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
    leads = sum(int(facts.tiers[unit]["leads"].sum()) for unit in UNITS)
    rules = sum(_rule_only(facts, unit) for unit in UNITS)
    words = facts.words
    return words.say(
        "conclusion_leads" if leads + rules else "conclusion_none",
        doctors=words.count(tested["doctor"]),
        institutions=words.count(tested["institution"]),
        pharmacies=words.count(tested["pharmacy"]),
        leads=words.count(leads),
        chance=words.chance(_chance(facts)),
        rules=words.say("conclusion_rules", rules=rules) if rules else "",
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
    for unit in UNITS:
        for lead in facts.listed(unit).head(1).itertuples():
            who = _who(facts, lead, unit)
            return facts.words.say("conclusion_rule_first", first=who)
    return facts.words["conclusion_no_money"]


def headline(facts: Facts) -> list[dict]:
    """Return the five figures with their change on the same month last year."""
    return [
        {
            "label": facts.words[indicator],
            "value": _figure(facts, indicator, facts.month),
            "change": _change(facts, indicator, "card"),
        }
        for indicator in HEADLINES
    ]


def course(facts: Facts) -> list[list[str]]:
    """Return the last thirteen months, newest first: month and five figures."""
    known = {parse_month(month) for month in facts.indicator("total_fee")["month"]}
    months = [shift(facts.month, -back) for back in range(MONTHS)]
    return [
        [month_text(month)] + [_figure(facts, name, month) for name in HEADLINES]
        for month in months
        if month in known
    ]


def _figure(facts: Facts, indicator: str, month: date) -> str:
    value = facts.value(indicator, month)
    if indicator == "visits":
        return facts.words.count(value)
    if indicator == "drug_share":
        return facts.words.share(value)
    return facts.words.money(value, compact=True)


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
    }


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
    for unit in UNITS:
        rows = facts.listed(unit).head(FIRST if unit == "doctor" else 1)
        found += [
            {
                "tier": lead.tier or "rule",
                "unit": facts.words[f"label_{unit}"],
                "who": _who(facts, lead, unit),
                "why": shortened(lead.reasons),
            }
            for lead in rows.itertuples()
        ]
    return found


def shortened(text: str, most: int = LONG) -> str:
    """Return the text, cut where it is too long for the first page."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _who(facts: Facts, lead, unit: str) -> str:
    if unit != "doctor" or not lead.institution_name:
        return lead.unit_name or lead.unit_id
    return facts.words.say(
        "doctor_at", name=lead.unit_name or lead.unit_id, house=lead.institution_name
    )


def _tested(facts: Facts, unit: str) -> int:
    frame = facts.tiers[unit]
    return int(frame["tested"].max()) if len(frame) else 0


def _rule_only(facts: Facts, unit: str) -> int:
    return int((facts.listed(unit)["tier"] == "").sum())


def _chance(facts: Facts) -> float:
    return float(sum(facts.tiers[unit]["expected_by_chance"].sum() for unit in UNITS))


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _each_text(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    return value
