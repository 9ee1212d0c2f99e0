"""Checks and casts of incoming rows, as SQL expressions that the store runs.

A row is read twice over: quickly, as it comes, where every cell is plainly what
its column asks (`doubt` says where not); and carefully, cell by cell as text,
where `value` and `repairs` say what a cell means and `reason` why a row must
wait outside. What the quick reading takes, the careful one would take alike.
Codes, severities and sentences stand in checks.toml beside this module.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from anomaly.policy.read import policy
from anomaly.sources.dictionaries import of_column
from anomaly.tables import Column, Table

_TRUE = "'1', 'true', 't', 'y', 'yes', '是'"
_FALSE = "'0', 'false', 'f', 'n', 'no', '否'"
_DAY_FORMATS = "['%Y%m%d', '%Y/%m/%d', '%Y-%m-%d']"
_TIME_FORMATS = (
    "['%Y-%m-%d %H:%M:%S', '%Y/%m/%d %H:%M:%S', '%Y/%m/%d %H:%M', '%Y%m%d%H%M%S',"
    " '%Y%m%d', '%Y/%m/%d']"
)
# Blanks that exports put around cells: also those of other scripts and programs.
BLANKS = " \t\r\v\f\x1a\u00a0\u2003\u3000\u200b\ufeff"
_FULL = "".join(chr(c) for c in range(0xFF01, 0xFF5F))
_PLAIN = "".join(chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)).replace("'", "''")
_SEPARATED = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"
_ZERO_DATE = r"^0{1,4}([-/.]?0{1,2}){0,2}([ T]?0{1,2}(:?0{2}){1,2}(\.0+)?)?$"
_BEIJING = r"(:\d\d(?:\.\d+)?) ?\+08(?::?00)?$"
_ZONE = r":\d\d(\.\d+)? ?([Zz]|[+-]\d\d(:?\d\d)?)$"
_DIGITS_LOST = r"^[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,2}$"
_NUMERIC = ("money", "price", "quantity", "number")
_DATES = ("date", "timestamp")


@dataclass(frozen=True)
class Check:
    """One thing looked for: its severity, and its sentence in two languages."""

    code: str
    severity: str
    zh: str
    en: str


@cache
def all_checks() -> dict[str, Check]:
    """Return every check by code."""
    text = files("anomaly.sources").joinpath("checks.toml").read_text("utf-8")
    return {code: Check(code, **cells) for code, cells in tomllib.loads(text).items()}


def cleaned(raw: str) -> str:
    """Return SQL for a cell without outer blanks; an empty cell is null."""
    return f"nullif(trim({raw}, '{BLANKS}'), '')"


def _text(column: Column, raw: str) -> str:
    """Return SQL for a cleaned cell, full-width forms made plain but in names."""
    text = cleaned(raw)
    return text if column.is_free_text else f"translate({text}, '{_FULL}', '{_PLAIN}')"


def value(column: Column, raw: str) -> str:
    """Return SQL that turns a raw cell into the column's type, or null."""
    text = _text(column, raw)
    match column.type:
        case "text":
            return normalised(column, text)
        case "date":
            return (
                f"coalesce(try_cast({text} AS DATE),"
                f" CAST(try_strptime({text}, {_DAY_FORMATS}) AS DATE))"
            )
        case "timestamp":
            # By Beijing's clock, as all else is; by another's it means another time.
            own = f"regexp_replace({text}, '{_BEIJING}', '\\1')"
            return (
                f"CASE WHEN regexp_matches({own}, '{_ZONE}') THEN NULL"
                f" ELSE coalesce(try_cast({own} AS TIMESTAMP),"
                f" try_strptime({own}, {_TIME_FORMATS})) END"
            )
        case "flag":
            return (
                f"CASE WHEN lower({text}) IN ({_TRUE}) THEN true"
                f" WHEN lower({text}) IN ({_FALSE}) THEN false END"
            )
        case _:
            # '1,234.5' has one meaning; '1,5' has two, and stays what it is.
            plain = (
                f"CASE WHEN regexp_matches({text}, '{_SEPARATED}')"
                f" THEN replace({text}, ',', '') ELSE {text} END"
            )
            return f"try_cast({plain} AS {column.sql_type})"


def normalised(column: Column, text: str) -> str:
    """Return SQL for a code as its dictionary writes it; other text as it is.

    Spreadsheets take leading zeros away and exports add them, so that the same
    code comes as '8' and '08'.
    """
    dictionary = of_column(column.name)
    match dictionary.normal if dictionary else "":
        case "no_leading_zero":
            return f"CASE WHEN {text} LIKE '0_' THEN substr({text}, 2) ELSE {text} END"
        case "two_digits":
            is_digit = f"length({text}) = 1 AND {text} BETWEEN '0' AND '9'"
            return f"CASE WHEN {is_digit} THEN '0' || {text} ELSE {text} END"
        case _:
            return text


