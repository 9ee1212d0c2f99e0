"""Checks and casts of incoming rows, as SQL expressions that the store runs.

Each check that fails gives the row a reason: ``code:column``.
"""

from anomaly.sources.dictionaries import of_column
from anomaly.tables import Column, Table

_TRUE = "'1', 'true', 't', 'y', 'yes', '是'"
_FALSE = "'0', 'false', 'f', 'n', 'no', '否'"
_DAY_FORMATS = "['%Y%m%d', '%Y/%m/%d', '%Y-%m-%d']"
_TIME_FORMATS = (
    "['%Y-%m-%d %H:%M:%S', '%Y/%m/%d %H:%M:%S', '%Y/%m/%d %H:%M', '%Y%m%d%H%M%S',"
    " '%Y%m%d', '%Y/%m/%d']"
)
# What lies outside is a slip, and no month that a store could be asked for.
YEARS = "1900 AND 2199"


def cleaned(raw: str) -> str:
    """Return SQL for a cell without outer blanks; an empty cell is null."""
    return f"nullif(trim({raw}), '')"


def cast(column: Column, raw: str) -> str:
    """Return SQL that turns cleaned text into the column's type, or null."""
    text = cleaned(raw)
    match column.type:
        case "text":
            return normalised(column, text)
        case "date":
            return (
                f"coalesce(try_cast({text} AS DATE),"
                f" CAST(try_strptime({text}, {_DAY_FORMATS}) AS DATE))"
            )
        case "timestamp":
            return (
                f"coalesce(try_cast({text} AS TIMESTAMP),"
                f" try_strptime({text}, {_TIME_FORMATS}))"
            )
        case "flag":
            return (
                f"CASE WHEN lower({text}) IN ({_TRUE}) THEN true"
                f" WHEN lower({text}) IN ({_FALSE}) THEN false END"
            )
        case _:
            return f"try_cast(replace({text}, ',', '') AS {column.sql_type})"


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


def reason(table: Table, raw: dict[str, str]) -> str:
    """Return SQL for the first reason to quarantine a row, or null.

    ``raw`` maps a canonical column to the SQL of its raw cell; the cast value
    stands under the canonical name.
    """
    broken = " OR ".join(f"contains({cell}, chr(65533))" for cell in raw.values())
    whens = [f"WHEN {broken} THEN 'encoding'"]
    for column in table.columns:
        if column.name not in raw or column.drop:
            continue
        if column.required:
            whens.append(
                f"WHEN {cleaned(raw[column.name])} IS NULL THEN 'missing:{column.name}'"
            )
        if column.type != "text":
            whens.append(
                f"WHEN {column.name} IS NULL AND {cleaned(raw[column.name])}"
                f" IS NOT NULL THEN 'type:{column.name}'"
            )
        if column.name == table.month:
            whens.append(
                f"WHEN year({column.name}) NOT BETWEEN {YEARS} OR"
                f" NOT isfinite({column.name}) THEN 'range:{column.name}'"
            )
    return f"CASE {' '.join(whens)} END"


def derived(rule: dict) -> str:
    """Return SQL for a column that groups the codes of another one."""
    codes = {key: value for key, value in rule.items() if isinstance(value, list)}
    whens = [
        f"WHEN {rule['from']} IN ({', '.join(repr(code) for code in members)})"
        f" THEN '{group}'"
        for group, members in codes.items()
    ]
    return f"CASE {' '.join(whens)} ELSE '{rule['default']}' END"
