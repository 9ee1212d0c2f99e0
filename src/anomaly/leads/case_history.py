"""A unit's months beside those of its peers."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from anomaly.features.frames import features
from anomaly.features.indicator import indicators
from anomaly.leads.case_standing import Subject
from anomaly.leads.reasons import name_of
from anomaly.peers.groups import ALL, group_name
from anomaly.periods import shift
from anomaly.policy.read import policy

HISTORY_MONTHS = 24
# Beyond so many peers every k-th of them, by id, stands for all.
PEERS_AT_MOST = 2000
HISTORY = ("indicator", "name", "month", "value", "n", "peers_median", "peers")


def history(subject: Subject) -> pd.DataFrame:
    """Return each tested indicator month by month (columns `HISTORY`).

    The last 24 months loaded; peers_median is the median that month of those who are
    the unit's peers now and had the indicator then, at most 2,000 of them.
    """
    known = indicators()
    tested = subject.own[subject.own["indicator"].isin(known)]
    months = _months(subject)
    found = []
    for _, row in tested.iterrows():
        others = _some(subject.members(row))
        rows = features(
            subject.store,
            subject.unit_kind,
            months,
            only=[row["indicator"]],
            who=[subject.unit_id, *others],
        )
        own = rows["unit_id"] == subject.unit_id
        by_month = rows[~own].groupby("month")["value"].agg(["median", "count"])
        mine = rows.loc[own, ["month", "value", "n"]].set_index("month")
        table = by_month.join(mine, how="outer").sort_index().reset_index()
        table = table.rename(columns={"median": "peers_median", "count": "peers"})
        name = name_of(row["indicator"], subject.language)
        found.append(table.assign(indicator=row["indicator"], name=name))
    if not found:
        return pd.DataFrame(columns=list(HISTORY))
    return pd.concat(found, ignore_index=True)[list(HISTORY)]


def _months(subject: Subject) -> list[date]:
    first = shift(subject.month, 1 - HISTORY_MONTHS)
    return [each for each in subject.store.months() if first <= each <= subject.month]


def _some(members: Sequence[str]) -> list[str]:
    members = sorted(members)
    step = -(-len(members) // PEERS_AT_MOST) or 1
    return members[::step]


def group_of_all(subject: Subject) -> list[str]:
    """Return the peers of the unit's own group, whatever it is tested on."""
    row = subject.people[subject.people["unit_id"] == subject.unit_id]
    if row.empty:
        return []
    group = ALL if bool(row["few"].iloc[0]) else row["group"].iloc[0]
    people = subject.people
    if group != ALL:
        keys = policy("peers")["chains"][subject.unit_kind]
        people = people[group_name(people, keys[int(row["fallback"].iloc[0])]) == group]
    return _some([one for one in people["unit_id"] if one != subject.unit_id])