def _is_zero_date(column: Column, raw: str) -> str:
    return f"coalesce(regexp_matches({_text(column, raw)}, '{_ZERO_DATE}'), false)"


def repairs(table: Table, raw: dict[str, str]) -> dict[str, str]:
    """Return code:column -> SQL that says whether a cell of a row was repaired."""
    found = {}
    for column in _given(table, raw):
        cell = raw[column.name]
        text = cleaned(cell)
        found[f"blanks:{column.name}"] = f"{text} <> {cell}"
        if not column.is_free_text:
            found[f"full_width:{column.name}"] = f"{_text(column, cell)} <> {text}"
        if column.type in _NUMERIC:
            found[f"separators:{column.name}"] = (
                f"regexp_matches({_text(column, cell)}, '{_SEPARATED}')"
            )
        if column.type in _DATES:
            found[f"zero_date:{column.name}"] = _is_zero_date(column, cell)
    return found


def is_header(cell: str, header: str) -> str:
    """Return SQL that says whether a key's cell is its own header.

    Exports put together from several repeat it.
    """
    return f"{cell} = '{header.replace(chr(39), chr(39) * 2)}'"


def reason(table: Table, raw: dict[str, str], repeated: str) -> str:
    """Return SQL for the first reason to quarantine a row, or null.

    ``raw`` maps a canonical column to the SQL of its raw cell; the value stands
    under the canonical name. ``repeated`` is SQL that says whether the row is
    the header again.
    """
    broken = " OR ".join(f"contains({cell}, chr(65533))" for cell in raw.values())
    whens = [f"WHEN {repeated} THEN 'header'", f"WHEN {broken} THEN 'encoding'"]
    for column in _given(table, raw):
        cell = raw[column.name]
        empty = f"{cleaned(cell)} IS NULL"
        if column.type in _DATES:
            empty = f"({empty} OR {_is_zero_date(column, cell)})"
        if column.required:
            whens.append(f"WHEN {empty} THEN 'missing:{column.name}'")
        if column.type != "text":
            wrong = f"{column.name} IS NULL AND NOT {empty}"
            whens.append(f"WHEN {wrong} THEN 'type:{column.name}'")
    for code, condition in _beyond(table, raw).items():
        whens.append(f"WHEN {condition} THEN '{code}'")
    return f"CASE {' '.join(whens)} END"


def doubt(table: Table, given: Iterable[str]) -> str:
    """Return SQL that says whether a row, read as it came, needs the careful look.

    ``given`` are the canonical columns that the source has; values stand under
    their names, text as it came. What bytes alone tell (blanks at the edge of a
    cell, lost characters, exponents) is the business of `LineWatch`.
    """
    given = set(given)
    beyond = _beyond(table, given).items()
    found = [sql for code, sql in beyond if not code.startswith("digits_lost")]
    for column in _given(table, given):
        name = column.name
        if column.required:
            found.append(f"{name} IS NULL")
        if column.type == "text" and not column.is_free_text:
            # Plain ASCII has as many bytes as characters.
            found.append(f"strlen({name}) <> length({name})")
    return " OR ".join(f"coalesce({one}, false)" for one in found)


def _beyond(table: Table, given: Iterable[str]) -> dict[str, str]:
    """Return reason -> SQL over typed values, of what is beyond belief."""
    limits = policy("load")["range"]
    found = {}
    for column in _given(table, given):
        name = column.name
        if column.is_id:
            lost = f"contains({name}, 'E+') OR contains({name}, 'e+')"
            found[f"digits_lost:{name}"] = (
                f"({lost}) AND regexp_matches({name}, '{_DIGITS_LOST}')"
            )
        elif column.type == "timestamp":
            found[f"range:{name}"] = (
                f"{name} < TIMESTAMP '{limits['event_from']}'"
                f" OR {name} >= TIMESTAMP '{limits['event_before']}'"
            )
        elif column.type == "date":
            found[f"range:{name}"] = f"{name} < DATE '{limits['date_from']}'"
            found[f"range:{name}"] += f" OR {name} > DATE '9999-12-31'"
        elif column.type in _NUMERIC:
            # Not 'beyond' but 'not within', so that NaN is caught.
            most = limits[column.type]
            found[f"range:{name}"] = f"NOT {name} BETWEEN -{most} AND {most}"
    for first, last in table.order:
        if {first, last} <= set(given):
            found[f"order:{last}"] = f"{last} < {first}"
    return found


def _given(table: Table, given: Iterable[str]) -> list[Column]:
    """The stored columns of a table that a source has."""
    names = set(given)
    return [column for column in table.stored if column.name in names]


def derived(rule: dict) -> str:
    """Return SQL for a column that groups the codes of another one."""
    codes = {key: value for key, value in rule.items() if isinstance(value, list)}
    whens = [
        f"WHEN {rule['from']} IN ({', '.join(repr(code) for code in members)})"
        f" THEN '{group}'"
        for group, members in codes.items()
    ]
    return f"CASE {' '.join(whens)} ELSE '{rule['default']}' END"
