"""Sentences and numbers as a Chinese or an English reader writes them."""

import math
import tomllib
from datetime import date
from functools import lru_cache
from importlib.resources import files

from anomaly.errors import UsageError

LANGUAGES = ("zh", "en")
MONTH_NAMES = (
    "January February March April May June July August September October "
    "November December"
).split()
WAN, YI, MILLION = 10_000, 100_000_000, 1_000_000
# A number never parts from its unit at the end of a line.
NBSP, JOINER = "\u00a0", "\u2060"
WAN_YUAN, YI_YUAN = f"{NBSP}万{JOINER}元", f"{NBSP}亿{JOINER}元"
FLAT = 0.0005  # below half a tenth of a percent a change prints as 0.0


class Wording:
    """The wording of one language: `words['key']`, `words.say('key', name=...)`.

    ``own`` names further files beside wording.toml that a report brings along.
    """

    def __init__(self, language: str, *own: str) -> None:
        self.language = language
        self.entries = _entries(language)
        for name in own:
            self.entries = self.entries | _all_entries(name)[language]

    def __getitem__(self, key: str):
        return self.entries[key]

    def say(self, key: str, **fields) -> str:
        return self.entries[key].format(**fields)

    def month(self, month: date) -> str:
        name = MONTH_NAMES[month.month - 1]
        return self.say("month", year=month.year, month=month.month, month_name=name)

    def money(self, yuan: float, *, compact: bool = False) -> str:
        """Return an amount in the unit its reader expects: 元, 万元 or 亿元.

        English writes million, or m where `compact`.
        """
        if not _known(yuan):
            return "—"
        if self.language == "zh":
            return _money_zh(yuan)
        return _money_en(yuan, "m" if compact else "million")

    def count(self, number: float) -> str:
        """Return a count; Chinese counts from 100,000 on in 万."""
        if not _known(number):
            return "—"
        if self.language == "zh" and abs(number) >= 10 * WAN:
            return f"{_signed(number / WAN, 1)}{NBSP}万"
        return _signed(number, 0)

    def share(self, share: float) -> str:
        return f"{_signed(share * 100, 1)}%" if _known(share) else "—"

    def chance(self, number: float) -> str:
        """Return an expected number with as many digits as tell it from none."""
        if not _known(number):
            return "—"
        if number == 0:
            return "0"
        if number < 0.01:
            return "<0.01"
        return f"{number:.2f}" if number < 1 else f"{number:,.1f}"

    def change(self, now: float, before: float, *, style: str, points=False) -> str:
        """Return the change on last year; shares change by percentage points."""
        if not (_known(now) and _known(before)) or (before == 0 and not points):
            return self[f"{style}_none"]
        size = now - before if points else now / before - 1
        if abs(size) < FLAT:
            return self[f"{style}_flat"]
        amount = self.say(
            "points" if points else "percent", size=f"{abs(size) * 100:,.1f}"
        )
        return self.say(f"{style}_{'up' if size > 0 else 'down'}", size=amount)


@lru_cache
def _all_entries(name: str = "wording.toml") -> dict:
    text = files("anomaly.briefs").joinpath(name).read_text("utf-8")
    return tomllib.loads(text)


def _entries(language: str) -> dict:
    if language not in LANGUAGES:
        raise UsageError(f"language: found '{language}'", expected="zh or en")
    return _all_entries()[language]


def _known(number) -> bool:
    return number is not None and math.isfinite(number)


def _signed(number: float, digits: int) -> str:
    """Return a number with separators and a true minus sign, never '-0'."""
    text = f"{abs(number):,.{digits}f}"
    negative = number < 0 and text.strip("0.,") != ""
    return f"−{text}" if negative else text


def _money_zh(yuan: float) -> str:
    size = abs(yuan)
    if size >= YI:
        return f"{_signed(yuan / YI, 2)}{YI_YUAN}"
    if size >= 1000 * WAN:
        return f"{_signed(yuan / WAN, 0)}{WAN_YUAN}"
    if size >= WAN:
        return f"{_signed(yuan / WAN, 1)}{WAN_YUAN}"
    return f"{_signed(yuan, 0)}{NBSP}元"


def _money_en(yuan: float, million: str) -> str:
    sign = "−" if yuan < 0 and round(yuan) else ""
    size = abs(yuan)
    if size >= MILLION:
        return f"{sign}CNY{NBSP}{size / MILLION:,.2f}{NBSP}{million}"
    return f"{sign}CNY{NBSP}{size:,.0f}"
