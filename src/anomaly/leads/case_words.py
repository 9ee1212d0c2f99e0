"""A case file in words: headings and cells as a reader writes them, persons masked."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import pandas as pd

from anomaly.leads.case_advice import figure
from anomaly.leads.casefile import CaseFile
from anomaly.rules.rule import rules

# What is shown of each frame; the whole of it stands in the workbook.
SHOWN = {
    "action": ("text", "basis"),
    "indicators": ("name", "value", "expected", "between", "p", "peer_rank", "excess"),
    "peers": (
        "name",
        "group",
        "compared_by",
        "peers",
        "lower_quartile",
        "median",
        "upper_quartile",
    ),
    "ordinary": ("name", "sentence", "explanations"),
    "checks": ("name", "check", "basis"),
    "hits": (
        "rule",
        "amount",
        "exclusion",
        "reason",
        "insured_id",
        "visit_id",
        "line_id",
    ),
    "items": (
        "item",
        "national_item_code",
        "visits",
        "quantity",
        "amount",
        "share",
        "peers_share",
        "patients_share",
        "peers_patients_share",
    ),
    "visits": (
        "visit_id",
        "settled_at",
        "visit_class",
        "insured_id",
        "main_diagnosis",
        "total_fee",
        "fund_pay",
        "beyond",
        "rules",
    ),
    "lines": (
        "line_id",
        "settlement_id",
        "insured_id",
        "charged_at",
        "item",
        "quantity",
        "unit_price",
        "line_amount",
        "rules",
    ),
}
YUAN = ("total_fee", "fund_pay", "beyond", "amount", "line_amount", "unit_price")
PARTS = ("share", "peers_share", "patients_share", "peers_patients_share")
DAYS = ("settled_at", "charged_at")
COUNTS = ("visits", "peers", "lines", "ranked", "rank")
BY_KIND = ("value", "expected", "lower_quartile", "median", "upper_quartile", "limit")
SHORTEST = 6


@cache
def words(language: str) -> dict:
    """Return the headings, notes and words of a language."""
    text = files("anomaly.leads").joinpath("casefile.toml").read_text("utf-8")
    return tomllib.loads(text)[language]


def masked(person: str) -> str:
    """Return an `insured_id` of which only the end can be read, at most half of it."""
    return "****" + person[len(person) - min(4, len(person) // 2) :]


def persons(case: CaseFile) -> list[str]:
    """Return every `insured_id` that a case file names, the longest first."""
    frames = (case.hits, case.visits, case.lines)
    found = {one for frame in frames for one in frame["insured_id"].dropna()}
    if case.unit_kind == "insured":
        found.add(case.unit_id)
    return sorted(found, key=lambda one: (-len(one), one))


def hidden(case: CaseFile, text: str) -> str:
    """Return a text in which no person of the case file can be read."""
    for one in persons(case):
        if len(one) >= SHORTEST or text == one:
            text = text.replace(one, masked(one))
    return text


def headed(case: CaseFile, name: str) -> pd.DataFrame:
    """Return a frame as it is, its columns headed in the reader's language."""
    frame, said = getattr(case, name), words(case.language)
    values = {c: said["values"][c] for c in frame if c in said["values"]}
    frame = frame.assign(**{c: frame[c].replace(known) for c, known in values.items()})
    return frame.rename(columns=said["columns"])


def texts(case: CaseFile, name: str) -> pd.DataFrame:
    """Return what is shown of a frame as texts, persons masked, columns as SHOWN.

    A column that says nothing in any row is left out.
    """
    frame = _gathered(case) if name == "checks" else getattr(case, name)
    kinds = case.indicators.set_index("indicator")["kind"]
    which = next((c for c in ("indicator", "reason") if c in frame), None)
    rows = []
    for row in frame.to_dict("records"):
        kind = kinds.get(row[which], "") if which else ""
        rows.append([_cell(case, row, column, kind) for column in SHOWN[name]])
    table = pd.DataFrame(rows, columns=list(SHOWN[name]), dtype=object)
    return table.loc[:, (table != "").any()] if len(table) else table


def _gathered(case: CaseFile) -> pd.DataFrame:
    """Return the checks, those on the same thing in one row."""
    joiner = "；" if case.language == "zh" else " "
    keys = ["about", "name", "basis"]
    found = case.checks.groupby(keys, sort=False, as_index=False)
    return found["check"].agg(joiner.join)


def heads(case: CaseFile, columns: Iterable[str]) -> list[str]:
    """Return the headings of columns that are shown."""
    said = words(case.language)["columns"]
    return [said["excess_amount" if c == "excess" else c] for c in columns]


