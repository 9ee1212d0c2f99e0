"""A unit's lead on one page, as plain texts from its case file."""

import pandas as pd

from anomaly.briefs.case_contents import all_printable
from anomaly.briefs.contents import shortened
from anomaly.briefs.facts import code_version
from anomaly.briefs.profile_figures import NAME, WORDS, foremost
from anomaly.briefs.wording import Wording
from anomaly.leads.case_words import hidden
from anomaly.leads.case_words import words as case_words
from anomaly.leads.casefile import CaseFile
from anomaly.periods import month_text

# Characters that a text may have on the page: Chinese ones take twice the room.
SENTENCE = {"zh": 92, "en": 190}
FACT = {"zh": 62, "en": 120}
RULES, ACTIONS, CHECKED = 3, 2, 4


def compose(case: CaseFile, weighed: pd.DataFrame | None) -> dict:
    """Return what the template of the profile sets, but its figures.

    ``weighed`` is the unit's row of `store.weighed`: what was checked.
    """
    words = Wording(case.language, WORDS)
    row = case.who.iloc[0]
    name = hidden(case, str(row["unit_name"] or row["unit_id"]))
    month = words.month(case.month)
    lead = bool(row["tier"] or row["rules"])
    tier = row["tier"] or "rule"
    running = words.say("profile_running_head", name=name[:NAME], month=month)
    made = {
        "labels": {k: v for k, v in words.entries.items() if isinstance(v, str)},
        "name": shortened(name, 2 * NAME),
        "kind": words[f"profile_kind_{case.unit_kind}"],
        "month": month,
        "running_head": running,
        "tier": tier,
        "tier_label": words[f"tier_{tier}"] if lead else words["profile_no_lead"],
        "sentences": [_cut(one, SENTENCE, words) for one in sentences(case)],
        "facts": [[head, _cut(text, FACT, words)] for head, text in facts(case)],
        "before": before(case, words, weighed),
        "history_heading": _history_heading(case, words),
        "foot": words.say(
            "profile_foot",
            fingerprint=case.fingerprint,
            version=code_version(),
            unit=f"{case.unit_kind} {shortened(hidden(case, case.unit_id), 40)}",
            month=month_text(case.month),
            language=case.language,
        ),
    }
    return all_printable(made)


def _cut(text: str, most: dict[str, int], words: Wording) -> str:
    return shortened(text, most[words.language])


def _history_heading(case: CaseFile, words: Wording) -> str:
    told = foremost(case)
    return words.say("profile_history_heading", name=told["name"] if told else "—")


def sentences(case: CaseFile) -> list[str]:
    """Return how the unit stands, why, and what it comes to."""
    words = Wording(case.language, WORDS)
    why = words["profile_says_no_reason"]
    if case.reasons:
        room = SENTENCE[words.language] - 2
        reason = shortened(hidden(case, case.reasons[0]).rstrip("。. "), room)
        why = words.say("profile_says_reason", reason=reason[:1].upper() + reason[1:])
    return [_standing(case, words), why, _money(case, words)]


def _standing(case: CaseFile, words: Wording) -> str:
    row = case.who.iloc[0]
    line = row["line"] or words["profile_no_line"]
    if row["tier"]:
        return words.say(
            "profile_says_lead",
            kind=words[f"unit_{case.unit_kind}"],
            rank=words.count(row["rank"]),
            ranked=words.count(row["ranked"]),
            tier=words[f"tier_{row['tier']}"],
            line=line,
            chance=words.chance(row["expected_by_chance"]),
        )
    if row["rules"]:
        return words.say("profile_says_rule", line=line)
    return words["profile_says_none"]


def _money(case: CaseFile, words: Wording) -> str:
    row = case.who.iloc[0]
    months = words.count(row["persistence"])
    if not row["excess_amount"] > 0:
        return words.say("profile_says_no_money", months=months)
    return words.say("profile_says_money", months=months, **_amounts(row, words))


