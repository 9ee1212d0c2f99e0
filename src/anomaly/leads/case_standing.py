"""Where a unit stands: who it is, its peers, each indicator, and its months."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from anomaly.features.indicator import indicators
from anomaly.leads.exceptions import honoured, without
from anomaly.leads.foremost import ID as FOREMOST
from anomaly.leads.money import in_yuan
from anomaly.leads.pooling import present
from anomaly.leads.ranking import hit_sums, with_decisions
from anomaly.leads.reasons import (
    each_reason,
    group_in_words,
    name_of,
    sentence,
    wording,
)
from anomaly.leads.scoring import CHANGE, peopled, score
from anomaly.peers.groups import FOCUS, group_name
from anomaly.policy.read import policy
from anomaly.store.store import Store

ATTRIBUTES = ("level", "kind", "chain", "age_band", "sex", "insurance")
WHO = (
    "unit_kind",
    "unit_id",
    "unit_name",
    "institution_id",
    "institution_name",
    "department",
    "level",
    "district",
    "month",
    "rank",
    "ranked",
    "risk",
    "tier",
    "line",
    "trend",
    "persistence",
    "p",
    "q",
    "expected_by_chance",
    "excess_amount",
    "excess_lower",
    "excess_upper",
    "visits",
    "total_fee",
    "rules",
    "marks",
    "reasons",
)
PEERS = (
    "indicator",
    "name",
    "group",
    "compared_by",
    "fallback",
    "few",
    "peers",
    "lower_quartile",
    "median",
    "upper_quartile",
)
INDICATORS = (
    "indicator",
    "name",
    "block",
    "kind",
    "measure",
    "item",
    "value",
    "expected",
    "expected_low",
    "expected_high",
    "p",
    "excess_amount",
    "excess_lower",
    "excess_upper",
    "peer_rank",
    "n",
    "spared",
    "sentence",
)


@dataclass(frozen=True)
class Subject:
    """One unit in one month, and what the month's list is made of.

    ``lead`` is its row of the list; ``people`` and ``evidence`` are those of every
    unit of the kind, as `peopled` and `score` give them.
    """

    store: Store
    unit_kind: str
    unit_id: str
    month: date
    language: str
    lead: pd.Series
    ranked: int
    people: pd.DataFrame
    evidence: pd.DataFrame

    @property
    def own(self) -> pd.DataFrame:
        """The unit's own evidence, the smallest p first."""
        rows = self.evidence[self.evidence["unit_id"] == self.unit_id]
        return rows.sort_values(["p", "indicator"], na_position="last")

    def members(self, row: pd.Series) -> list[str]:
        """Return the peers that one test holds the unit to, without itself."""
        return [one for one in _held_to(self, row) if one != self.unit_id]


def subject(
    store: Store,
    leads: pd.DataFrame,
    unit_kind: str,
    unit_id: str,
    month: date,
    language: str,
) -> Subject:
    """Return a unit that stands in a month's list."""
    return Subject(
        store=store,
        unit_kind=unit_kind,
        unit_id=unit_id,
        month=month,
        language=language,
        lead=leads[leads["unit_id"] == unit_id].iloc[0],
        ranked=len(leads),
        people=peopled(store, unit_kind, month),
        evidence=score(store, unit_kind, month),
    )


def _held_to(subject: Subject, row: pd.Series) -> list[str]:
    """Return every unit that one test compares with each other in a row's group."""
    tested = subject.evidence[subject.evidence["indicator"] == row["indicator"]]
    tested = tested[tested["p"].notna()]
    if row["indicator"] == FOREMOST:
        return tested.loc[tested["group"] == row["group"], "unit_id"].tolist()
    people = subject.people[subject.people["unit_id"].isin(tested["unit_id"])]
    if row["indicator"].endswith(CHANGE):
        people = people.assign(**{FOCUS: ""})
    if row["few"]:
        people = people[people[FOCUS] == ""]
        return people["unit_id"].tolist()
    keys = policy("peers")["chains"][subject.unit_kind][int(row["fallback"])]
    return people.loc[group_name(people, keys) == row["group"], "unit_id"].tolist()


def who(subject: Subject) -> pd.DataFrame:
    """Return one row: who the unit is and how it stands in the list (columns `WHO`)."""
    person = subject.people[subject.people["unit_id"] == subject.unit_id]
    known = [name for name in ATTRIBUTES if name in person]
    texts = [
        str(cell)
        for name in known
        for cell in person[name].tolist()
        if isinstance(cell, str) and cell
    ]
    level = group_in_words("|".join(texts), subject.language) if texts else ""
    row = subject.lead.to_dict() | {"level": level, "ranked": subject.ranked}
    return pd.DataFrame([row]).reindex(columns=list(WHO))


