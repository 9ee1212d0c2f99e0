"""The words of this room."""

import tomllib
from functools import cache
from importlib.resources import files

from anomaly.errors import UsageError


@cache
def words(of: str, language: str) -> dict:
    """Return the words of a thing (table, note, funnel, card) in 'zh' or 'en'.

    UsageError for another language.

    >>> words("table", "en")["search"]
    'Search:'
    """
    text = files("anomaly.desk").joinpath("words.toml").read_text("utf-8")
    known = tomllib.loads(text)
    if language not in known:
        raise UsageError(f"language '{language}'", expected=" or ".join(known))
    return known[language][of]
