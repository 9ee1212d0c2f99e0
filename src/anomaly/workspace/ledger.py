"""The part of a workspace that keeps the ledger: cases, their steps, tips."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import pandas as pd

from anomaly.casework import case_funnel, history, listing, opening, sheet
from anomaly.casework.amounts import NOTHING, yuan
from anomaly.casework.case import Case, Step
from anomaly.casework.docket import Docket, operator, today
from anomaly.casework.opening import Opening
from anomaly.casework.publish import publish
from anomaly.casework.reading import read_rows
from anomaly.casework.tips import Tip
from anomaly.errors import StoreError, UsageError
from anomaly.periods import MonthLike, month_text, parse_month
from anomaly.policy.read import policy
from anomaly.store.store import Store

Money = Decimal | str | int | float


class LedgerDesk:
    """What `Workspace` does to cases; every change is one append to the ledger.

    ``by`` is who does it, the login name unless given. Yuan may be given as texts,
    and are told as texts.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def leads(self, unit, month, district=None, language="zh") -> pd.DataFrame:
        raise NotImplementedError

    def evidence(self, unit, month, indicator=None, district=None) -> pd.DataFrame:
        raise NotImplementedError

    def hits(self, month, rule=None, district=None) -> pd.DataFrame:
        raise NotImplementedError

    @cached_property
    def docket(self) -> Docket:
        """The cases themselves, as records."""
        return Docket(self.store.root)

    def cases(
        self,
        state: str | None = None,
        district: str | None = None,
        overdue: bool = False,
        on: date | None = None,
    ) -> pd.DataFrame:
        """Return cases (columns: `anomaly.casework.listing.COLUMNS`), urgent first."""
        return listing.listed(
            self.docket.cases().values(),
            self.docket.policy,
            on or today(),
            state=state,
            district=district,
            overdue=overdue,
        )

    def case_history(self, lead_id: str) -> pd.DataFrame:
        """Return what happened to a case: seq, at, by, kind, state, what."""
        self.docket.case(lead_id)
        return listing.history(self.docket.events_of(lead_id))

    def open_case(
        self,
        unit: str,
        unit_id: str,
        month: MonthLike,
        amount: Money | None = None,
        by: str | None = None,
        lead_id: str = "",
        procedure: str = "",
    ) -> Case:
        """Open a case of a lead, with what the month's list says of it.

        A unit that is not on the list needs an ``amount``.
        """
        opening.check_unit(unit, str(unit_id))
        given = None if amount is None else yuan(amount, "--amount")
        asked = Opening(unit, str(unit_id).strip(), month_text(month))
        self.docket.refuse_open(lead_id.strip() or asked.lead_id)
        found = self._on_list(asked)
        if found is None and given is None:
            raise UsageError(
                f"{unit} '{unit_id}': not on the list of {asked.month}",
                expected="a unit of that list, or an amount",
                todo="give --amount YUAN, or see: anomaly rank",
            )
        found = found or asked
        found = found if given is None else opening.with_amount(found, given)
        placed = opening.placed(self.store, found, self.docket.policy)
        case = self.docket.open(placed, by or operator(), lead_id, procedure)
        self.publish_cases()
        return case

    def _on_list(self, asked: Opening) -> Opening | None:
        month = parse_month(asked.month)
        ranked = policy("peers")["chains"]
        if asked.unit_kind not in ranked or month not in self.store.months():
            return None
        leads = self.leads(asked.unit_kind, month)
        return opening.from_list(
            leads,
            lambda: self.evidence(asked.unit_kind, month),
            self.hits(month),
            asked,
        )

    def step_case(
        self,
        lead_id: str,
        state: str,
        *,
        by: str | None = None,
        amount: Money | None = None,
        recovered: Money | None = None,
        penalty: Money | None = None,
        attach: Sequence[Path | str] = (),
        presiding: str = "",
        members: Mapping[str, bool] | Sequence[tuple[str, bool]] = (),
        actions: Sequence[str] = (),
        multiple: int | None = None,
        note: str = "",
    ) -> Case:
        """Let a case take one step; UsageError where it may not."""
        votes = members.items() if isinstance(members, Mapping) else members
        money = {"amount": amount, "recovered": recovered, "penalty": penalty}
        step = Step(
            state=state,
            by=by or operator(),
            presiding=presiding,
            members=tuple(votes),
            actions=tuple(actions),
            multiple=multiple,
            note=note,
            **{
                name: yuan(cell, f"--{name}")
                for name, cell in money.items()
                if cell is not None
            },
        )
        case = self.docket.step(lead_id, step, [Path(path) for path in attach])
        self.publish_cases()
        return case

    def recuse_case(
        self, lead_id: str, name: str, by: str | None = None, reason: str = ""
    ) -> Case:
        """Note that somebody stays out of a case."""
        return self.docket.recuse(lead_id, name, by or operator(), reason)

    def case_funnel(self, by: str | None = None, on: date | None = None) -> dict:
        """Return what became of all cases, by an attribute if asked; yuan as texts."""
        cases = self.docket.cases().values()
        return case_funnel.case_funnel(cases, self.docket.policy, on or today(), by)

    def import_cases(self, path: Path | str, by: str | None = None) -> dict:
        """Take in past decisions, or the steps of an exported workbook: all or none."""
        path, name = Path(path), by or operator()
        header, _ = read_rows(path, ())
        if sheet.has_steps(header):
            done = {"steps": sheet.import_steps(self.docket, path, name)}
        else:
            done = vars(history.import_history(self.docket, self.store, path, name))
        self.publish_cases()
        return done

    def export_cases(self, path: Path | str, on: date | None = None) -> int:
        """Write the open cases to a workbook to fill in; return how many."""
        cases = self.docket.cases().values()
        return sheet.export(cases, self.docket.policy, on or today(), Path(path))

    def tips(self) -> pd.DataFrame:
        """Return every tip, a row each; yuan as texts."""
        rows = [tip.body() for tip in self.docket.tips().values()]
        return pd.DataFrame(rows, columns=list(Tip.__dataclass_fields__))

    def add_tip(
        self,
        channel: str,
        received_on: date | str,
        unit: str = "",
        unit_id: str = "",
        text: str = "",
        amount: Money = NOTHING,
        reward: Money = NOTHING,
        lead_id: str = "",
        by: str | None = None,
    ) -> Tip:
        """Note a tip; UsageError for a reward above the policy's bounds."""
        if unit or unit_id:
            opening.check_unit(unit, unit_id)
        money = (yuan(amount, "--amount"), yuan(reward, "--reward"))
        tip = Tip(
            "", channel, day_of(received_on), unit, unit_id, text, *money, lead_id
        )
        added = self.docket.add_tip(tip, by or operator())
        self.publish_cases()
        return added

    def link_tip(
        self,
        tip_id: str,
        lead_id: str,
        amount: Money | None = None,
        reward: Money | None = None,
        by: str | None = None,
    ) -> Tip:
        """Link a tip to a case, with what was found of it and the reward given."""
        found = None if amount is None else yuan(amount, "--amount")
        given = None if reward is None else yuan(reward, "--reward")
        tip = self.docket.link_tip(tip_id, lead_id, by or operator(), found, given)
        self.publish_cases()
        return tip

    def publish_cases(self) -> bool:
        """Write FINDINGS and TIPS anew; return whether anything had changed."""
        try:
            return publish(self.store)
        except StoreError as error:
            raise StoreError(
                f"recorded in the ledger, but not yet in FINDINGS: {error}",
                todo="do not repeat it; later run: anomaly case publish --store"
                f" {self.store.root}",
            ) from None


def day_of(day: date | str) -> date:
    """Return a day given as one or as 'YYYY-MM-DD'; UsageError where it is none."""
    try:
        return day if isinstance(day, date) else date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"day '{day}'", expected="YYYY-MM-DD") from None
