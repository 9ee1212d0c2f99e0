"""Everything done to cases and tips: checked inside the ledger's own transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from getpass import getuser
from pathlib import Path

from anomaly.casework.attachments import attach
from anomaly.casework.case import CHINA, Case, Event, Step, person
from anomaly.casework.cases import allowed
from anomaly.casework.ledger import Draft, Ledger, Writing
from anomaly.casework.opening import Opening
from anomaly.casework.tips import Tip, check_reward, fold_tips, next_id
from anomaly.errors import UsageError
from anomaly.policy.casework import Casework, casework


def today() -> date:
    """Return the day it is in China."""
    return datetime.now(CHINA).date()


def operator() -> str:
    """Return the login name, for who does not say who they are."""
    try:
        return getuser()
    except (OSError, KeyError):
        raise UsageError(
            "--by: the login name is not known", expected="a name", todo="give --by"
        ) from None


@dataclass(frozen=True)
class Asked:
    """A step of one case; ``where`` tells its place in a file, '' on its own."""

    lead_id: str
    step: Step
    paths: tuple[Path, ...] = field(default=())
    where: str = ""
    expects: str = ""


class Docket:
    """The cases and tips of one store, under the policy that holds there."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self.ledger = Ledger(root)

    @cached_property
    def policy(self) -> Casework:
        return casework(self.root)

    def cases(self) -> dict[str, Case]:
        """Return every case by its lead_id."""
        return self.ledger.cases()

    def case(self, lead_id: str) -> Case:
        """Return one case; UsageError where there is none."""
        return known_case(self.cases(), lead_id)

    def events_of(self, lead_id: str) -> list[Event]:
        """Return what happened to a case, tips that name it included."""
        return [event for event in self.ledger.events() if event.lead_id == lead_id]

    def refuse_open(self, lead_id: str) -> None:
        """UsageError where a lead has a case already."""
        self._refuse_known(self.cases(), lead_id)

    def _refuse_known(self, cases: dict[str, Case], lead_id: str) -> None:
        if lead_id in cases:
            raise UsageError(
                f"case {lead_id}: it is open already ({cases[lead_id].state})",
                expected="a lead without a case",
                todo=f"see: anomaly case show '{lead_id}' --store {self.root}",
            )

    def open(
        self, opening: Opening, by: str, lead_id: str = "", procedure: str = ""
    ) -> Case:
        """Open a case; UsageError where the lead has one already."""
        name = lead_id.strip() or opening.lead_id
        chosen = self.policy.procedure_of(procedure or self.policy.procedure).id

        def write(writing: Writing) -> None:
            self._refuse_known(writing.cases, name)
            writing.add(Draft(name, "case_opened", by, opening.body(chosen)))

        self.ledger.append(write)
        return self.case(name)

    def recuse(self, lead_id: str, name: str, by: str, reason: str = "") -> Case:
        """Note that somebody stays out of a case, before it is decided."""

        def write(writing: Writing) -> None:
            case = known_case(writing.cases, lead_id)
            if case.panel or case.decided_on:
                raise UsageError(
                    f"case {lead_id}: it is {case.state}, decided already",
                    expected="a recusal before the decision",
                    todo="note it elsewhere: the panel stands as it voted",
                )
            if not person(name):
                raise UsageError(f"case {lead_id}: no name", expected="who recuses")
            if person(name) in case.recused:
                raise UsageError(
                    f"case {lead_id}: '{name}' is recused already",
                    expected="one recusal each",
                )
            body = {"name": name.strip(), "reason": reason}
            writing.add(Draft(lead_id, "case_recused", by, body))

        self.ledger.append(write)
        return self.case(lead_id)

    def step(self, lead_id: str, step: Step, paths: Sequence[Path] = ()) -> Case:
        """Let a case take a step; UsageError where it may not."""
        self.steps([Asked(lead_id, step, tuple(paths))])
        return self.case(lead_id)

    def steps(self, asked: Iterable[Asked]) -> int:
        """Let cases take steps: all, or none; return how many were taken."""
        asked = [
            replace(one, step=replace(one.step, attachments=self._attached(one)))
            for one in asked
        ]

        def write(writing: Writing) -> None:
            for one in asked:
                try:
                    self._take(writing, one)
                except UsageError as error:
                    if not one.where:
                        raise
                    raise UsageError(
                        f"{one.where}: {error.found}",
                        expected=error.expected,
                        todo=error.todo,
                    ) from None

        return len(self.ledger.append(write))

    def _attached(self, one: Asked) -> dict[str, str]:
        return attach(self.root, one.paths) if one.paths else {}

    def _take(self, writing: Writing, one: Asked) -> None:
        case = known_case(writing.cases, one.lead_id)
        if one.expects and case.state != one.expects:
            raise UsageError(
                f"case {one.lead_id}: it is {case.state} by now",
                expected=f"{one.expects}, as when the file was exported",
                todo="export again",
            )
        allowed(case, one.step, self.policy)
        body = step_body(one.step, self.policy)
        writing.add(Draft(one.lead_id, "case_stepped", one.step.by, body))

    def tips(self) -> dict[str, Tip]:
        """Return every tip by its id."""
        return fold_tips(self.ledger.events())

    def add_tip(self, tip: Tip, by: str) -> Tip:
        """Note a tip, under the next number; UsageError for too high a reward."""
        check_reward(tip.amount, tip.reward, self.policy)
        made: list[Tip] = []

        def write(writing: Writing) -> None:
            name = tip.tip_id or next_id(fold_tips(writing.events))
            if name in fold_tips(writing.events):
                raise UsageError(f"tip '{name}' stands already", expected="another id")
            if tip.lead_id:
                known_case(writing.cases, tip.lead_id)
            made.append(replace(tip, tip_id=name))
            writing.add(Draft(tip.lead_id, "tip_added", by, made[0].body()))

        self.ledger.append(write)
        return made[0]

    def link_tip(
        self,
        tip_id: str,
        lead_id: str,
        by: str,
        amount: Decimal | None = None,
        reward: Decimal | None = None,
    ) -> Tip:
        """Link a tip to a case, with what was found of it and the reward given."""

        def write(writing: Writing) -> None:
            tips = fold_tips(writing.events)
            if tip_id not in tips:
                raise UsageError(
                    f"tip '{tip_id}': there is none",
                    expected=f"one of {', '.join(tips) or 'none yet'}",
                    todo="see: anomaly tip list --store ...",
                )
            known_case(writing.cases, lead_id)
            found = tips[tip_id].amount if amount is None else amount
            given = tips[tip_id].reward if reward is None else reward
            check_reward(found, given, self.policy)
            body = {"tip_id": tip_id, "lead_id": lead_id}
            body |= {"amount": str(found), "reward": str(given)}
            writing.add(Draft(lead_id, "tip_linked", by, body))

        self.ledger.append(write)
        return self.tips()[tip_id]


def known_case(cases: dict[str, Case], lead_id: str) -> Case:
    """Return a case; UsageError where there is none of that lead."""
    if lead_id not in cases:
        raise UsageError(
            f"case '{lead_id}': there is none",
            expected="the lead_id of an open case, such as 2026-06|doctor|D1",
            todo="see: anomaly case list --store ...",
        )
    return cases[lead_id]


def step_body(step: Step, policy: Casework) -> dict:
    """Return a step as the ledger keeps it: what was given, amounts as texts."""
    body: dict = {"state": step.state}
    for name in ("amount", "recovered", "penalty"):
        if getattr(step, name) is not None:
            body[name] = str(getattr(step, name))
    if step.attachments:
        body["attachments"] = dict(step.attachments)
    if step.note:
        body["note"] = step.note
    if step.state == "decided":
        body |= {
            "presiding": step.presiding.strip(),
            "members": {name.strip(): yes for name, yes in step.members},
            "majority": str(policy.panel.majority),
            "actions": list(step.actions),
            "multiple": step.multiple or 0,
        }
    return body