def _cell(case: CaseFile, row: dict, column: str, kind: str) -> str:
    said = words(case.language)
    if column in ("between", "excess"):
        return _interval(said, row, column, kind)
    value = row[column]
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    if column in SPELT:
        return SPELT[column](case, said, row)
    if column in said["values"]:
        return said["values"][column].get(value, str(value))
    return value if isinstance(value, str) else _number(value, column, kind)


def _named(case: CaseFile, said: dict, row: dict) -> str:
    rule = row.get("about") or row.get("reason")
    if rule in rules():
        return f"{rule} {row['name']}"
    kinds = case.indicators.set_index("indicator")["kind"]
    if kinds.get(row.get("indicator") or rule) == "growth_share":
        return row["name"] + said["points"]
    if not row.get("item"):
        return row["name"]
    return said["name_id"].format(name=row["name"], id=row["item"])


def _counted(case: CaseFile, said: dict, row: dict) -> str:
    """Return why a hit is excluded, or for whom it counts."""
    if row["excluded"]:
        return said["excluded"].format(reason=row["exclusion"])
    if (row["unit_kind"], row["unit_id"]) == (case.unit_kind, case.unit_id):
        return said["own_hit"]
    kind = said["values"]["unit_kind"].get(row["unit_kind"], row["unit_kind"])
    return said["other_hit"].format(kind=kind)


def _diagnosis(case: CaseFile, said: dict, row: dict) -> str:
    cells = row["main_diagnosis"], row["main_diagnosis_name"]
    return " ".join(cell for cell in cells if isinstance(cell, str))


# Cells that are more than their value: from the case file, its words and the row.
SPELT = {
    "insured_id": lambda case, said, row: masked(row["insured_id"]),
    "name": _named,
    "rule": lambda case, said, row: f"{row['rule']} {row['name']}",
    "main_diagnosis": _diagnosis,
    "exclusion": _counted,
    "reason": lambda case, said, row: hidden(case, row["reason"]),
}


def _number(value, column: str, kind: str) -> str:
    if column in DAYS:
        return value.strftime("%Y-%m-%d %H:%M")
    if column in BY_KIND:
        return figure(value, kind)
    if column == "p":
        return chance(value)
    formats = dict.fromkeys(YUAN, ",.2f") | dict.fromkeys(PARTS, ".1%")
    formats |= dict.fromkeys(COUNTS, ",.0f")
    return format(value, formats.get(column, ",.4g"))


def chance(p: float) -> str:
    """Return a p-value as text: two digits, and no more than four places."""
    if pd.isna(p):
        return ""
    return "<0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def _interval(said: dict, row: dict, column: str, kind: str) -> str:
    if pd.isna(row["p"]):
        return ""
    if column == "between":
        low, high = (figure(row[f"expected_{end}"], kind) for end in ("low", "high"))
        return said["range"].format(low=low, high=high)
    if pd.isna(row["excess_amount"]) or row["excess_amount"] <= 0:
        return "—"
    amounts = [f"{row[f'excess_{end}']:,.0f}" for end in ("amount", "lower", "upper")]
    return said["money_range"].format(
        **dict(zip(("amount", "low", "high"), amounts, strict=True))
    )


def facts(case: CaseFile) -> list[tuple[str, str]]:
    """Return who the unit is and how it stands: headings and texts, none empty."""
    said = words(case.language)
    row = case.who.iloc[0].to_dict()
    name = hidden(case, str(row["unit_name"] or row["unit_id"]))
    own = hidden(case, str(row["unit_id"]))
    shown = {
        "unit_name": said["name_id"].format(name=name, id=own) if name != own else own,
        "institution_name": row["institution_name"]
        if name != row["institution_name"]
        else "",
        "department": row["department"],
        "level": row["level"],
        "district": row["district"],
        "rank": said["rank_of"].format(rank=row["rank"], ranked=row["ranked"]),
        "risk": f"{row['risk']:.2f}",
        "tier": said["values"]["tier"].get(row["tier"], "—"),
        "line": row["line"] or "—",
        "trend": said["values"]["trend"].get(row["trend"], "—"),
        "persistence": said["months_of"].format(months=row["persistence"]),
        "p": chance(row["p"]),
        "expected_by_chance": chance(row["expected_by_chance"]),
        "visits": "" if pd.isna(row["visits"]) else f"{row['visits']:,.0f}",
        "total_fee": "" if pd.isna(row["total_fee"]) else f"{row['total_fee']:,.2f}",
        "marks": row["marks"],
    }
    if row["excess_amount"] > 0:
        shown["excess_amount"] = _interval(said, row | {"p": 0}, "excess", "")
    told = [(said["columns"][key], text) for key, text in shown.items()]
    return [(head, str(text)) for head, text in told if text and not pd.isna(text)]
