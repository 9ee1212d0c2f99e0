"""The present state of every case, and what each may do next: no input, no output."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from anomaly.casework.amounts import NOTHING
from anomaly.casework.case import CONFIRMED, Case, Event, Part, Step, Vote, person
from anomaly.casework.panel import check_decision
from anomaly.errors import UsageError
from anomaly.policy.casework import Casework

# What only some states take, and what it is called on the command line.
TAKEN_BY = {
    "amount": ("decided", "confirmed", "dismissed"),
    "recovered": ("recovered",),
    "penalty": ("recovered",),
    "presiding": ("decided",),
    "members": ("decided",),
    "actions": ("decided",),
    "multiple": ("decided",),
}
OPTION = {"members": "member", "actions": "action"}


def fold(events: Iterable[Event]) -> dict[str, Case]:
    """Return every case by its lead_id, as its events leave it."""
    found: dict[str, Case] = {}
    for event in events:
        follow(found, event)
    return found


def follow(cases: dict[str, Case], event: Event) -> None:
    """Let one event change the cases; those of tips change none."""
    change = CHANGES.get(event.kind)
    if change:
        case = change(cases.get(event.lead_id), event)
        cases[event.lead_id] = replace(case, last_seq=event.seq)


def _opened(_: Case | None, event: Event) -> Case:
    body = event.body
    parts = tuple(
        Part(one["rule"], one["indicator"], Decimal(one["amount"]))
        for one in body["parts"]
    )
    texts = ("unit_kind", "unit_id", "month", "district", "tier", "object")
    return Case(
        lead_id=event.lead_id,
        procedure=body["procedure"],
        opened_on=event.day,
        since=event.day,
        suspected=Decimal(body["suspected"]),
        parts=parts,
        **{name: body[name] for name in texts},
    )


def _imported(before: Case | None, event: Event) -> Case:
    body = event.body
    case = _opened(None, event)
    state = body["state"]
    confirmed = Decimal(body["confirmed"]) if state in CONFIRMED else NOTHING
    settled = state in (*CONFIRMED, "dismissed")
    decided_on = body["decided_on"]
    return replace(
        case,
        opened_on=before.opened_on if before else case.opened_on,
        recused=before.recused if before else frozenset(),
        state=state,
        confirmed=confirmed,
        lifted=case.suspected - confirmed if settled else NOTHING,
        recovered=Decimal(body["recovered"]),
        decided_on=date.fromisoformat(decided_on) if decided_on else None,
        appealed=state in ("appealed", "reviewed"),
        history=True,
    )


def _recused(case: Case, event: Event) -> Case:
    return replace(case, recused=case.recused | {person(event.body["name"])})


def _stepped(case: Case, event: Event) -> Case:
    body = event.body
    state = body["state"]
    case = replace(
        case,
        state=state,
        since=event.day,
        attachments={**case.attachments, **body.get("attachments", {})},
        appealed=case.appealed or state == "appealed",
        stepped=True,
    )
    amount = Decimal(body["amount"]) if "amount" in body else None
    match state:
        case "decided":
            members = dict(body["members"])
            vote = Vote(body["presiding"], members, Decimal(body["majority"]))
            return replace(
                case,
                panel=vote,
                agreed=amount,
                actions=tuple(body["actions"]),
                multiple=body["multiple"],
                decided_on=event.day,
            )
        case "confirmed" | "dismissed":
            confirmed = _outcome(case, state, amount)
            return replace(case, confirmed=confirmed, lifted=case.suspected - confirmed)
    return replace(
        case,
        recovered=case.recovered + Decimal(body.get("recovered", 0)),
        penalty_paid=case.penalty_paid + Decimal(body.get("penalty", 0)),
    )


def _outcome(case: Case, state: str, amount: Decimal | None) -> Decimal:
    """Return the confirmed yuan: those given, agreed on, or all that was suspected."""
    if state == "dismissed":
        return NOTHING
    known = case.agreed if amount is None else amount
    return case.suspected if known is None else known


CHANGES = {
    "case_opened": _opened,
    "case_imported": _imported,
    "case_recused": _recused,
    "case_stepped": _stepped,
}


def next_states(case: Case, policy: Casework) -> list[str]:
    """Return the states that may follow a case's present one."""
    return list(policy.procedure_of(case.procedure).steps.get(case.state, []))


