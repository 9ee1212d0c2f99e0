"""What policy and history say of a unit: alert lines and marks, never its risk."""

from datetime import date

import pandas as pd

from anomaly.leads.exceptions import honoured
from anomaly.leads.lines import STEPS, held_to, lines
from anomaly.leads.reasons import wording
from anomaly.peers.groups import FOCUS
from anomaly.periods import shift
from anomaly.screen.artefacts import repairs
from anomaly.store.store import Store

LINES = {
    "zh": {"notice": "提示", "warning": "预警", "inspect": "重点检查"},
    "en": {"notice": "notice", "warning": "warning", "inspect": "inspect"},
}
# Whoever began within two years has no past of that length to be measured from.
NEW_FOR_MONTHS = 24
# A finding that was confirmed, whatever has followed from it.
CONFIRMED = ("confirmed", "recovered", "rectified", "restored")
DISMISSED = ("dismissed",)


def alert_line(
    store: Store,
    unit_kind: str,
    people: pd.DataFrame,
    evidence: pd.DataFrame,
    language: str = "zh",
) -> pd.Series:
    """Return the highest policy line that each unit passes, on unit_id.

    ``people`` tells each unit's department, level and the like, on unit_id.
    """
    places = dict(zip(["", *STEPS], range(len(STEPS) + 1), strict=True))
    held = held_to(lines(store.root), unit_kind, people, evidence)
    highest = held["line"].map(places).groupby(held["unit_id"]).max()
    names = dict(enumerate(["", *LINES[language].values()]))
    return highest.map(names)


def marks(
    store: Store, frame: pd.DataFrame, unit_kind: str, month: date, language: str
) -> pd.Series:
    """Return each unit's marks as one text; frame is indexed by unit_id."""
    words = wording()["marks"][language]
    joiner = wording()[language]["joiner"]
    told = {unit: [] for unit in frame.index}
    prior = _recorded(store, "finding", unit_kind, month, "decided_on")
    prior |= set(frame.index[frame["has_prior_violation"].fillna(False).astype(bool)])
    tipped = _recorded(store, "tip", unit_kind, month, "received_on")
    started = pd.to_datetime(frame["started_on"])
    recent = pd.Timestamp(shift(month, 1 - NEW_FOR_MONTHS))
    new = set(frame.index[started >= recent])
    spared = honoured(store.root, unit_kind, month)
    faulty = _to_repair(store, unit_kind, month, language)
    for unit, row in frame.iterrows():
        told[unit] += [words["prior"]] * (unit in prior)
        told[unit] += [words["tip"]] * (unit in tipped)
        if unit in new:
            age = pd.Period(month, "M") - pd.Period(started[unit], "M")
            told[unit].append(words["new"].format(months=max(age.n, 0) + 1))
        told[unit] += [
            words["excepted"].format(**one)
            for one in spared[spared["unit_id"] == unit].to_dict("records")
        ]
        if unit in faulty:
            told[unit].append(words["repair"].format(what=faulty[unit]))
        if row[FOCUS]:
            told[unit].append(words[row[FOCUS]])
        if row["few"]:
            told[unit].append(words["few"].format(members=row["peers"]))
    return pd.Series({unit: joiner.join(texts) for unit, texts in told.items()})


def _to_repair(
    store: Store, unit_kind: str, month: date, language: str
) -> dict[str, str]:
    """Return what is wrong with the month's data of institutions and pharmacies."""
    if unit_kind not in ("institution", "pharmacy"):
        return {}
    listed = repairs(store, month).dropna(subset=["institution_id"])
    comma = wording()[language]["comma"]
    told = listed.groupby("institution_id")[language].agg(comma.join)
    return told.to_dict()


def _recorded(
    store: Store, table: str, unit_kind: str, month: date, day: str
) -> set[str]:
    """Return the units with a finding or tip that was known by the month's end."""
    name = store.show(table)
    end = shift(month, 1).isoformat()
    states = ", ".join(f"'{state}'" for state in CONFIRMED)
    state = f" AND state IN ({states})" if table == "finding" else ""
    rows = store.engine.frame(
        f"SELECT DISTINCT unit_id FROM {name}"
        f" WHERE unit_kind = '{unit_kind}' AND {day} < DATE '{end}'{state}"
    )
    return set(rows["unit_id"])
