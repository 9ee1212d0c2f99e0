"""Why a unit is on the list, in words and numbers."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import pandas as pd

from anomaly.features.indicator import indicators
from anomaly.leads.foremost import ID as FOREMOST
from anomaly.leads.scoring import CHANGE

# A reason is given for what stands out this much, and for the foremost anyway.
NOTABLE_P = 0.05
AT_MOST = 3


@cache
def wording() -> dict:
    text = files("anomaly.leads").joinpath("reasons.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def percent(value: float) -> str:
    return f"{value * 100:.1f}%"


def group_in_words(group: str, language: str) -> str:
    """Return a peer group such as '内科|2' as words: 内科·二级."""
    words = wording()
    if group == "all":
        return words[language]["all"]
    levels = words["levels"][language]
    return "·".join(levels.get(part, part) for part in group.split("|"))


def sentence(row: pd.Series, unit_kind: str, language: str) -> str:
    """Return one indicator's reason; row is a row of the evidence."""
    words = wording()
    change = row["kind"].startswith("growth_")
    cells = {
        "name": name_of(row["indicator"].removesuffix(CHANGE), language),
        "item": row["item"],
        "group": group_in_words(row["group"], language),
        "peers": int(row["peers"]),
        "counter": words["counters"][language][unit_kind]
        + (words[language]["few"] if row["few"] else ""),
    }
    if change:
        share = row["kind"] == "growth_share"
        text = words[language]["change_share" if share else "change"]
        return text.format(
            **cells,
            value=f"{row['value'] * 100:+.{int(share)}f}",
            expected=f"{row['expected'] * 100:+.{int(share)}f}",
        )
    kind = row["kind"]
    return words[language][kind].format(**cells, **_numbers(row, kind))


def name_of(indicator: str, language: str) -> str:
    """Return what a test is called: an indicator, its change, the foremost drug."""
    words = wording()[language]
    if indicator == FOREMOST:
        return words["foremost_name"]
    name = getattr(indicators()[indicator.removesuffix(CHANGE)], language)
    return name + words["change_name"] if indicator.endswith(CHANGE) else name


def _numbers(row: pd.Series, kind: str) -> dict[str, str]:
    value, expected = row["value"], row["expected"]
    if kind in ("share_of_money", "share_of_count", "foremost"):
        return {
            "value": percent(value),
            "expected": percent(expected),
            "points": f"{(value - expected) * 100:.1f}",
        }
    places = 0 if kind == "count" else 2
    return {
        "value": f"{value:,.{places}f}",
        "expected": f"{expected:,.{places}f}",
        "ratio": f"{value / expected:.1f}",
    }


def reasons(
    evidence: pd.DataFrame,
    hits: pd.DataFrame,
    unit_kind: str,
    language: str,
    months: int,
) -> pd.Series:
    """Return each unit's reasons as one text on unit_id; see `each_reason`."""
    told = each_reason(evidence, hits, unit_kind, language, months)
    joiner = wording()[language]["joiner"]
    return pd.Series({unit: joiner.join(all_) for unit, all_ in told.items()})


def each_reason(
    evidence: pd.DataFrame,
    hits: pd.DataFrame,
    unit_kind: str,
    language: str,
    months: int,
) -> dict[str, list[str]]:
    """Return each unit's reasons, one text each, by unit_id.

    Parameters
    ----------
    evidence : DataFrame
        As `score` gives it; the up to three smallest p below .05 are told, or
        the smallest one where there is none.
    hits : DataFrame
        unit_id, rule, name, hits, amount: what the rules caught and no
        exclusion lifts.
    months : int
        How many months the evidence pools.
    """
    words = wording()[language]
    told: dict[str, list[str]] = {}
    for row in hits.itertuples():
        text = words["hits"].format(
            rule=f"{row.rule} {row.name}", hits=row.hits, amount=f"{row.amount:,.2f}"
        )
        text += _decided(row._asdict(), words)
        told.setdefault(row.unit_id, []).append(text)
    known = evidence.dropna(subset=["p"]).sort_values(["unit_id", "p", "indicator"])
    known = known[known.groupby("unit_id").cumcount() < AT_MOST]
    first = ~known["unit_id"].duplicated()
    window = words["window"].format(months=months)
    for place, row in known[(known["p"] < NOTABLE_P) | first].iterrows():
        mine = told.setdefault(row["unit_id"], [])
        if row["p"] < NOTABLE_P or not mine:
            head = window if first[place] else ""
            mine.append(
                head + sentence(row, unit_kind, language) + _decided(row, words)
            )
    return told


def _decided(row: Mapping, words: dict) -> str:
    """Return what was decided of others on the same grounds, '' where nothing was."""
    if not row.get("decided", 0):
        return ""
    return words["decided"].format(decided=row["decided"], confirmed=row["confirmed"])
