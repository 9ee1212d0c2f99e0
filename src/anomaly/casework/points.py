"""Credit points: what was entered, what was taken off again, and what is left.

An entry counts in the calendar year of its date. An appeal takes it off whole, a
repair a part, both in the entry's own year; nothing falls below zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from anomaly.casework.case import CONFIRMED, Case, Event
from anomaly.errors import UsageError
from anomaly.policy.points import PointsPolicy, Scheme

PREFIX = "P"
WHYS = ("appeal", "repair")
ADDED, REVERSED = "points_added", "points_reversed"


@dataclass(frozen=True)
class Reversal:
    """Points taken off an entry: all that is left by an appeal, a part by a repair."""

    entry_id: str
    points: int
    why: str
    on: date
    note: str = ""

    def body(self) -> dict:
        """Return it as the ledger keeps it."""
        return {**vars(self), "on": self.on.isoformat()}


@dataclass(frozen=True)
class Entry:
    """Points given to one unit on one day, by a clause."""

    entry_id: str
    unit_kind: str
    unit_id: str
    scheme: str
    points: int
    on: date
    clause: str
    lead_id: str = ""
    note: str = ""
    reversals: tuple[Reversal, ...] = ()

    @property
    def reversed(self) -> int:
        """The points that were taken off again."""
        return sum(one.points for one in self.reversals)

    @property
    def left(self) -> int:
        """The points that still count."""
        return self.points - self.reversed

    @property
    def facts(self) -> tuple:
        """What makes it the entry it is: the same facts are the same entry."""
        return (
            *(self.unit_kind, self.unit_id, self.scheme, self.points),
            *(self.on, self.clause, self.lead_id, self.note),
        )

    def body(self) -> dict:
        """Return it as the ledger keeps it; reversals are events of their own."""
        cells = {key: cell for key, cell in vars(self).items() if key != "reversals"}
        return cells | {"on": self.on.isoformat()}


def fold_points(events: Iterable[Event]) -> dict[str, Entry]:
    """Return every entry by its id, as its events leave it."""
    found: dict[str, Entry] = {}
    for event in events:
        if event.kind not in (ADDED, REVERSED):
            continue
        cells = dict(event.body) | {"on": date.fromisoformat(event.body["on"])}
        if event.kind == ADDED:
            found[cells["entry_id"]] = Entry(**cells)
        else:
            entry = found[cells["entry_id"]]
            taken = (*entry.reversals, Reversal(**cells))
            found[entry.entry_id] = replace(entry, reversals=taken)
    return found


def as_of(entries: Iterable[Entry], day: date | None) -> list[Entry]:
    """Return the entries as they stood at the end of a day; all of them for None."""
    if day is None:
        return list(entries)
    return [
        replace(one, reversals=tuple(r for r in one.reversals if r.on <= day))
        for one in entries
        if one.on <= day
    ]


def next_id(entries: Mapping[str, Entry]) -> str:
    """Return the id of the next entry: P1, P2, ...; none is ever removed."""
    return f"{PREFIX}{len(entries) + 1}"


def scheme_for(policy: PointsPolicy, unit_kind: str, name: str = "") -> Scheme:
    """Return the scheme asked for, or the usual one of a kind of unit.

    UsageError for an unknown scheme, or one that is not for that kind.
    """
    known = policy.schemes_of(unit_kind)
    if not known:
        kinds = dict.fromkeys(kind for one in policy.schemes for kind in one.units)
        raise UsageError(
            f"unit '{unit_kind}': no scheme gives it points",
            expected=f"one of {', '.join(kinds)}",
        )
    if not name:
        return known[0]
    found = policy.scheme(name)
    if found is None:
        raise UsageError(
            f"scheme '{name}': there is none",
            expected=f"one of {', '.join(one.id for one in policy.schemes)}",
        )
    if found not in known:
        raise UsageError(
            f"scheme '{name}': it is not for a unit of kind '{unit_kind}'",
            expected=f"one of {', '.join(one.id for one in known)}",
        )
    return found


def check_entry(entry: Entry, policy: PointsPolicy, cases: Mapping[str, Case]) -> None:
    """UsageError where its scheme or the ledger's cases do not bear an entry."""
    scheme = scheme_for(policy, entry.unit_kind, entry.scheme)
    if not 1 <= entry.points <= scheme.most_per_entry:
        raise UsageError(
            f"points {entry.points}",
            expected=f"1 to {scheme.most_per_entry} in one entry ({scheme.basis})",
        )
    if not entry.clause.strip():
        raise UsageError("clause: nothing", expected="the clause the points rest on")
    _check_lead(entry.lead_id, cases)


