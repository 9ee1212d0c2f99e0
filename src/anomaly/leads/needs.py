"""Which indicators and rules a store's data allow, and what each other one needs."""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from anomaly.features.builder import all_steps
from anomaly.features.indicator import UNITS, Indicator, indicators
from anomaly.rules.rule import rules
from anomaly.store.steps import Step
from anomaly.store.store import Store
from anomaly.tables import tables

Column = tuple[str, str]
COLUMNS = ["kind", "id", "name", "allowed", "missing"]


def needs(
    store: Store,
    language: str = "zh",
    own: Mapping[str, Indicator] | None = None,
) -> pd.DataFrame:
    """Return what each indicator and rule rests on that the exports lack.

    Columns: kind (indicator, rule), id, name, allowed, missing (a list such as
    '费用明细·医疗收费项目类别 (charge.fee_category)'). What has something missing
    is still computed, but may be lower than it is, or absent.
    """
    lacking = absent(store)
    rows = []
    for record in (indicators() | dict(own or {})).values():
        used = columns_of(record)
        rows.append(("indicator", record.id, getattr(record, language), used))
    for rule in rules().values():
        used = traced(_words(rule.step.sql), rule.step.needs)
        rows.append(("rule", rule.id, getattr(rule, language), used))
    return pd.DataFrame(
        [
            (*row, not used & lacking, [_named(one) for one in sorted(used & lacking)])
            for *row, used in rows
        ],
        columns=COLUMNS,
    )


def columns_of(record: Indicator) -> set[Column]:
    """Return the (table, column) that an indicator rests on, for all its units."""
    found = {tuple(text.split(".")) for text in record.rests_on}
    for unit in record.units:
        words = _words(f"{record.texts} {UNITS[unit]}")
        found |= traced(words, [record.step_of(unit)])
    return found


def absent(store: Store) -> set[Column]:
    """Return the (table, column) that no loaded file brought."""
    brought: dict[str, list[set[str]]] = {}
    for file in store.catalog.source_files():
        brought.setdefault(file.table_name, []).append(set(file.missing))
    return {
        (name, column.name)
        for name, table in tables().items()
        for column in table.stored
        if not column.derived
        and all(column.name in missing for missing in brought.get(name, []))
    }


def traced(words: Iterable[str], sources: Iterable[str]) -> set[Column]:
    """Return the table columns that words rest on, followed through the steps."""
    steps = all_steps()
    waiting = {(word, source) for word in words for source in sources}
    seen: set[tuple[str, str]] = set()
    found: set[Column] = set()
    while waiting:
        word, source = waiting.pop()
        seen.add((word, source))
        if source in tables():
            stored = {column.name for column in tables()[source].stored}
            found |= {(source, word)} & {(source, name) for name in stored}
        elif source in steps:
            waiting |= _inside(steps[source], word) - seen
    return found


def _inside(step: Step, word: str) -> set[tuple[str, str]]:
    """Return what a step's column is made of: (word, table or step it reads)."""
    known: set[str] = set()
    waiting = {word} & _words(step.sql)
    while waiting:
        one = waiting.pop()
        known.add(one)
        for expression in _expressions(step.sql, one):
            waiting |= _words(expression) - known
    return {(one, need) for one in known for need in step.needs}


def _expressions(sql: str, alias: str) -> list[str]:
    """Return the texts that stand before ``AS alias``, back to their comma."""
    ends = [match.start() for match in re.finditer(rf"\bAS {alias}\b", sql)]
    return [sql[_beginning(sql, end) : end] for end in ends]


def _beginning(sql: str, end: int) -> int:
    """Go back from an alias to the comma, bracket or SELECT that opens it."""
    depth = 0
    for at in range(end - 1, -1, -1):
        if sql[at] in ")(":
            depth += 1 if sql[at] == ")" else -1
        if depth < 0 or (depth == 0 and sql[at] == ","):
            return at + 1
        if depth == 0 and sql.startswith("SELECT", at):
            return at + len("SELECT")
    return 0


def _words(text: str) -> set[str]:
    """Return the names in a piece of SQL, its quoted texts left out."""
    return set(re.findall(r"[a-z_]\w*", re.sub(r"'[^']*'", "", text)))


def _named(column: Column) -> str:
    table = tables()[column[0]]
    return f"{table.zh}·{table.column(column[1]).zh} ({'.'.join(column)})"
