"""The overview as plain texts: every cell as the district's own brief has it."""

from anomaly.briefs import fund
from anomaly.briefs.case_contents import all_printable
from anomaly.briefs.contents import conclusion, money, shortened, tiers
from anomaly.briefs.facts import NAMED, UNITS, Facts
from anomaly.briefs.followup import stages, stages_say
from anomaly.briefs.overview import (
    COMPARED,
    FINISHED,
    Overview,
    beside_past,
    hit_counts,
    leads_and_chance,
)
from anomaly.periods import month_text, shift

AT_STAKE = ("doctor", "institution")
NAME = 22  # characters of a district's name in a table
MISSED = 3


def compose(overview: Overview) -> dict:
    """Return what the template of the overview sets, but its figures."""
    words = overview.words
    month = words.month(overview.month)
    made = {
        "labels": {k: v for k, v in words.entries.items() if isinstance(v, str)},
        "month": month,
        "running_head": words.say("city_running_head", month=month),
        "conclusion": sentences(overview),
        "running": [running_row(one) for one in overview.all],
        "differ": differ(overview),
        "leads": [leads_row(one) for one in overview.all],
        "checks": [checks_row(one) for one in overview.all],
        "lines": lines(overview),
        "stages": stages(overview.whole),
        "stages_say": stages_say(overview.whole),
        "course": bool(len(overview.whole.course)),
        "course_says": course_says(overview),
        "coverage": coverage(overview),
        "reproduce": reproduce(overview),
    }
    return all_printable(made)


def sentences(overview: Overview) -> list[str]:
    """Return how much, how many leads and where, and what differs or is at stake."""
    volume = conclusion(overview.whole)[0]
    return [volume, _leads_sentence(overview), _where_sentence(overview)]


def _leads_sentence(overview: Overview) -> str:
    words = overview.words
    leads, chance = leads_and_chance(overview.whole, *NAMED)
    counts = [leads_and_chance(one, *NAMED) for one in overview.districts]
    if not leads:
        return words["city_no_leads"]
    most = max(range(len(counts)), key=lambda place: counts[place][0])
    return words.say(
        "city_leads",
        leads=words.count(leads),
        chance=words.chance(chance),
        most=overview.districts[most].name,
        most_leads=words.count(counts[most][0]),
        most_chance=words.chance(counts[most][1]),
    )


def _where_sentence(overview: Overview) -> str:
    words = overview.words
    where = differ(overview).rstrip("。.")
    told = words.say("city_differ", city=_city_differs(overview), differ=where)
    amounts = money(overview.whole)
    if not amounts:
        return told + words["city_no_money"]
    first = amounts[0]
    return told + words.say("city_money", **first)


def _city_differs(overview: Overview) -> str:
    """Return which of the city's own figures lie beyond their past, if any."""
    words, told = overview.words, []
    names = (*fund.MONEY, *fund.SHARES)
    sides = {name: beside_past(overview.whole, name)["side"] for name in names}
    for side, key in (("above", "city_high"), ("below", "city_low")):
        found = [words[name] for name in names if sides[name] == side]
        if found:
            told.append(words.say(key, names=words["enumeration"].join(found)))
    return "".join(told)


def name_of(facts: Facts) -> str:
    """Return a row's name, short enough for a table."""
    named = facts.name if facts.district else facts.words["city_whole"]
    return shortened(named, NAME)


def differ(overview: Overview) -> str:
    """Return one sentence: which districts lie beyond what their past leads to."""
    words, found, ranged = overview.words, [], False
    for name in COMPARED:
        sides = [
            (one.name, beside_past(one, name)["side"]) for one in overview.districts
        ]
        ranged = ranged or any(side for _, side in sides)
        for side in ("above", "below"):
            names = [district for district, where in sides if where == side]
            if names:
                told = words["enumeration"].join(names)
                indicator = words[name]
                found.append(words.say(f"city_{side}", names=told, indicator=indicator))
    if not ranged:
        return words["city_no_range"]
    if not found:
        return words["city_within"]
    return words["clause"].join(found) + words["city_rest"]


def running_row(facts: Facts) -> dict:
    """Return a district's figures of the month, each with its change on last year."""
    before = shift(facts.month, -12)
    cells = []
    for name in fund.TABLE:
        change = facts.words.change(
            facts.value(name, facts.month),
            facts.value(name, before),
            style="slim",
            points=name in fund.SHARES,
        )
        cells.append([fund.figure(facts, name, facts.month), change])
    return {"name": name_of(facts), "cells": cells}


def leads_row(facts: Facts) -> dict:
    """Return leads and chance by unit kind, then yuan above expected, if any."""
    told = {row["unit"]: row["cells"][-1] for row in tiers(facts)}
    words = facts.words
    none = {"leads": "—", "chance": ""}
    counts = [told.get(words[f"label_{unit}"], none) for unit in UNITS]
    amounts = {row["label"]: row for row in money(facts)}
    none = {"amount": "—", "interval": ""}
    yuan = [amounts.get(words[f"money_line_{unit}"], none) for unit in AT_STAKE]
    return {
        "name": name_of(facts),
        "counts": [[one["leads"], one["chance"]] for one in counts],
        "yuan": [[one["amount"], one["interval"]] for one in yuan],
    }


def checks_row(facts: Facts) -> dict:
    """Return rule hits, data to be repaired, and what came of earlier leads."""
    words = facts.words
    counted, amount, excluded = hit_counts(facts)
    cells = [words.count(counted), words.money(amount), words.count(excluded)]
    cells.append(words.count(float(facts.repairs["settlements"].sum())))
    return {"name": name_of(facts), "cells": cells + _stages(facts)}


def _stages(facts: Facts) -> list[str]:
    """Return leads suspected, finished and confirmed over twelve months."""
    if facts.stages.empty:
        return ["—"] * 3
    counts = facts.stages.set_index("stage")["count"]
    finished = sum(int(counts.get(stage, 0)) for stage in FINISHED)
    numbers = (counts.get("suspected", 0), finished, counts.get("confirmed", 0))
    return [facts.words.count(float(number)) for number in numbers]


def lines(overview: Overview) -> list[str]:
    """Return a line for each part of the checks that the whole city has none of."""
    whole, words = overview.whole, overview.words
    found = {
        "city_no_hits": whole.hits,
        "city_no_repairs": whole.repairs,
        "city_no_stages": whole.stages,
    }
    return [words[key] for key, frame in found.items() if frame.empty]


def course_says(overview: Overview) -> str:
    """Return what stands out in the city's course, and which months are not whole."""
    if overview.whole.course.empty:
        return overview.words["course_empty"]
    told = fund.says(overview.whole)
    uneven = overview.uneven()
    if not uneven:
        return told
    names = overview.words["enumeration"].join(month_text(one) for one in uneven[-3:])
    return told + overview.words.say("city_uneven", months=names)


def coverage(overview: Overview) -> str:
    """Return in one line what the data lack."""
    words, found = overview.words, overview.whole.coverage
    missed = found.loc[found["kind"] != "unused", "what"].tolist()
    if not missed:
        return words["coverage_empty"]
    names = words["enumeration"].join(missed[:MISSED])
    return words.say("city_coverage", count=len(missed), names=names)


def reproduce(overview: Overview) -> list[list[str]]:
    """Return fingerprint, version and parameters."""
    words, whole = overview.words, overview.whole
    value = words.say(
        "city_parameters", month=month_text(overview.month), language=words.language
    )
    return [
        [words["reproduce_fingerprint"], whole.fingerprint],
        [words["reproduce_version"], whole.version],
        [words["reproduce_parameters"], value],
    ]
