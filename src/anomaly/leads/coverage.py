"""What the data at hand allow: districts, accounts, and what is missing."""

import re
from functools import cache, lru_cache

import pandas as pd

from anomaly.errors import UsageError
from anomaly.leads.needs import EITHER, JOINED, affected, key_note
from anomaly.policy.read import policy
from anomaly.rules.hits import every_step
from anomaly.store.account import Account
from anomaly.store.store import Store
from anomaly.tables import tables

# What an absent table means, for the reader of a brief: (zh, en).
CONSEQUENCES = {
    "diagnosis": ("无法按诊断细分", "no break-down by diagnosis"),
    "institution": (
        "机构名称、等级、区县以结算记载为准，同类组较粗",
        "names, levels and districts come from settlements; peer groups are coarser",
    ),
    "doctor": (
        "无法识别不在册的医师编码；科室取就诊最多者",
        "ids that no master knows go unseen; departments come from visits",
    ),
    "pharmacy": ("药店不分连锁与单体", "pharmacies are not told chain from single"),
    "district": ("区县以代码显示", "districts show by code"),
    "finding": ("线索不带违规记录标记", "leads carry no mark for prior findings"),
    "tip": ("线索不带举报标记", "leads carry no mark for tips"),
}

# A district's code names files and folders: nothing but letters and digits.
DISTRICT_CODE = "^[0-9A-Za-z]+$"
USED = (
    "用到它的指标或规则可能偏少或缺失",
    "indicators or rules that use it may be lower or absent",
)
NO_DISTRICT = ("不在任何区县的简报中", "in no district's brief")
OTHER_CLASS = (
    "代码未知，不计入门诊、住院或购药",
    "an unknown code: counted neither as outpatient, stay nor purchase",
)
# So many indicators are named behind what is missing.
NAMED = 6
UNUSED = ("现有指标和规则未用到", "no present indicator or rule uses it")


def districts(store: Store) -> pd.DataFrame:
    """Return districts with medical institutions: district, name, institutions."""
    return _districts(store, store.fingerprint()).copy()


@lru_cache(maxsize=4)
def _districts(store: Store, fingerprint: str) -> pd.DataFrame:
    """Ask once for each state of a store: every look at a district asks for them."""
    for table in ("institution", "settlement", "district"):
        store.show(table)
    return store.engine.frame(
        "SELECT i.district, coalesce(max(d.district_name), i.district) AS name,"
        " count(*) AS institutions FROM ("
        " SELECT institution_id, district FROM institution WHERE district IS NOT NULL"
        " UNION SELECT institution_id, institution_district FROM settlement"
        " WHERE institution_district IS NOT NULL"
        " AND institution_id NOT IN (SELECT institution_id FROM institution)"
        ") i LEFT JOIN district d ON i.district = d.district"
        f" WHERE regexp_matches(i.district, '{DISTRICT_CODE}')"
        " GROUP BY i.district ORDER BY i.district"
    )


def check_district(store: Store, district: str) -> None:
    """Raise UsageError for a district in which the store knows no institution."""
    known = districts(store)["district"].tolist()
    if district not in known:
        raise UsageError(
            f"district '{district}': no institution there",
            expected=f"one of {', '.join(known)}",
        )


def check_ranked(unit: str) -> None:
    """Raise UsageError for a kind of unit that is not ranked against peers."""
    ranked = policy("peers")["chains"]
    if unit not in ranked:
        raise UsageError(
            f"unit '{unit}' is not ranked", expected=f"one of {', '.join(ranked)}"
        )


def accounts(store: Store) -> pd.DataFrame:
    """Return the account of every loaded table, in loading order."""
    totals: dict[str, Account] = {}
    for file in store.catalog.source_files():
        account = Account.from_json(file.account)
        totals[file.table_name] = totals.get(file.table_name, Account()) + account
    rows = [
        {"table": name, "zh": table.zh} | vars(totals[name])
        for name, table in tables().items()
        if name in totals
    ]
    return pd.DataFrame(rows)


def gaps(store: Store, language: str = "zh") -> pd.DataFrame:
    """Return what the exports lack: kind, what, consequence.

    Kind is table, column, value (an unknown code, a missing district), or
    unused: a column that nothing reads at present.
    """
    position = 0 if language == "zh" else 1
    lost = affected(store, language)
    rows = []
    for name, table in tables().items():
        if not store.has(name):
            consequence = CONSEQUENCES.get(name, ("", ""))[position]
            names = {
                one for column in lost if column[0] == name for one in lost[column]
            }
            told = [consequence] if consequence else []
            told += [_lost(names, position)] if names else []
            rows.append(("table", f"{table.zh} ({name})", "；".join(told)))
    for file in store.catalog.source_files():
        table = tables()[file.table_name]
        for column in file.missing:
            key = (table.name, column)
            note = key_note(key, store, language)
            what = f"{table.zh}·{table.column(column).zh} ({column}{note})"
            kind = "column" if key in lost or _is_used(key) else "unused"
            if key in lost:
                consequence = _lost(set(lost[key]), position)
            else:
                consequence = (USED if kind == "column" else UNUSED)[position]
            rows.append((kind, what, consequence))
    rows += _oddities(store, position)
    order = ("table", "column", "value", "unused")
    rows.sort(key=lambda row: order.index(row[0]))
    return pd.DataFrame(rows, columns=["kind", "what", "consequence"])


def _lost(names: set[str], position: int) -> str:
    """Return which indicators and rules may be lower or absent, the first by name."""
    first = sorted(names)[:NAMED]
    rest = len(names) - len(first)
    if position == 0:
        return (
            "可能偏少或缺失："
            + "、".join(first)
            + (f" 等 {len(names)} 项" * (rest > 0))
        )
    return (
        "may be lower or absent: " + ", ".join(first) + f" and {rest} more" * (rest > 0)
    )


def _is_used(column: tuple[str, str]) -> bool:
    """Tell whether a step reads a column that nothing else stands in for."""
    replaced = column[1] in JOINED or any(column in group for group in EITHER)
    return column in _used_columns() and not replaced


def _oddities(store: Store, position: int) -> list[tuple[str, str, str]]:
    """Return values that leave rows out of comparisons, with their number."""
    for table in ("institution", "settlement"):
        store.show(table)
    homeless = store.scalar(
        "SELECT count(DISTINCT institution_id) FROM settlement s"
        " LEFT JOIN institution i USING (institution_id) WHERE NOT coalesce("
        "regexp_matches(coalesce(i.district, s.institution_district),"
        f" '{DISTRICT_CODE}'), false)"
    )
    unknown = store.engine.frame(
        "SELECT visit_type, count(*) AS n FROM settlement"
        " WHERE visit_class = 'other' GROUP BY visit_type ORDER BY n DESC"
    )
    rows = []
    if homeless:
        what = (
            f"{homeless} 家机构没有区县代码",
            f"{homeless} institutions, no district",
        )
        rows.append(("value", what[position], NO_DISTRICT[position]))
    for code, count in unknown.itertuples(index=False):
        what = (
            f"医疗类别 {code}（{count} 笔）",
            f"visit type {code} ({count} settlements)",
        )
        rows.append(("value", what[position], OTHER_CLASS[position]))
    return rows


@cache
def _used_columns() -> frozenset[tuple[str, str]]:
    """Return (table, word) for every word of the steps that read the table."""
    steps = every_step()
    return frozenset(
        (need, word)
        for step in steps
        for need in step.needs
        for word in re.findall(r"\w+", step.sql)
    )
