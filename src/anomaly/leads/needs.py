"""Which indicators and rules a store's data allow, and what each other one needs."""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from anomaly.features.builder import all_steps
from anomaly.features.growth import growths_of
from anomaly.features.indicator import UNITS, Indicator, indicators
from anomaly.periods import shift
from anomaly.policy.knowledge import FOLDER, knowledge, own_file
from anomaly.rules.hits import rule_steps
from anomaly.rules.rule import Rule, rules
from anomaly.sources.digests import KEY_VARIABLE
from anomaly.store.steps import Step
from anomaly.store.store import Store
from anomaly.tables import tables

Column = tuple[str, str]
# Columns that stand in for each other: one of them is enough.
EITHER = (
    {("visit", "attending_doctor_id"), ("charge", "doctor_id")},
    {
        ("institution", "district"),
        ("pharmacy", "district"),
        ("settlement", "institution_district"),
    },
    {
        ("institution", "level"),
        ("institution", "hospital_level"),
        ("settlement", "hospital_level"),
    },
    {("doctor", "department"), ("visit", "admit_dept"), ("visit", "discharge_dept")},
    {("charge", "catalog_item_name"), ("charge", "local_item_name")},
    # Medical aid only lifts hits; where it is not told, what the funds pay stands.
    {("settlement", "pay_aid"), ("settlement", "fund_pay")},
    {("settlement", "age"), ("settlement", "birth_date")},
    {("settlement", "agency_id"), ("review", "agency_id")},
    {("visit", "stay_days"), ("visit", "discharged_at")},
)
# Ids that every table has; a step joins on them whatever an indicator asks.
JOINED = {"settlement_id", "visit_id", "insured_id", "institution_id"}
NO_EARLIER = {
    "zh": "早 {back} 个月的结算 (settlement)",
    "en": "settlements of {back} months before (settlement)",
}
ONLY_EXAMPLES = {
    "zh": "知识库·{name} ({file}：只有随附的虚构示例)",
    "en": "knowledge: {name} ({file}: only the invented examples shipped)",
}
NO_KEY = {
    "zh": "；只以密钥摘要保存，装载时须设 {variable}",
    "en": "; kept as a keyed digest: set {variable} and load its file",
}
COLUMNS = ["kind", "id", "name", "allowed", "missing"]


def needs(
    store: Store,
    language: str = "zh",
    own: Mapping[str, Indicator] | None = None,
) -> pd.DataFrame:
    """Return what each indicator, its growth and each rule rests on that is lacking.

    Columns: kind (indicator, growth, rule), id, name, allowed, missing (a list such
    as '费用明细·医疗收费项目类别 (charge.fee_category)'). What has something missing
    is still computed, but may be lower than it is, or absent.
    """
    rows = [
        (kind, name, text, [_named(one, store, language) for one in sorted(gone)])
        for kind, name, text, gone in _lacked(store, language, own or {})
    ]
    rows += _growths(store, language, own or {}, {row[1]: row[3] for row in rows})
    # A rule runs on examples too; that they are no more is said beside it.
    examples = {
        name: _examples(rule, store, language) for name, rule in rules().items()
    }
    return pd.DataFrame(
        [
            (kind, name, text, not gone, [*gone, *examples.get(name, [])])
            for kind, name, text, gone in rows
        ],
        columns=COLUMNS,
    )


def _growths(
    store: Store, language: str, own: Mapping[str, Indicator], gone: dict[str, list]
) -> list[tuple[str, str, str, list[str]]]:
    """Return growth with what its indicator lacks, and months to measure it against."""
    months = store.months()
    rows = []
    for record in (indicators() | dict(own)).values():
        for one in growths_of(record):
            paired = any(shift(month, one.back) in months for month in months)
            earlier = [] if paired else [NO_EARLIER[language].format(back=-one.back)]
            lacks = [*gone[record.id], *earlier]
            rows.append(("growth", one.id, getattr(one, language), lacks))
    return rows


def _examples(rule: Rule, store: Store, language: str) -> list[str]:
    """Return the tables of knowledge of which a rule has only the shipped examples."""
    return [
        ONLY_EXAMPLES[language].format(
            name=getattr(knowledge()[name], language), file=f"{FOLDER}/{name}.csv"
        )
        for name in rule.knowledge
        if own_file(name, store.root) is None
    ]


def waiting_for_key() -> list[str]:
    """Return the rules that ask a column which is kept as a keyed digest only."""
    digests = {(t.name, column) for t in tables().values() for column in t.digests}
    return [
        rule.id
        for rule in rules().values()
        if traced(_words(rule.step.sql), rule.step.needs) & digests
    ]


def affected(store: Store, language: str = "zh") -> dict[Column, list[str]]:
    """Return the names of indicators and rules that each lacking column touches."""
    found: dict[Column, list[str]] = {}
    for _, _, name, gone in _lacked(store, language, {}):
        for column in gone:
            found.setdefault(column, []).append(name)
    return found


def _lacked(
    store: Store, language: str, own: Mapping[str, Indicator]
) -> list[tuple[str, str, str, set[Column]]]:
    """Return kind, id, name and lacking columns of every indicator and rule."""
    lacking = absent(store)
    rows = []
    for record in (indicators() | dict(own)).values():
        gone = missing(columns_of(record), lacking)
        rows.append(("indicator", record.id, getattr(record, language), gone))
    for rule in rules().values():
        used = traced(_words(rule.step.sql), rule.step.needs)
        rows.append(("rule", rule.id, getattr(rule, language), missing(used, lacking)))
    return rows


def missing(used: set[Column], lacking: set[Column]) -> set[Column]:
    """Return the columns used that are lacking and that no other stands in for.

    Only what is used as well stands in: a stay's length is known without the day it
    ended, the days until the next one are not.
    """
    spared = {one for group in EITHER if (group & used) - lacking for one in group}
    return (used & lacking) - spared


def columns_of(record: Indicator) -> set[Column]:
    """Return the (table, column) that an indicator rests on, for all its units."""
    found = {tuple(text.split(".")) for text in record.rests_on}
    for unit in record.units:
        words = _words(f"{record.texts} {UNITS[unit]}") - JOINED
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
    steps = all_steps() | rule_steps()
    waiting = {(word, source) for word in words for source in sources}
    seen: set[tuple[str, str]] = set()
    found: set[Column] = set()
    while waiting:
        word, source = waiting.pop()
        seen.add((word, source))
        if source in tables():
            stored = {column.name for column in tables()[source].stored}
            found |= {(source, word)} & {(source, name) for name in stored - JOINED}
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


def _named(column: Column, store: Store, language: str) -> str:
    table = tables()[column[0]]
    note = key_note(column, store, language)
    return f"{table.zh}·{table.column(column[1]).zh} ({'.'.join(column)}{note})"


def key_note(column: Column, store: Store, language: str) -> str:
    """Return what a column that is kept as digests waits for, '' where for nothing."""
    if column[1] not in tables()[column[0]].digests or store.catalog.key_mark():
        return ""
    return NO_KEY[language].format(variable=KEY_VARIABLE)
