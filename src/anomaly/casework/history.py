"""A bureau's past decisions, imported as history: no step is asked of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from anomaly.casework.amounts import NOTHING, yuan
from anomaly.casework.case import CONFIRMED
from anomaly.casework.docket import Docket
from anomaly.casework.ledger import Draft, Writing
from anomaly.casework.opening import Opening, check_unit
from anomaly.casework.reading import Row, read_rows, refuse_all
from anomaly.errors import AnomalyError, UsageError
from anomaly.periods import month_text
from anomaly.policy.casework import STATES, Casework
from anomaly.store.store import Store

NEEDED = (
    "lead_id",
    "unit_kind",
    "unit_id",
    "district",
    "month",
    "state",
    "amount",
    "recovered",
    "decided_on",
    "by",
)
# Taken in where a file has them; `confirmed` is the part of `amount` that held.
MORE = ("confirmed", "tier", "rule", "indicator")
TIERS = ("", "yellow", "orange", "red")


@dataclass
class Imported:
    """What an import did: rows by what became of them, and units not in the store."""

    read: int = 0
    new: int = 0
    superseded: int = 0
    unchanged: int = 0
    unknown_units: list[str] = field(default_factory=list)
    superseded_leads: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Past:
    """One row, read: the lead, who decided, and the body of its event."""

    where: str
    lead_id: str
    by: str
    body: dict


def import_history(docket: Docket, store: Store, path: Path, by: str) -> Imported:
    """Take a file of past decisions in, wholly or not at all.

    A lead that was imported before is left as it is where the row says the same,
    and superseded where it says otherwise. DataRefusedError names every bad row; so
    it does for a lead that is handled in the ledger itself.
    """
    _, rows = read_rows(path, NEEDED)
    past = _read(path, rows, docket.policy, by)
    done = Imported(read=len(past))
    docket.ledger.append(lambda writing: _write(writing, path, past, done))
    done.unknown_units = _unknown(store, past)
    return done


def _read(path: Path, rows: list[Row], policy: Casework, by: str) -> list[Past]:
    found: dict[str, Past] = {}
    faults = []
    for row in rows:
        try:
            past = _past(row, policy, by)
            if past.lead_id in found:
                raise UsageError(
                    f"{row.at('lead_id')}: '{past.lead_id}' stands twice, first in"
                    f" {found[past.lead_id].where}",
                    expected="each lead once",
                )
            found[past.lead_id] = past
        except AnomalyError as error:
            faults.append(str(error))
    refuse_all(path, faults)
    return list(found.values())


def _past(row: Row, policy: Casework, by: str) -> Past:
    lead_id = row.text("lead_id")
    if not lead_id:
        raise UsageError(f"{row.at('lead_id')}: nothing", expected="the lead's id")
    state = row.text("state")
    if state not in STATES:
        raise UsageError(
            f"{row.at('state')}: '{state}'", expected=f"one of {', '.join(STATES)}"
        )
    _in(row, "unit_kind", lambda text: check_unit(text, "x"))
    _in(row, "unit_id", lambda text: check_unit("doctor", text))
    opening = Opening(
        unit_kind=row.text("unit_kind"),
        unit_id=row.text("unit_id"),
        month=_in(row, "month", lambda text: month_text(_month(text))),
        district=row.text("district"),
        tier=_tier(row),
    )
    body = opening.body(policy.procedure)
    body |= _money(row, state) | {"state": state, "decided_on": _day(row)}
    rule, indicator = row.text("rule"), row.text("indicator")
    part = {"rule": rule, "indicator": indicator, "amount": body["suspected"]}
    body["parts"] = [part] if rule or indicator else []
    return Past(row.where, lead_id, row.text("by") or by, body)


def _in(row: Row, name: str, read: Callable):
    """Read a cell, and say where it stands if it cannot be read."""
    try:
        return read(row.text(name))
    except UsageError as error:
        raise UsageError(
            f"{row.at(name)}: '{row.text(name)}'", expected=error.expected
        ) from None


def _month(text: str) -> str:
    """Return 'YYYY-MM' of a month or of any day in it, as spreadsheets make."""
    return text[:7] if len(text) == len("2026-06-01") else text


def _tier(row: Row) -> str:
    tier = row.text("tier")
    if tier not in TIERS:
        raise UsageError(
            f"{row.at('tier')}: '{tier}'", expected="yellow, orange, red or nothing"
        )
    return tier


def _day(row: Row) -> str:
    text = row.text("decided_on")
    if not text:
        return ""
    try:
        return date.fromisoformat(text[:10].replace("/", "-")).isoformat()
    except ValueError:
        raise UsageError(
            f"{row.at('decided_on')}: '{text}'",
            expected="a day as 2026-06-05, or nothing",
        ) from None


def _money(row: Row, state: str) -> dict[str, str]:
    """Return the amounts of a row; none may grow on its way."""
    suspected = _amount(row, "amount")
    confirmed = suspected if state in CONFIRMED else NOTHING
    if row.text("confirmed"):
        confirmed = _amount(row, "confirmed")
    recovered = _amount(row, "recovered", default=NOTHING)
    if confirmed > suspected or (confirmed and state not in CONFIRMED):
        raise UsageError(
            f"{row.at('confirmed')}: {confirmed} in state {state}",
            expected=f"at most the amount, {suspected}, of a confirmed case",
        )
    if recovered > confirmed:
        raise UsageError(
            f"{row.at('recovered')}: {recovered}",
            expected=f"at most the {confirmed} yuan confirmed",
        )
    amounts = (suspected, confirmed, recovered)
    return dict(
        zip(("suspected", "confirmed", "recovered"), map(str, amounts), strict=True)
    )


def _amount(row: Row, name: str, default: Decimal | None = None) -> Decimal:
    if default is not None and not row.text(name):
        return default
    return yuan(row.cells.get(name, ""), row.at(name))


def _write(writing: Writing, path: Path, past: list[Past], done: Imported) -> None:
    """Add what is new or says otherwise than before, inside the transaction."""
    said = {
        event.lead_id: (event.by, _compared(event.body))
        for event in writing.events
        if event.kind == "case_imported"
    }
    faults = []
    for one in past:
        if said.get(one.lead_id) == (one.by, _compared(one.body)):
            done.unchanged += 1
            continue
        case = writing.cases.get(one.lead_id)
        if case and (case.stepped or not case.history):
            faults.append(
                f"{one.where}: lead '{one.lead_id}' is handled in the ledger"
                f" ({case.state}); step it instead"
            )
            continue
        if case:
            done.superseded += 1
            done.superseded_leads.append(one.lead_id)
        else:
            done.new += 1
        writing.add(Draft(one.lead_id, "case_imported", one.by, one.body))
    refuse_all(path, faults)


def _compared(body: Mapping) -> dict:
    """Return what a row says; the procedure is the policy's, not the row's."""
    return {key: cell for key, cell in body.items() if key != "procedure"}


def _unknown(store: Store, past: list[Past]) -> list[str]:
    """Return the units that no master and no settlement of the store knows."""
    asked: dict[str, set[str]] = {}
    for one in past:
        asked.setdefault(one.body["unit_kind"], set()).add(one.body["unit_id"])
    found = [
        f"{kind} {name}"
        for kind, names in asked.items()
        for name in names - _known(store, kind)
    ]
    return sorted(found)


def _known(store: Store, kind: str) -> set[str]:
    """Return the ids of a kind in FEATURES, the masters and the settlements."""
    seen = {
        "doctor": [("doctor", "doctor_id")],
        "institution": [
            ("institution", "institution_id"),
            ("settlement", "institution_id"),
        ],
        "pharmacy": [("pharmacy", "pharmacy_id")],
        "insured": [("insured", "insured_id"), ("settlement", "insured_id")],
        "district": [("district", "district"), ("institution", "district")],
        "item": [("catalogue", "national_item_code")],
    }
    known: set[str] = set()
    for table, column in seen.get(kind, []):
        store.show(table)
        rows = store.engine.frame(f"SELECT DISTINCT {column} AS unit_id FROM {table}")
        known |= set(rows["unit_id"].dropna().astype(str))
    return known
