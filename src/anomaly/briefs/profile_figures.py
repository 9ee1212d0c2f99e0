"""The profile's figures: the unit beside its peers, and its months."""

import pandas as pd

from anomaly.briefs.contents import shortened
from anomaly.briefs.facts import printable
from anomaly.briefs.figures import WIDTH
from anomaly.briefs.wording import Wording
from anomaly.leads.case_advice import SHARES
from anomaly.leads.case_words import hidden
from anomaly.leads.case_words import words as case_words
from anomaly.leads.casefile import CaseFile
from anomaly.leads.weighed import CHANGE_KINDS

WORDS = "profile.toml"
NAME = 24  # characters of a name in a running head
LABEL = {"zh": 14, "en": 26}
ROWS = 5


def pictures(case: CaseFile) -> dict:
    """Return name -> Picture for every figure that has data."""
    made = {"standing": standing(case), "history": course_of_unit(case)}
    return {name: picture for name, picture in made.items() if picture is not None}


def foremost(case: CaseFile) -> dict | None:
    """Return the foremost indicator whose months are known, None without any."""
    known = set(case.history["indicator"])
    rows = case.indicators[case.indicators["indicator"].isin(known)]
    return rows.iloc[0].to_dict() if len(rows) else None


def standing_table(case: CaseFile) -> pd.DataFrame:
    """Return the foremost indicators over what is expected, the smallest p first.

    Columns: label, ratio, low, high, lower_quartile, upper_quartile, told. Nothing
    is tested anew: they are the case file's numbers, each over `expected`.
    """
    words = Wording(case.language, WORDS)
    rows = case.indicators[~case.indicators["kind"].isin(CHANGE_KINDS)]
    rows = rows[rows["p"].notna() & (rows["expected"] > 0)].head(ROWS)
    quartiles = ["lower_quartile", "upper_quartile"]
    peers = case.peers.set_index("indicator")[quartiles]
    rows = rows.join(peers, on="indicator")
    found = {"ratio": "value", "low": "expected_low", "high": "expected_high"}
    found |= {name: name for name in quartiles}
    over = {
        to: rows[name].astype(float) / rows["expected"] for to, name in found.items()
    }
    table = pd.DataFrame(over).assign(name=rows["name"])
    cut = LABEL[case.language]
    table["label"] = [shortened(printable(name), cut) for name in rows["name"]]
    table["told"] = [
        words.say("profile_ratio", **_spelt(row)) for row in table.to_dict("records")
    ]
    return table.reset_index(drop=True)


def _spelt(row: dict) -> dict[str, str]:
    return {name: f"{max(row[name], 0):,.1f}" for name in ("ratio", "low", "high")}


def standing(case: CaseFile):
    """Return the unit beside its peers, or None without a ratio."""
    from anomaly import plots

    table = standing_table(case)
    if table.empty:
        return None
    words = Wording(case.language, WORDS)
    told = words["clause"].join(
        words.say("profile_standing_row", name=row["name"], **_spelt(row))
        for row in table.to_dict("records")
    )
    row = case.who.iloc[0]
    name = printable(hidden(case, str(row["unit_name"] or row["unit_id"])))
    alt = words.say(
        "profile_standing_alt", name=name[:NAME], count=len(table), told=told
    )
    edge = plots.Margins(left=44 if case.language == "en" else 38, top=2, bottom=14)
    height = 20 + 6 * len(table)
    picture, axes = plots.canvas(WIDTH, height, 1, alt=alt, margins=edge)
    shown = {key: words[f"profile_{key}"] for key in ("range", "middle", "one", "unit")}
    shown["number"] = words["profile_axis"]
    plots.draw_standing(table, axes[0], words=shown)
    picture.share_legend(*axes)
    return picture


def course_of_unit(case: CaseFile):
    """Return the months of the foremost indicator, or None without any."""
    from anomaly import plots

    first = foremost(case)
    if first is None:
        return None
    said = case_words(case.language)
    share = first["kind"] in SHARES
    alt = said["history_alt"].format(name=first["name"])
    edge = plots.Margins(left=14, top=6, bottom=13)
    picture, axes = plots.canvas(WIDTH, 46, 1, alt=alt, margins=edge)
    plots.draw_history(
        plots.history_table(case.history, first["indicator"]),
        axes[0],
        words={
            "unit": said["history_unit"],
            "peers": said["history_peers"],
            "number": "{:,.10g}",
        },
        title=said["percent"].strip("（）() ") if share else "",
        scale=0.01 if share else 1.0,
    )
    picture.share_legend(*axes)
    return picture
