"""A day's bills: what rules and lines say of them, before the month is over."""

from datetime import date

import pandas as pd

from anomaly.features.builder import scope
from anomaly.features.frames import features
from anomaly.features.indicator import UNITS
from anomaly.leads.marks import alert_line
from anomaly.leads.pooling import pooled, window
from anomaly.leads.scoring import peopled, tests_of
from anomaly.periods import month_text, parse_month
from anomaly.policy.read import policy
from anomaly.rules.hits import hits
from anomaly.store.store import Store

COLUMNS = (
    "unit_kind",
    "unit_id",
    "unit_name",
    "institution_id",
    "institution_name",
    "district",
    "since",
    "bills",
    "billed",
    "line",
    "rules",
    "hits",
    "amount",
    "reasons",
)
MOST_REASONS = 3


def increment(
    store: Store, unit_kind: str, since: date, language: str = "zh"
) -> pd.DataFrame:
    """Return the units with bills since a day of a month whose hits are built.

    Columns `COLUMNS`: how many visits were billed and how much (yuan), the line that
    the unit's window passes now, and what rules caught on those bills and no exclusion
    lifts. What gives most cause to ask stands first.
    """
    month = parse_month(since)
    seen = _billed(store, unit_kind, since)
    caught = _caught(store, unit_kind, month, since, language)
    people = peopled(store, unit_kind, month).set_index("unit_id")
    names = ["unit_name", "institution_id", "institution_name", "district"]
    centred = _centred(store, unit_kind, month, people)
    lines = alert_line(store, unit_kind, people, centred, language)
    frame = seen.join(people[names]).join(caught)
    frame = frame.assign(
        unit_kind=unit_kind,
        since=since.isoformat(),
        line=lines.reindex(frame.index).fillna(""),
        hits=frame["hits"].fillna(0).astype(int),
        amount=frame["amount"].fillna(0.0).round(2),
    )
    for name in ("rules", "reasons"):
        frame[name] = frame[name].fillna("")
    frame = frame.reset_index().sort_values(
        ["hits", "amount", "billed", "unit_id"], ascending=[False, False, False, True]
    )
    return frame.reset_index(drop=True)[list(COLUMNS)]


def _centred(
    store: Store, unit_kind: str, month: date, people: pd.DataFrame
) -> pd.DataFrame:
    """Return values with expected, the median of the unit's group, group and peers.

    A line asks how far a value lies from the peers' centre, which a median tells in an
    instant; evidence, which takes its time, is for the list of the month.
    """
    asked = [test.indicator.id for test in tests_of(unit_kind) if not test.change]
    rows = pooled(features(store, unit_kind, window(month), only=asked), window(month))
    rows = rows[rows["n"] >= policy("peers")["min_visits"]]
    group = rows["unit_id"].map(people["group"])
    alike = rows.groupby([rows["indicator"], group])["value"]
    return rows.assign(
        group=group,
        expected=alike.transform("median"),
        peers=alike.transform("size") - 1,
    )


def _billed(store: Store, unit_kind: str, since: date) -> pd.DataFrame:
    """Return visits and yuan billed since a day, on unit_id."""
    store.show("visit_fact", [month_text(since)])
    unit = UNITS[unit_kind]
    rows = store.engine.frame(
        f"SELECT {unit} AS unit_id, count(*) AS bills,"
        " CAST(sum(total_fee) AS DOUBLE) AS billed FROM visit_fact"
        f" WHERE {scope('visit_fact', unit_kind)}"
        f" AND settled_at >= DATE '{since.isoformat()}' GROUP BY {unit}"
    )
    return rows.set_index("unit_id")


def _caught(
    store: Store, unit_kind: str, month: date, since: date, language: str
) -> pd.DataFrame:
    """Return rules, hits, amount and reasons of bills since a day, on unit_id.

    A hit that names no bill is of the whole month, and counts.
    """
    found = hits(store, month)
    found = found[(found["unit_kind"] == unit_kind) & ~found["excluded"].astype(bool)]
    store.show("settlement", [month_text(month)])
    fresh = store.engine.frame(
        "SELECT settlement_id FROM settlement"
        f" WHERE settled_at >= DATE '{since.isoformat()}'"
    )["settlement_id"]
    named = found["settlement_id"].notna()
    found = found[~named | found["settlement_id"].isin(fresh)]
    reason = "reason" if language == "zh" else "reason_en"
    return found.groupby("unit_id").agg(
        rules=("rule", lambda names: " ".join(sorted(set(names)))),
        hits=("amount", "size"),
        amount=("amount", "sum"),
        reasons=(reason, _first),
    )


def _first(texts: pd.Series) -> str:
    return "；".join(list(dict.fromkeys(texts))[:MOST_REASONS])