def refuse_twin(entry: Entry, entries: Mapping[str, Entry]) -> None:
    """UsageError where the same points stand already."""
    twin = next((one for one in entries.values() if one.facts == entry.facts), None)
    if twin:
        raise UsageError(
            f"{entry.unit_kind} '{entry.unit_id}': these points stand as"
            f" {twin.entry_id}",
            expected="each entry once",
            todo="tell a second one apart by --note",
        )


def _check_lead(lead_id: str, cases: Mapping[str, Case]) -> None:
    if not lead_id:
        return
    case = cases.get(lead_id)
    if case is None or case.state not in CONFIRMED:
        state = case.state if case else "not in the ledger"
        raise UsageError(
            f"case '{lead_id}': it is {state}",
            expected="a confirmed case, or none",
            todo="decide and confirm the case first, or leave --lead-id out",
        )


def check_reversal(
    asked: Reversal, policy: PointsPolicy, entries: Mapping[str, Entry]
) -> None:
    """UsageError where an entry cannot be taken off, or not by so much."""
    where = f"entry '{asked.entry_id}'"
    entry = known_entry(entries, asked.entry_id)
    done = [one.why for one in entry.reversals]
    if "appeal" in done or asked.why in done:
        raise UsageError(
            f"{where}: reversed already by {done[-1]}",
            expected="one appeal and one repair at most, the appeal last",
        )
    if asked.on < entry.on:
        raise UsageError(
            f"{where}: --on {asked.on}", expected=f"{entry.on}, its own day, or later"
        )
    if asked.why == "appeal" and asked.points != entry.left:
        raise UsageError(
            f"{where}: {asked.points} points by appeal",
            expected=f"all {entry.left}: an appeal takes it off whole",
        )
    if asked.why == "repair":
        _check_repair(asked, entry, policy, entries)


def _check_repair(
    asked: Reversal, entry: Entry, policy: PointsPolicy, entries: Mapping[str, Entry]
) -> None:
    scheme = scheme_for(policy, entry.unit_kind, entry.scheme)
    share = int(entry.points * scheme.repair_share)
    room = scheme.repair_cap - repaired(entries.values(), entry)
    most = max(0, min(share, room, entry.left))
    if not 1 <= asked.points <= most:
        raise UsageError(
            f"entry '{entry.entry_id}': {asked.points} points by repair",
            expected=f"at most {most}: {scheme.repair_share:.0%} of an entry and"
            f" {scheme.repair_cap} a year, {scheme.repair_cap - room} of them taken"
            f" ({scheme.basis})",
        )


def repaired(entries: Iterable[Entry], like: Entry) -> int:
    """Return the points repaired of a unit's scheme in an entry's year."""
    key = (like.unit_kind, like.unit_id, like.scheme, like.on.year)
    return sum(
        taken.points
        for one in entries
        if (one.unit_kind, one.unit_id, one.scheme, one.on.year) == key
        # What an appeal took off whole needed no repair.
        and not any(taken.why == "appeal" for taken in one.reversals)
        for taken in one.reversals
        if taken.why == "repair"
    )


def known_entry(entries: Mapping[str, Entry], entry_id: str) -> Entry:
    """Return an entry by its id; UsageError where there is none."""
    if entry_id not in entries:
        raise UsageError(
            f"entry '{entry_id}': there is none",
            expected="the id of an entry, such as P1",
            todo="see: anomaly points show --store ...",
        )
    return entries[entry_id]
