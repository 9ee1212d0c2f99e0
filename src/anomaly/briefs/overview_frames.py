"""The overview's tables as frames: shown in the notebook, stored in the workbook."""

import pandas as pd

from anomaly.briefs import fund
from anomaly.briefs.facts import UNITS
from anomaly.briefs.followup import stages
from anomaly.briefs.overview import (
    COMPARED,
    Overview,
    beside_past,
    hit_counts,
    leads_and_chance,
)
from anomaly.briefs.overview_contents import (
    AT_STAKE,
    checks_row,
    coverage,
    leads_row,
    name_of,
    sentences,
)
from anomaly.periods import shift


def city_frames(overview: Overview) -> dict[str, pd.DataFrame]:
    """Return name -> frame, headed in the reader's language.

    conclusion, running, differ, leads, checks, stages, course, coverage.
    """
    words = overview.words
    heads = [words[f"city_column_{one}"] for one in ("stage", "leads", "amount", "of")]
    return {
        "conclusion": pd.DataFrame({words["conclusion_heading"]: sentences(overview)}),
        "running": _running(overview),
        "differ": _differ(overview),
        "leads": _leads(overview),
        "checks": _checks(overview),
        "stages": pd.DataFrame(stages(overview.whole), columns=heads),
        "course": _course(overview),
        "coverage": pd.DataFrame({words["coverage_heading"]: [coverage(overview)]}),
    }


def _running(overview: Overview) -> pd.DataFrame:
    """Return the month's figures as numbers, those of last year beside them."""
    words, before = overview.words, shift(overview.month, -12)
    rows = []
    for one in overview.all:
        row = {words["city_column_district"]: name_of(one)}
        for name in fund.TABLE:
            row[words[name]] = one.value(name, overview.month)
            head = words.say("city_column_before", indicator=words[name])
            row[head] = one.value(name, before)
        rows.append(row)
    return pd.DataFrame(rows)


def _differ(overview: Overview) -> pd.DataFrame:
    words, rows = overview.words, []
    for name in COMPARED:
        for one in overview.districts:
            found = beside_past(one, name)
            side = words[f"city_side_{found['side'] or 'unknown'}"]
            cells = [found["value"], found["lower"], found["upper"]]
            rows.append([name_of(one), words[name], *cells, side])
    heads = ("district", "indicator", "value", "lower", "upper", "side")
    return pd.DataFrame(rows, columns=[words[f"city_column_{one}"] for one in heads])


def _leads(overview: Overview) -> pd.DataFrame:
    words, rows = overview.words, []
    for one in overview.all:
        row = {words["city_column_district"]: name_of(one)}
        for unit in UNITS:
            leads, chance = leads_and_chance(one, unit)
            label = words[f"label_{unit}"]
            row[words.say("city_column_unit_leads", unit=label)] = leads
            row[words.say("city_column_unit_chance", unit=label)] = chance
        texts = leads_row(one)["yuan"]
        for unit, cell in zip(AT_STAKE, texts, strict=True):
            row[words[f"city_column_money_{unit}"]] = " ".join(cell).strip()
        rows.append(row)
    return pd.DataFrame(rows)


def _checks(overview: Overview) -> pd.DataFrame:
    """Return hits and repairs as numbers, and the follow-up as the page tells it."""
    words = overview.words
    heads = ("district", "hits", "hit_amount", "excluded", "repairs")
    heads += ("suspected", "finished", "confirmed")
    rows = [
        [
            name_of(one),
            *hit_counts(one),
            float(one.repairs["settlements"].sum()),
            *checks_row(one)["cells"][4:],
        ]
        for one in overview.all
    ]
    return pd.DataFrame(rows, columns=[words[f"city_column_{one}"] for one in heads])


def _course(overview: Overview) -> pd.DataFrame:
    words = overview.words
    columns = [words[head] for head in ("course_month", *fund.TABLE)]
    return pd.DataFrame(fund.months_table(overview.whole), columns=columns)