def _amounts(row: pd.Series, words: Wording) -> dict[str, str]:
    columns = {"amount": "amount", "lower": "lower", "upper": "upper"}
    return {key: words.money(float(row[f"excess_{c}"])) for key, c in columns.items()}


def facts(case: CaseFile) -> list[tuple[str, str]]:
    """Return who the unit is, its peers, tier, money, persistence, hits and marks."""
    words, row = Wording(case.language, WORDS), case.who.iloc[0]
    said = case_words(case.language)
    trend = said["values"]["trend"].get(row["trend"], "—")
    money = "—"
    if row["excess_amount"] > 0:
        money = words.say("profile_money", **_amounts(row, words))
    tier = words[f"tier_{row['tier']}"] if row["tier"] else words["profile_no_line"]
    line = row["line"] or words["profile_no_line"]
    months = words.count(row["persistence"])
    told = {
        "where": _where(case, words),
        "tier": words.say("profile_tier", tier=tier, line=line),
        "peers": _peers(case, words),
        "money": money,
        "volume": words.say(
            "profile_volume",
            visits=words.count(row["visits"]),
            fee=words.money(row["total_fee"]),
        ),
        "persistence": words.say("profile_persistence", months=months, trend=trend),
        "marks": row["marks"] or words["profile_marks_none"],
    }
    return [(words[f"profile_{key}_label"], text) for key, text in told.items()]


def _where(case: CaseFile, words: Wording) -> str:
    row = case.who.iloc[0]
    names = [row["institution_name"], row["department"], row["level"], row["district"]]
    own = row["unit_name"]
    names = [str(n) for n in names if isinstance(n, str) and n and n != own]
    place = hidden(case, words["enumeration"].join(names)) or "—"
    return words.say(
        "profile_where",
        place=shortened(place, FACT[words.language] - 24),
        id=shortened(hidden(case, str(row["unit_id"])), 24),
    )


def _peers(case: CaseFile, words: Wording) -> str:
    told = foremost(case)
    rows = case.peers
    if told is not None:
        rows = rows[rows["indicator"] == told["indicator"]]
    if rows.empty:
        return words["profile_no_peers"]
    row = rows.iloc[0]
    return words.say(
        "profile_peers",
        group=row["group"],
        count=words.count(row["peers"]),
        by=row["compared_by"],
    )


def hits(case: CaseFile) -> list[str]:
    """Return a text for each of the first rules that caught the unit."""
    words, found = Wording(case.language, WORDS), []
    for rule, rows in case.hits.groupby("rule", sort=True):
        excluded = rows["excluded"].astype(bool)
        without = int(excluded.sum())
        told = words.say("profile_hits_excluded", excluded=without) if without else ""
        found.append(
            words.say(
                "profile_hits",
                rule=f"{rule} {rows['name'].iloc[0]}",
                counted=words.count(len(rows) - without),
                amount=words.money(float(rows.loc[~excluded, "amount"].sum())),
                excluded=told,
            )
        )
    if not found:
        return [words["profile_hits_none"]]
    more = len(found) - RULES
    if more > 0:
        found = [*found[:RULES], words.say("profile_hits_more", rules=more)]
    return found


def before(case: CaseFile, words: Wording, weighed) -> list[list]:
    """Return what to know before anything is asked: label and texts."""
    actions = [
        words.say("profile_action", text=row.text, basis=row.basis)
        for row in case.action.head(ACTIONS).itertuples()
    ]
    checked = [words["profile_checked_none"]]
    if weighed is not None and len(weighed):
        checked = list(weighed["checked"].iloc[0])[:CHECKED]
    told = {
        "hits": hits(case),
        "checked": checked,
        "ordinary": case.ordinary["explanations"].head(1).tolist(),
        "site": case.checks["check"].head(2).tolist(),
        "action": actions,
    }
    return [
        [
            words[f"profile_{key}_label"],
            [_cut(hidden(case, one), FACT, words) for one in texts if one]
            or [words["profile_none"]],
        ]
        for key, texts in told.items()
    ]
