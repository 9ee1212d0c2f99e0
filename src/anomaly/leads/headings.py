"""Columns by name: what a frame's headings are called in Chinese and in English."""

import tomllib
from functools import cache
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
}


def kind_of(frame: pd.DataFrame) -> str:
    """Return which of `FRAMES` a frame is, 'leads' where its columns do not tell.

    >>> kind_of(pd.DataFrame({"companion_id": []}))
    'companions'
    """
    return next((kind for name, kind in TELLS.items() if name in frame), "leads")


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
    text = files("anomaly.leads").joinpath("headings.toml").read_text("utf-8")
    return words(language)["columns"] | tomllib.loads(text)[language][of]


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
    """Return a frame whose coded cells (tier, trend, kinds, peer groups) are words.

    Counts are whole numbers.

    >>> spelt(pd.DataFrame({"tier": ["red", ""]}), "zh")["tier"].tolist()
    ['红色', '']
    """
    known = words(language)["values"]
    cells = {
        name: [said.get(cell, cell) for cell in frame[name]]
        for name, said in known.items()
        if name in frame
    }
    for name in set(GROUPS) & set(frame):
        cells[name] = [
            group_in_words(cell, language) if isinstance(cell, str) else ""
            for cell in frame[name]
        ]
    for name in set(COUNTS) & set(frame):
        cells[name] = frame[name].astype(float).round().astype("Int64")
    return frame.assign(**cells)
