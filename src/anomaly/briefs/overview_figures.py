"""The overview's figures: districts beside their own past, and the city's course."""

import pandas as pd

from anomaly.briefs.contents import shortened
from anomaly.briefs.figures import SCALES, WIDTH, course
from anomaly.briefs.overview import COMPARED, Overview, beside_past

LABEL = 12  # characters of a district's name beside a figure
ROW, FRAME = 6.5, 26  # millimetres a district takes, and all around them
COURSES = ("money", "share")
NUMBERS = {"drug_share": "{:,.1f}"}


def pictures(overview: Overview) -> dict:
    """Return name -> Picture for every figure that has data."""
    made = {"districts": districts(overview)}
    made |= {f"course_{which}": city_course(overview, which) for which in COURSES}
    return {name: picture for name, picture in made.items() if picture is not None}


def city_course(overview: Overview, which: str = "money"):
    """Return the city's months with control limits, or None without data."""
    return course(overview.whole, which)


def districts(overview: Overview):
    """Return fee per visit and drug share of each district, or None without data."""
    from anomaly import plots

    tables = {name: district_table(overview, name) for name in COMPARED}
    if all(table["value"].isna().all() for table in tables.values()):
        return None
    key = ("districts",)
    if key not in overview.whole.drawn:
        overview.whole.drawn[key] = _drawn(overview, tables, plots)
    return overview.whole.drawn[key]


def district_table(overview: Overview, indicator: str) -> pd.DataFrame:
    """Return label, value, lower, upper, side: a row a district."""
    rows = [
        {"label": shortened(one.name, LABEL)} | beside_past(one, indicator)
        for one in overview.districts
    ]
    return pd.DataFrame(rows)


def _drawn(overview: Overview, tables: dict, plots):
    words, rows = overview.words, len(overview.districts)
    alt = words.say("city_districts_alt", count=rows)
    edge = plots.Margins(left=26, between=30, bottom=15)
    picture, axes = plots.canvas(WIDTH, FRAME + ROW * rows, 2, alt=alt, margins=edge)
    told = {side: words[f"city_side_{side}"] for side in ("above", "below", "within")}
    told |= {"unknown": words["city_side_unknown"], "range": words["city_range"]}
    for ax, (name, table) in zip(axes, tables.items(), strict=True):
        plots.draw_districts(
            table,
            ax,
            words=told | {"whole": words["city_whole"], "number": _number(name)},
            title=words[f"course_{name}"],
            scale=SCALES.get(name, 1),
            whole=overview.whole.value(name, overview.month),
        )
    picture.share_legend(*axes)
    return picture


def _number(indicator: str) -> str:
    return NUMBERS.get(indicator, "{:,.0f}")