def allowed(case: Case, step: Step, policy: Casework) -> None:
    """Raise UsageError, in one line, where a case may not take a step.

    The order of states is the procedure's; a decision needs its panel, what follows
    it its majority, and every amount must be conserved.
    """
    where = f"case {case.lead_id}, {step.state}"
    following = next_states(case, policy)
    if step.state not in following:
        raise UsageError(
            f"{where}: it is {case.state}",
            expected=f"{' or '.join(following)} next"
            if following
            else "no further step: it is closed",
            todo=f"see its history: anomaly case show '{case.lead_id}' --store ...",
        )
    _check_fields(step, where)
    _check_evidence(case, step, policy, where)
    match step.state:
        case "decided":
            check_decision(case, step, policy)
            _check_agreed(case, step, policy, where)
        case "confirmed" | "dismissed":
            _check_outcome(case, step, where)
        case "recovered":
            _check_recovered(case, step, where)


def _check_fields(step: Step, where: str) -> None:
    if not step.by.strip():
        raise UsageError(f"{where}: nobody does it", expected="a name", todo="--by")
    for name, states in TAKEN_BY.items():
        given = getattr(step, name)
        if given not in (None, "", ()) and step.state not in states:
            raise UsageError(
                f"{where}: --{OPTION.get(name, name)} is given",
                expected=f"it with {' or '.join(states)} only",
                todo="leave it out here",
            )


def _check_evidence(case: Case, step: Step, policy: Casework, where: str) -> None:
    procedure = policy.procedure_of(case.procedure)
    wanted = step.state in procedure.evidence_before
    if wanted and not (case.attachments or step.attachments):
        raise UsageError(
            f"{where}: no evidence is attached",
            expected=f"at least one file before it ({procedure.basis})",
            todo="give --attach FILE",
        )


def _check_agreed(case: Case, step: Step, policy: Casework, where: str) -> None:
    vote = Vote(step.presiding, dict(step.members), policy.panel.majority)
    if not vote.confirms and (step.amount or step.actions):
        raise UsageError(
            f"{where}: an amount or action where the majority is against",
            expected="neither: the case is dismissed",
            todo="leave out --amount and --action, or correct the votes",
        )
    _check_at_most(step.amount, case.suspected, f"{where}: --amount", "suspected")


def _check_outcome(case: Case, step: Step, where: str) -> None:
    if case.panel is None:
        raise UsageError(
            f"{where}: there is no record of a panel",
            expected="a decision with its panel first",
            todo="import the final state of a past decision instead",
        )
    majority = "confirmed" if case.panel.confirms else "dismissed"
    if step.state != majority:
        votes = list(case.panel.members.values())
        raise UsageError(
            f"{where}: {sum(votes)} of {len(votes)} voted for confirming",
            expected=f"{majority}, as the majority decided",
            todo=f"step it to {majority}",
        )
    if step.amount is None:
        return
    _check_at_most(step.amount, case.suspected, f"{where}: --amount", "suspected")
    fixed = NOTHING if step.state == "dismissed" else case.agreed
    if fixed is not None and step.amount != fixed:
        raise UsageError(
            f"{where}: --amount {step.amount}",
            expected=f"{fixed}, as was decided, or none",
            todo="leave it out",
        )


def _check_recovered(case: Case, step: Step, where: str) -> None:
    known = (step.recovered, step.penalty)
    if not any(known) and (case.confirmed or case.penalty):
        raise UsageError(
            f"{where}: nothing is said to be recovered",
            expected=f"up to {case.confirmed - case.recovered} yuan still owed",
            todo="give --recovered YUAN (and --penalty YUAN for a penalty paid)",
        )
    owed = case.confirmed - case.recovered
    _check_at_most(step.recovered, owed, f"{where}: --recovered", "still owed")
    fine = case.penalty - case.penalty_paid
    _check_at_most(step.penalty, fine, f"{where}: --penalty", "of penalty still owed")


def _check_at_most(
    amount: Decimal | None, most: Decimal, where: str, what: str
) -> None:
    if amount is not None and not 0 <= amount <= most:
        raise UsageError(
            f"{where} {amount}",
            expected=f"at most the {most} yuan {what}",
            todo="correct the amount",
        )
