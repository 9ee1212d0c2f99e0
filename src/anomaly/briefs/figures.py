"""The brief's figures: which table goes into which picture, in which words."""

from collections.abc import Callable
from functools import wraps

from anomaly.briefs.facts import Facts
from anomaly.briefs.fund import MONEY, SHARES, series
from anomaly.policy.read import policy

WIDTH = 178  # millimetres between the margins of the page
# The first of each that the store has evidence on.
FUNNELS = (("fee_per_visit_outpatient", "fee_per_visit"), ("drug_share",))
FEWEST_ROWS = 2  # one amount alone needs no figure: the list says it
PER_WAN = 10_000
SCALES = {"total_fee": PER_WAN, "fund_pay": PER_WAN} | dict.fromkeys(SHARES, 0.01)


def drawn_once(draw: Callable) -> Callable:
    """Draw a figure the first time it is asked for; keep it with the facts."""

    @wraps(draw)
    def wrapper(facts: Facts, *which: str):
        key = (draw.__name__, *which)
        if key not in facts.drawn:
            facts.drawn[key] = draw(facts, *which)
        return facts.drawn[key]

    return wrapper


def pictures(facts: Facts) -> dict:
    """Return name -> Picture for every figure that has data."""
    made = {
        "funnel_doctor": funnel(facts, "doctor"),
        "funnel_institution": funnel(facts, "institution"),
        "ranking": ranking(facts),
        "course_money": course(facts, "money"),
        "course_share": course(facts, "share"),
    }
    return {name: picture for name, picture in made.items() if picture is not None}


@drawn_once
def funnel(facts: Facts, unit: str):
    """Return the funnels of fee per visit and drug share, or None without data."""
    from anomaly import plots

    tables = {}
    for wanted in FUNNELS:
        rows = facts.evidence_of(unit, *wanted)
        title = _funnel_title(facts, unit, rows)
        tables[title] = plots.funnel_table(rows, _tiered(facts, unit))
    if all(table.empty for table in tables.values()):
        return None
    picture, axes = plots.canvas(WIDTH, 70, 2, alt=_funnel_alt(facts, unit, tables))
    words = _funnel_words(facts)
    for ax, (title, table) in zip(axes, tables.items(), strict=True):
        plots.draw_funnel(table, ax, words=words, title=title)
    picture.share_legend(*axes)
    return picture


def _funnel_title(facts: Facts, unit: str, rows) -> str:
    language = facts.words.language
    names = [facts.indicators.at[name, language] for name in rows["indicator"].head(1)]
    return facts.words.say(f"funnel_{unit}s", indicator="".join(names))


def _tiered(facts: Facts, unit: str):
    leads = facts.leads[unit]
    return leads.assign(unit_name=leads["unit_name"].str.slice(0, 12))


def _funnel_alt(facts: Facts, unit: str, tables: dict) -> str:
    table = max(tables.values(), key=len)
    return facts.words.say(
        "funnel_alt",
        unit=facts.words[f"unit_{unit}"],
        units=len(table),
        leads=int((table["tier"] != "").sum()),
    )


def _funnel_words(facts: Facts) -> dict:
    words = facts.words
    return {
        "x": words.say("funnel_x", months=policy("peers")["window_months"]),
        "y": words["funnel_y"],
        "empty": words["no_data"],
        "limits_95": words["limits_95"],
        "limits_998": words["limits_998"],
        "tiers": {
            tier: words[f"tier_{tier or 'other'}"]
            for tier in ("red", "orange", "yellow", "")
        },
    }


@drawn_once
def ranking(facts: Facts):
    """Return the leads' amounts with their intervals, or None without any."""
    from anomaly import plots

    tables = {
        unit: plots.ranking_table(_short(facts.flagged(unit)))
        for unit in ("doctor", "institution")
    }
    tables = {unit: table for unit, table in tables.items() if len(table)}
    rows = max((len(table) for table in tables.values()), default=0)
    if rows < FEWEST_ROWS:
        return None
    edge = plots.Margins(left=34, between=40, bottom=9)
    picture, axes = plots.canvas(
        WIDTH,
        20 + 5 * rows,
        len(tables),
        alt=facts.words["ranking_alt"],
        margins=edge,
    )
    words = {"x": ""}
    for ax, (unit, table) in zip(axes, tables.items(), strict=True):
        title = facts.words[f"ranking_{unit}s"]
        plots.draw_ranking(table, ax, words=words, title=title, scale=PER_WAN)
    return picture


def _short(leads):
    return leads.assign(unit_name=leads["unit_name"].str.slice(0, 11))


@drawn_once
def course(facts: Facts, which: str = "money"):
    """Return three series by month with control limits, or None without data.

    ``which`` is 'money' (total fee, fund payment, fee per visit) or 'share' (drugs,
    consumables, exams).
    """
    from anomaly import plots

    names = {"money": MONEY, "share": SHARES}[which]
    tables = {name: series(facts, name) for name in names}
    tables = {name: table for name, table in tables.items() if len(table)}
    if not tables:
        return None
    words = facts.words
    comma = words["enumeration"]
    told = {name: words[f"course_{name}"] for name in tables}
    months = max(len(table) for table in tables.values())
    alt = words.say("course_alt", names=comma.join(told.values()), months=months)
    last = which == "share"  # one legend, below both pictures, is enough
    edge = plots.Margins(left=12, bottom=13 if last else 7, between=13)
    height = 50 if last else 44
    picture, axes = plots.canvas(WIDTH, height, len(tables), alt=alt, margins=edge)
    for ax, (name, table) in zip(axes, tables.items(), strict=True):
        drawn = {
            "series": words["series"],
            "band": words["band"],
            "report": words["report_month"],
            "number": "{:,.1f}" if which == "share" else "{:,.0f}",
        }
        plots.draw_trend(
            table,
            ax,
            words=drawn,
            title=told[name],
            scale=SCALES.get(name, 1),
            label_every=12,
        )
    if last:
        picture.share_legend(*axes)
    return picture
