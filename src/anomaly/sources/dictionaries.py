"""The platform's codes and what they mean, as frozen records.

The records stand in dictionaries.toml beside this module.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from anomaly.errors import PolicyError

MARKS = ("local", "unverified")
# How a code is written before it is looked up or stored.
NORMAL_FORMS = ("", "no_leading_zero", "two_digits")


@dataclass(frozen=True)
class Code:
    """One code: its names, its canonical group ('' for none), and its marks."""

    code: str
    zh: str
    en: str = ""
    group: str = ""
    is_local: bool = False
    is_unverified: bool = False


@dataclass(frozen=True)
class Dictionary:
    """The codes of one or several columns."""

    name: str
    zh: str
    columns: tuple[str, ...]
    codes: Mapping[str, Code]
    normal: str = ""

    def normalised(self, code: str) -> str:
        """Return a code as the dictionary writes it: '08' as '8', or '9' as '09'."""
        short = len(code) == 2 and code.startswith("0")
        if self.normal == "no_leading_zero" and short:
            return code[1:]
        if self.normal == "two_digits" and len(code) == 1 and code.isdigit():
            return f"0{code}"
        return code

    def find(self, code: str) -> Code | None:
        """Return the record of a code in any of its spellings, or None."""
        return self.codes.get(self.normalised(code))

    @property
    def groups(self) -> dict[str, list[str]]:
        """The codes of each canonical group, in the order they are listed."""
        found: dict[str, list[str]] = {}
        for code in self.codes.values():
            if code.group:
                found.setdefault(code.group, []).append(code.code)
        return found

    def extended(self, codes: Mapping[str, str], where: str) -> "Dictionary":
        """Return it with codes added or replaced; PolicyError on a bad one."""
        own = {code: read_code(code, text, where) for code, text in codes.items()}
        return replace(self, codes=MappingProxyType({**self.codes, **own}))


def refuse_odd(word: str, where: str) -> None:
    """Raise PolicyError for a code or group of other than letters and digits.

    Codes and groups enter SQL.
    """
    if not re.fullmatch(r"[\w.-]+", str(word)):
        raise PolicyError(
            f"{where}: {word!r} is no code or group", expected="letters and digits"
        )


def read_code(code: str, text: str, where: str) -> Code:
    """Parse 'zh | en | group | marks'; PolicyError where it is not that."""
    if not isinstance(text, str):
        raise PolicyError(
            f"{where}: code '{code}' is {text!r}",
            expected="text such as '普通门诊 | Outpatient | outpatient | local'",
        )
    parts = [part.strip() for part in text.split("|")]
    zh, en, group = [*parts, "", ""][:3]
    marks = parts[3:]
    refuse_odd(code, where)
    refuse_odd(group or "none", where)
    unknown = sorted(set(marks) - set(MARKS))
    if unknown:
        raise PolicyError(
            f"{where}: code '{code}' has the mark '{unknown[0]}'",
            expected=f"one of {', '.join(MARKS)}",
        )
    return Code(code, zh, en, group, "local" in marks, "unverified" in marks)


def _dictionary(name: str, record: dict) -> Dictionary:
    return Dictionary(
        name=name,
        zh=record["zh"],
        columns=tuple(record["columns"]),
        codes=MappingProxyType(
            {
                code: read_code(code, text, f"dictionary {name}")
                for code, text in record["codes"].items()
            }
        ),
        normal=record.get("normal", ""),
    )


@cache
def shipped_text() -> str:
    """Return the text of the shipped dictionaries."""
    path = files("anomaly.sources").joinpath("dictionaries.toml")
    return path.read_text(encoding="utf-8")


@cache
def dictionaries() -> Mapping[str, Dictionary]:
    """Return every shipped dictionary by name."""
    records = tomllib.loads(shipped_text())
    return MappingProxyType(
        {name: _dictionary(name, record) for name, record in records.items()}
    )


@cache
def of_column(column: str) -> Dictionary | None:
    """Return the dictionary whose codes a canonical column holds, or None."""
    found = (one for one in dictionaries().values() if column in one.columns)
    return next(found, None)
