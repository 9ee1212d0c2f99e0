"""Columns by name: what a frame's headings are called in Chinese and in English."""

import math
import tomllib
from functools import cache, partial
from importlib.resources import files

import pandas as pd

from anomaly.errors import UsageError
from anomaly.features.frames import check_headers
from anomaly.leads.case_words import COUNTS, words
from anomaly.leads.reasons import group_in_words

FRAMES = (
    "leads",
    "evidence",
    "hits",
    "features",
    "cases",
    "visits",
    "companions",
    "contributions",
    "tiers",
    "repairs",
    "coverage",
    "accounts",
    "rules",
    "recovery",
    "samples",
    "points",
)


GROUPS = ("peer_group", "group")
# A column that only this kind of frame has.
TELLS = {
    "risk": "leads",
    "listable": "evidence",
    "exclusion": "hits",
    "spread": "features",
    "suspected": "cases",
    "admitted_at": "visits",
    "companion_id": "companions",
    "adds": "contributions",
    "tested": "tiers",
    "artefact": "repairs",
    "consequence": "coverage",
    "quarantined": "accounts",
    "must_not_catch": "rules",
    "probability": "recovery",
    "sample_id": "samples",
    "entries": "points",
}


def kind_of(frame: pd.DataFrame) -> str:
    """Return which of `FRAMES` a frame is, '' where its columns do not tell.

    >>> kind_of(pd.DataFrame({"companion_id": []}))
    'companions'
    """
    return next((kind for name, kind in TELLS.items() if name in frame), "")


@cache
def headings(of: str, language: str) -> dict[str, str]:
    """Return column -> heading of a kind of frame (`FRAMES`), 'zh' or 'en'.

    UsageError for another frame or language.

    >>> headings("leads", "zh")["unit_name"]
    '名称'
    >>> headings("leads", "en")["excess_amount"]
    'Excess (CNY a month)'
    """
    if of not in FRAMES:
        raise UsageError(f"frame '{of}'", expected=f"one of {', '.join(FRAMES)}")
    check_headers(language)
    return words(language)["columns"] | _said(language)[of]


@cache
def _said(language: str) -> dict[str, dict[str, str]]:
    text = files("anomaly.leads").joinpath("headings.toml").read_text("utf-8")
    return tomllib.loads(text)[language]


def headed(frame: pd.DataFrame, of: str, headers: str = "id") -> pd.DataFrame:
    """Return a frame with its columns headed by id, or by name in 'zh' or 'en'.

    Only headings change, cells stay. A column that has no name keeps its id.
    UsageError for other headers.

    >>> frame = pd.DataFrame({"unit_id": ["D1"], "own": [1]})
    >>> list(headed(frame, "leads", "zh"))
    ['编码', 'own']
    """
    check_headers(headers)
    if headers == "id":
        return frame
    return frame.rename(columns=headings(of, headers))


def spelt(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return a frame whose coded cells are words: tier, trend, kinds, peer groups.

    Yes and no too; counts are whole numbers.

    >>> spelt(pd.DataFrame({"tier": ["red", ""]}), "zh")["tier"].tolist()
    ['红色', '']
    """
    told = frame.copy()
    for name in frame:
        told[name] = _spelt(frame[name], language)
    return told


def _spelt(column: pd.Series, language: str) -> pd.Series:
    known, flags = words(language)["values"], _said(language)["flags"]
    if column.name in known:
        named = known[column.name]
        return column.map(lambda cell: named.get(cell, cell))
    if column.name in GROUPS:
        group = partial(group_in_words, language=language)
        return column.map(lambda cell: group(cell) if isinstance(cell, str) else "")
    if column.name in COUNTS:
        return _whole(column)
    if pd.api.types.is_bool_dtype(column):
        return column.astype(object).map({True: flags["yes"], False: flags["no"]})
    return column


def _whole(column: pd.Series) -> pd.Series:
    """Return counts as whole numbers; what is no number stays."""
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(float).round().astype("Int64")
    return column.map(lambda cell: round(cell) if _is_number(cell) else cell)


def _is_number(cell: object) -> bool:
    return isinstance(cell, float) and math.isfinite(cell)