def reasons_of(subject: Subject) -> tuple[str, ...]:
    """Return the unit's reasons as the list tells them, one text each."""
    spared = honoured(subject.store.root, subject.unit_kind, subject.month)
    sums = hit_sums(subject.store, subject.unit_kind, subject.month, subject.language)
    own = with_decisions(subject.store, subject.own, subject.month)
    found = each_reason(
        without(own, spared, "indicator"),
        without(sums[sums["unit_id"] == subject.unit_id], spared, "rule"),
        subject.unit_kind,
        subject.language,
        len(present(subject.store, subject.month)),
    )
    return tuple(found.get(subject.unit_id, ()))


def peers(subject: Subject) -> pd.DataFrame:
    """Return how each test's peer group was formed and how it lies (columns `PEERS`).

    Medians and quartiles are those of the peers' values over the window, the unit
    itself left out; change is a share of the earlier value.
    """
    words = wording()["case"][subject.language]
    chain = policy("peers")["chains"][subject.unit_kind]
    rows = []
    for _, row in subject.own.iterrows():
        values = _values(subject, row)
        keys = [] if row["few"] else chain[int(row["fallback"])]
        named = words["joiner"].join(words["keys"][key] for key in keys)
        focus = row["group"] in ("dialysis", "oncology")
        told = words["by_focus"] if focus else named or words["by_none"]
        if row["few"]:
            told += words["by_few"]
        elif row["fallback"] > 0:
            told += words["by_fallback"].format(fallback=row["fallback"])
        quartiles = values.quantile([0.25, 0.5, 0.75]).tolist()
        rows.append(
            {
                "indicator": row["indicator"],
                "name": name_of(row["indicator"], subject.language),
                "group": group_in_words(row["group"], subject.language),
                "compared_by": told,
                "fallback": row["fallback"],
                "few": bool(row["few"]),
                "peers": len(values),
                **dict(zip(PEERS[7:], quartiles, strict=True)),
            }
        )
    return pd.DataFrame(rows, columns=list(PEERS))


def _values(subject: Subject, row: pd.Series) -> pd.Series:
    tested = subject.evidence[subject.evidence["indicator"] == row["indicator"]]
    return tested.loc[tested["unit_id"].isin(subject.members(row)), "value"]


def standing(subject: Subject) -> pd.DataFrame:
    """Return each indicator beside its peers, the smallest p first.

    Columns `INDICATORS`: expected is the peers' centre for a unit of this size;
    95 % of ordinary ones lie between expected_low and expected_high; excess is in
    yuan a month with its 95 % interval, nothing below zero claimed, none of a share
    of counts; ``spared`` is the reason of an exception. A test's value pools the
    window, of a count a month's mean.
    """
    own = subject.own
    sums = subject.lead.to_frame().T.set_index("unit_id")[["total_fee", "visits"]]
    names = list(INDICATORS[11:14])
    money = in_yuan(own, sums.astype(float)).set_axis(names, axis=1)
    spared = _spared(subject, own)
    rows = []
    for place, row in own.iterrows():
        told = pd.notna(row["p"])
        record = indicators().get(row["indicator"].removesuffix(CHANGE))
        rows.append(
            {name: row[name] for name in INDICATORS if name in row}
            | money.loc[place].to_dict()
            | {
                "name": name_of(row["indicator"], subject.language),
                "measure": record.measure if record else "share",
                "peer_rank": _peer_rank(subject, row) if told else "",
                "spared": spared[place],
                "sentence": sentence(row, subject.unit_kind, subject.language)
                if told
                else wording()["case"][subject.language]["not_compared"],
            }
        )
    return pd.DataFrame(rows, columns=list(INDICATORS)).reset_index(drop=True)


def _spared(subject: Subject, own: pd.DataFrame) -> dict:
    """Return the reason of the exception that spares each row, '' where none does."""
    found = honoured(subject.store.root, subject.unit_kind, subject.month)
    found = found[found["unit_id"] == subject.unit_id]
    kept = set(without(own, found, "indicator").index)
    told = "; ".join(found["reason"])
    return {place: "" if place in kept else told for place in own.index}


def place_among(subject: Subject, row: pd.Series) -> tuple[int, int]:
    """Return the unit's place among itself and its peers, and how many they are.

    The first place is the farthest out on the suspect side.
    """
    record = indicators().get(row["indicator"].removesuffix(CHANGE))
    sign = -1 if record is not None and record.direction == "low" else 1
    others = _values(subject, row).dropna() * sign
    return int((others > row["value"] * sign).sum()) + 1, len(others) + 1


def _peer_rank(subject: Subject, row: pd.Series) -> str:
    place, of = place_among(subject, row)
    words = wording()["case"][subject.language]
    return words["peer_rank"].format(place=place, of=of)
