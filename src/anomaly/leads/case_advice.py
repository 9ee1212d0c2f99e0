"""What would make a lead ordinary, what to look at on site, and what may follow."""

from functools import cache

import pandas as pd

from anomaly.features.indicator import indicators
from anomaly.leads.case_standing import Subject
from anomaly.leads.foremost import ID as FOREMOST
from anomaly.leads.marks import LINES
from anomaly.leads.reasons import NOTABLE_P, name_of, percent, wording
from anomaly.leads.scoring import CHANGE
from anomaly.policy.read import policy
from anomaly.rules.rule import rules

ORDINARY = ("reason", "name", "value", "limit", "sentence", "explanations")
CHECKS = ("about", "name", "check", "basis")
ACTION = ("action", "text", "basis")
SHARES = ("share_of_money", "share_of_count", "foremost")


def notable(own: pd.DataFrame) -> pd.DataFrame:
    """Return the evidence that reasons are told of: p below .05, else the foremost."""
    known = own[own["p"].notna()]
    rows = known[known["p"] < NOTABLE_P]
    return rows if len(rows) else known.head(1)


def ordinary(subject: Subject, found: pd.DataFrame) -> pd.DataFrame:
    """Return what would make each reason ordinary (columns `ORDINARY`).

    ``limit`` is the end, on the suspect side, of the interval in which 95 % of
    ordinary units of this size lie; explanations are those of the indicator's own
    record and of what the rule must not catch. ``found`` are the hits.
    """
    rows = [_of_indicator(subject, row) for _, row in notable(subject.own).iterrows()]
    words = wording()["case"][subject.language]
    counted = found[~found["excluded"]]
    for name in sorted(set(counted["rule"])):
        rows.append(
            {
                "reason": name,
                "name": getattr(rules()[name], subject.language),
                "sentence": words["ordinary_rule"],
                "explanations": _spared_by(name, subject.language),
            }
        )
    return pd.DataFrame(rows, columns=list(ORDINARY))


def _spared_by(rule: str, language: str) -> str:
    """Return what a rule must not catch, in words."""
    if language == "en":
        return "; ".join(one.en for one in rules()[rule].spares)
    return rules()[rule].must_not_catch


def _of_indicator(subject: Subject, row: pd.Series) -> dict:
    words = wording()["case"][subject.language]
    record = indicators().get(row["indicator"].removesuffix(CHANGE))
    side = record.direction if record else "high"
    limit = row["expected_low" if side == "low" else "expected_high"]
    shown = {
        name: figure(row[cell], row["kind"])
        for name, cell in (
            ("low", "expected_low"),
            ("high", "expected_high"),
            ("value", "value"),
        )
    }
    text = words[f"ordinary_{side}"].format(limit=figure(limit, row["kind"]), **shown)
    return {
        "reason": row["indicator"],
        "name": name_of(row["indicator"], subject.language),
        "value": row["value"],
        "limit": limit,
        "sentence": text,
        "explanations": _why(subject, row["indicator"]),
    }


def _why(subject: Subject, indicator: str) -> str:
    """Return the innocent explanations of an indicator, of its change, of a drug."""
    words = wording()["case"][subject.language]
    if indicator == FOREMOST:
        return words["foremost_why"]
    name = indicator.removesuffix(CHANGE)
    told = indicators()[name].why_it_matters
    if subject.language == "en":
        told = words["why"].get(name, "")
    if not indicator.endswith(CHANGE):
        return told
    person = subject.unit_kind == "insured"
    change = words["change_why_insured" if person else "change_why"]
    return told + (" " if subject.language == "en" else "") + change


def figure(value: float, kind: str) -> str:
    """Return a value as text: shares and growth in per cent, the rest as numbers.

    The change of a share is in percentage points, and says no per cent.
    """
    if pd.isna(value):
        return ""
    if kind.startswith("growth_"):
        unit = "" if kind == "growth_share" else "%"
        text = f"{value * 100:+.1f}{unit}"
    elif kind in SHARES:
        text = percent(max(value, 0))
    else:
        text = f"{value:,.1f}" if kind == "count" else f"{value:,.2f}"
    return text.replace("-", "−")


@cache
def rule_checks() -> dict[str, dict[str, str]]:
    """Return what to look at on site for each rule: zh and en."""
    return {
        name: {"zh": group["zh"], "en": group["en"]}
        for group in policy("site_checks")["rules"]
        for name in group["rules"]
    }


def checks(subject: Subject, found: pd.DataFrame) -> pd.DataFrame:
    """Return what to look at on site, by block and rule (columns `CHECKS`)."""
    rows = []
    told = notable(subject.own)
    for block in dict.fromkeys(told["block"]):
        blocks = policy("site_checks")["blocks"]
        group = blocks.get(f"{block}_{subject.unit_kind}", blocks[block])
        names = told.loc[told["block"] == block, "indicator"]
        named = [name_of(name, subject.language) for name in names]
        for text in group[subject.language]:
            rows.append((block, _joined(named, subject.language), text, group["basis"]))
    for name in sorted(set(found.loc[~found["excluded"], "rule"])):
        rule, text = rules()[name], rule_checks()[name][subject.language]
        rows.append((name, getattr(rule, subject.language), text, rule.basis))
    return pd.DataFrame(rows, columns=list(CHECKS))


def _joined(names: list[str], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(names)


def action(subject: Subject) -> pd.DataFrame:
    """Return what the notices provide for where a unit stands so (columns `ACTION`).

    The gravest first; where no notice says anything, basis says that.
    """
    lead, language = subject.lead, subject.language
    line = {text: key for key, text in LINES[language].items()}.get(lead["line"])
    prior = wording()["marks"][language]["prior"] in (lead["marks"] or "")
    caught = bool(lead["rules"])
    rows = []
    for one in policy("actions")["actions"]:
        fits = [
            one.get("line") == line and line is not None,
            one.get("mark") == "prior" and prior,
            one.get("hits", False) and caught,
            lead["tier"] in one.get("tier", ()),
        ]
        last = one["id"] == "none" and not rows
        if any(fits) or last:
            basis = one.get("basis_en", one["basis"])
            basis = basis if language == "en" else one["basis"]
            rows.append((one["id"], one[language], basis))
    return pd.DataFrame(rows, columns=list(ACTION))
