"""A campaign: which phases run, and who reported, was re-checked, has rectified."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pandas as pd

from anomaly.casework.amounts import NOTHING
from anomaly.casework.case import Event
from anomaly.casework.ledger import Draft, Ledger, Writing
from anomaly.errors import UsageError
from anomaly.inspection.units import check_kind
from anomaly.policy.campaign import Campaign, Phase

REPORTED = "campaign_self_reported"
RECHECKED = "campaign_rechecked"
RECTIFIED = "campaign_rectified"
# The phase in which each is done.
PHASE_OF = {REPORTED: "self_check", RECHECKED: "recheck", RECTIFIED: "rectification"}
PHASES = ("id", "zh", "en", "first", "last", "state", "days_left")


@dataclass(frozen=True)
class Entry:
    """One event of a campaign; ``amount`` is yuan returned, or found on top.

    ``late`` says that its phase was over; ``inspectors`` who re-checked.
    """

    kind: str
    campaign: str
    unit_kind: str
    unit_id: str
    on: date
    amount: Decimal = NOTHING
    text: str = ""
    inspectors: tuple[str, ...] = ()
    late: bool = False

    @property
    def unit(self) -> tuple[str, str]:
        return (self.unit_kind, self.unit_id)

    def body(self) -> dict:
        """Return it as the ledger keeps it."""
        texts = {"on": self.on.isoformat(), "amount": str(self.amount)}
        cells = {**vars(self), **texts, "inspectors": list(self.inspectors)}
        del cells["kind"]
        return cells


def entries(events: Iterable[Event], campaign: str) -> list[Entry]:
    """Return what the ledger holds of a campaign, in order."""
    return [
        _entry(event.kind, event.body)
        for event in events
        if event.kind in PHASE_OF and event.body["campaign"] == campaign
    ]


def _entry(kind: str, body: Mapping) -> Entry:
    cells = dict(body) | {
        "on": date.fromisoformat(body["on"]),
        "amount": Decimal(body["amount"]),
        "inspectors": tuple(body["inspectors"]),
    }
    return Entry(kind=kind, **cells)


def record(
    ledger: Ledger, entry: Entry, policy: Campaign, by: str, today: date
) -> Entry:
    """Add an entry, late where its phase is over; UsageError where it may not be."""
    entry = _placed(entry, policy, today)

    def write(writing: Writing) -> None:
        _refuse(entry, entries(writing.events, policy.id))
        writing.add(Draft("", entry.kind, by, entry.body()))

    ledger.append(write)
    return entry


def _placed(entry: Entry, policy: Campaign, today: date) -> Entry:
    """Check what an entry says by itself, and hold its day against its phase."""
    check_kind(entry.unit_kind)
    if not entry.unit_id.strip():
        raise UsageError(f"{entry.unit_kind}: no id", expected="the unit's id")
    if entry.on > today:
        raise UsageError(f"day {entry.on}, after today", expected=f"up to {today}")
    if entry.kind == RECHECKED and not entry.inspectors:
        raise UsageError("no inspectors", expected="who re-checked: at least one name")
    phase = policy.phases[PHASE_OF[entry.kind]]
    if entry.on < phase.first:
        raise UsageError(
            f"day {entry.on}: {phase.zh} ({phase.id}) has not begun",
            expected=f"a day from {phase.first} on ({policy.basis})",
            todo="see: anomaly campaign show --store ...",
        )
    if entry.on > policy.ends_on:
        raise UsageError(
            f"day {entry.on}: campaign {policy.id} ended on {policy.ends_on}",
            expected=f"a day up to {policy.ends_on} ({policy.basis})",
            todo="put the present campaign into the store's campaign.toml",
        )
    return replace(entry, campaign=policy.id, late=entry.on > phase.last)


def _refuse(entry: Entry, kept: list[Entry]) -> None:
    """Refuse what was entered already, and a repair of what nobody told."""
    if entry in kept:
        raise UsageError(
            f"{entry.unit_kind} '{entry.unit_id}': the same stands for {entry.on}",
            expected="each entry once",
            todo="tell it apart by its text, if it is another",
        )
    told = any(one.unit == entry.unit and one.kind != RECTIFIED for one in kept)
    if entry.kind == RECTIFIED and not told:
        raise UsageError(
            f"{entry.unit_kind} '{entry.unit_id}': no self-report and no re-check",
            expected="something that was to be rectified",
            todo="enter it by: anomaly campaign report, or recheck",
        )


def phases(policy: Campaign, on: date) -> pd.DataFrame:
    """Return the phases as of a day (columns `PHASES`).

    state is before, running or over; several may run at once. days_left are the
    calendar days to the last of a running phase, 0 on it, else none.
    """
    rows = []
    for one in policy.phases.values():
        state = _state(one, on)
        left = (one.last - on).days if state == "running" else None
        rows.append((one.id, one.zh, one.en, one.first, one.last, state, left))
    found = pd.DataFrame(rows, columns=list(PHASES))
    return found.astype({"days_left": "Int64"})


def _state(phase: Phase, on: date) -> str:
    if on < phase.first:
        return "before"
    return "running" if on <= phase.last else "over"
