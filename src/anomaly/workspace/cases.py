"""The part of a workspace that tells what stands behind a lead, and what came of it."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from anomaly.casework import funnel as funnel_room
from anomaly.casework import self_audit
from anomaly.casework.integrity import IntegrityFile, integrity_file
from anomaly.casework.points_book import PointsBook, of_unit
from anomaly.leads import feedback, item_watch, recovery, weighed
from anomaly.leads.ranking import judge
from anomaly.periods import MonthLike, parse_month
from anomaly.workspace.ledger import LedgerDesk


class CaseDesk(LedgerDesk):
    """What `Workspace` says of cases; it brings the store, `leads` and `prepare`."""

    def prepare(self, month: MonthLike, progress=None, unit=None) -> date:
        raise NotImplementedError

    def weighed(
        self,
        unit: str,
        unit_ids: Sequence[str],
        month: MonthLike,
        language: str = "zh",
    ) -> pd.DataFrame:
        """Return what speaks for and against some units of a month's list.

        O/E, place among the peers, what was checked, what the notices provide for
        (columns: `anomaly.leads.weighed.WEIGHED`).
        """
        leads = self.leads(unit, month, language=language)
        return weighed.weighed(
            self.store, leads, unit, unit_ids, parse_month(month), language
        )

    def items(self, month: MonthLike, district: str | None = None) -> pd.DataFrame:
        """Return items on which a district spends more than the others' mix.

        Columns: `anomaly.leads.item_watch.COLUMNS`; yuan; a description, no test.
        """
        return item_watch.item_watch(self.store, self.prepare(month), district)

    def decided(self, month: MonthLike) -> pd.DataFrame:
        """Return how often each rule's leads were confirmed by a month's end.

        On rule: decided, confirmed, share (shrunk).
        """
        return feedback.confirmed_shares(self.store, parse_month(month))

    def funnel(self, month: MonthLike, district: str | None = None) -> pd.DataFrame:
        """Return how far the leads of twelve months have come: stage, count, amount."""
        found = funnel_room.findings(self.store, district)
        return funnel_room.funnel(found, parse_month(month))

    def precision(self, month: MonthLike) -> pd.DataFrame:
        """Return the precision of rules, indicators and tiers known by a month's end.

        by, key, decided, confirmed, share and its 95 % interval lower, upper.
        """
        return feedback.precision(feedback.decisions(self.store, parse_month(month)))

    def expected_recovery(self, unit: str, month: MonthLike) -> pd.DataFrame:
        """Return leads by the yuan that looking into them may bring, with intervals.

        Columns: `anomaly.leads.recovery.COLUMNS`.
        """
        month = self.prepare(month, unit=unit)
        known = feedback.decisions(self.store, month)
        return recovery.expected_recovery(judge(self.store, unit, month), known)

    def integrity_file(
        self, unit: str, unit_id: str, language: str = "zh"
    ) -> IntegrityFile:
        """Return everything that was found, repaired and restored of one unit."""
        cases = self.cases()
        own = (cases["unit_kind"] == unit) & (cases["unit_id"] == unit_id)
        cases = cases[own].sort_values(["month", "lead_id"])
        events = [
            self.case_history(lead).assign(lead_id=lead) for lead in cases["lead_id"]
        ]
        history = pd.concat(events) if events else pd.DataFrame()
        book = PointsBook(self.store.root)
        points = of_unit(book.entries(), unit, unit_id)
        return integrity_file(
            *(self.store, unit, unit_id, cases, history),
            *(points, book.policy, language),
        )

    def self_audit(self, month: MonthLike) -> pd.DataFrame:
        """Return the agency's look at its own handlers, one row each.

        Columns: `anomaly.casework.self_audit.COLUMNS`; yuan.
        """
        month = parse_month(month)
        self.store.check_month(month)
        return self_audit.self_audit(self.store, month)
