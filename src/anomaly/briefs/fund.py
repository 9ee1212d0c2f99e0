"""The fund's course: thirteen months in figures, and what stands out in them."""

import math
from datetime import date

import pandas as pd

from anomaly.briefs.facts import Facts
from anomaly.periods import month_text, parse_month, shift

# Indicator -> whether its axis is in 万元, in yuan or in per cent.
MONEY = ("total_fee", "fund_pay", "fee_per_visit")
SHARES = ("drug_share", "consumable_share", "exam_share")
TABLE = ("total_fee", "fund_pay", "visits", "fee_per_visit", *SHARES)
MONTHS = 13


def months_table(facts: Facts) -> list[list[str]]:
    """Return the last thirteen months, newest first: month and a cell an indicator."""
    known = {parse_month(month) for month in facts.indicator("total_fee")["month"]}
    months = [shift(facts.month, -back) for back in range(MONTHS)]
    return [
        [month_text(month)] + [figure(facts, name, month) for name in TABLE]
        for month in months
        if month in known
    ]


def figure(facts: Facts, indicator: str, month: date) -> str:
    """Return a district's value of a month as its reader writes it."""
    value = facts.value(indicator, month)
    if indicator == "visits":
        return facts.words.count(value)
    if indicator in SHARES:
        return facts.words.share(value)
    return facts.words.money(value, compact=True)


def series(facts: Facts, indicator: str) -> pd.DataFrame:
    """Return the months of an indicator with control limits (`plots.trend_table`)."""
    from anomaly.plots import trend_table

    rows = facts.indicator(indicator)
    return trend_table(rows[rows["value"].notna()], facts.month)


def says(facts: Facts) -> str:
    """Return one sentence: which figures of the month lie beyond their own past."""
    words = facts.words
    sides = {"above": [], "below": [], "within": []}
    for name in (*MONEY, *SHARES):
        side = _side(series(facts, name))
        if side:
            sides[side].append(words[name])
    if not any(sides.values()):
        return words["course_no_limits"]
    comma = words["enumeration"]
    told = [
        words.say(f"course_{side}", names=comma.join(sides[side]))
        for side in ("above", "below")
        if sides[side]
    ]
    if not told:
        return words["course_within"]
    return words["clause"].join(told) + words["stop"]


def _side(table: pd.DataFrame) -> str:
    """Return above, below or within the limits; '' where there are none."""
    row = table.loc[table["is_report_month"]]
    if row.empty or math.isnan(row["upper"].iloc[0]):
        return ""
    value, lower, upper = (row[c].iloc[0] for c in ("value", "lower", "upper"))
    if value > upper:
        return "above"
    return "below" if value < lower else "within"
