"""Cases as rows: what `case list` shows and what is exported."""

import json
from collections.abc import Iterable
from datetime import date

import pandas as pd

from anomaly.casework.case import Case, Event
from anomaly.casework.deadlines import days_left, deadline, is_overdue
from anomaly.errors import UsageError
from anomaly.policy.casework import STATES, Casework

COLUMNS = (
    "lead_id",
    "unit_kind",
    "unit_id",
    "district",
    "month",
    "state",
    "state_zh",
    "deadline",
    "days_left",
    "suspected",
    "confirmed",
    "lifted",
    "recovered",
    "penalty",
    "penalty_paid",
    "tier",
    "rules",
    "indicator",
    "decided_on",
    "opened_on",
    "procedure",
    "imported",
)
HISTORY = ("seq", "at", "by", "kind", "state", "what")
MONEY = ("suspected", "confirmed", "lifted", "recovered", "penalty", "penalty_paid")


def listed(
    cases: Iterable[Case],
    policy: Casework,
    today: date,
    *,
    state: str | None = None,
    district: str | None = None,
    overdue: bool = False,
) -> pd.DataFrame:
    """Return cases as rows (`COLUMNS`), the most urgent first; yuan as texts."""
    if state is not None and state not in STATES:
        raise UsageError(f"--state '{state}'", expected=f"one of {', '.join(STATES)}")
    chosen = [
        case
        for case in cases
        if state in (None, case.state)
        and district in (None, case.district)
        and (not overdue or is_overdue(case, policy, today))
    ]
    rows = [row(case, policy, today) for case in chosen]
    rows.sort(key=lambda one: (one["deadline"] or "9999", one["lead_id"]))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.assign(days_left=frame["days_left"].astype("Int64"))


def row(case: Case, policy: Casework, today: date) -> dict:
    """Return one case as a row of `COLUMNS`."""
    due = deadline(case, policy)
    found = {
        name: getattr(case, name)
        for name in ("lead_id", "unit_kind", "unit_id", "district", "month", "state")
    }
    found |= {name: str(getattr(case, name)) for name in MONEY}
    return found | {
        "state_zh": policy.procedure_of(case.procedure).names.get(case.state, ""),
        "deadline": due.isoformat() if due else None,
        "days_left": days_left(case, policy, today),
        "tier": case.tier,
        "rules": " ".join(one.rule for one in case.parts if one.rule),
        "indicator": " ".join(one.indicator for one in case.parts if one.indicator),
        "decided_on": case.decided_on.isoformat() if case.decided_on else None,
        "opened_on": case.opened_on.isoformat(),
        "procedure": case.procedure,
        "imported": case.history,
    }


def history(events: Iterable[Event]) -> pd.DataFrame:
    """Return what happened to a case, an event a row (`HISTORY`)."""
    rows = [
        {
            "seq": event.seq,
            "at": event.at,
            "by": event.by,
            "kind": event.kind,
            "state": event.body.get("state", ""),
            "what": told(event),
        }
        for event in events
    ]
    return pd.DataFrame(rows, columns=list(HISTORY))


def told(event: Event) -> str:
    """Return what an event says beside its state, as one text."""
    body = dict(event.body)
    if "parts" in body:
        parts = [
            (one["rule"] or one["indicator"], one["amount"]) for one in body["parts"]
        ]
        body["because"] = ", ".join(f"{name} {amount}" for name, amount in parts)
    for name in ("state", "parts", "majority", "unit_kind", "unit_id", "month"):
        body.pop(name, None)
    if "members" in body:
        votes = body["members"].items()
        body["members"] = ", ".join(f"{n}={'yes' if y else 'no'}" for n, y in votes)
    if "attachments" in body:
        body["attachments"] = ", ".join(body["attachments"].values())
    if isinstance(body.get("actions"), list):
        body["actions"] = ", ".join(body["actions"])
    kept = {key: cell for key, cell in body.items() if cell not in ("", None, 0)}
    texts = {
        key: cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
        for key, cell in kept.items()
    }
    return "; ".join(f"{key} {text}" for key, text in texts.items())
