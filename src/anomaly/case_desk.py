"""The part of a workspace that tells what stands behind a lead, and what came of it."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from anomaly.casework import funnel as funnel_room
from anomaly.casework import self_audit
from anomaly.casework.kept_draws import KeptDraw, kept_draw
from anomaly.leads import feedback, item_watch, weighed
from anomaly.ledger_desk import LedgerDesk
from anomaly.periods import MonthLike, month_text, parse_month


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

    def self_audit(self, month: MonthLike) -> pd.DataFrame:
        """Return the agency's look at its own handlers, one row each.

        Columns: `anomaly.casework.self_audit.COLUMNS`; yuan.
        """
        month = parse_month(month)
        self.store.check_month(month)
        return self_audit.self_audit(self.store, month)

    def drawn(self, month: MonthLike) -> KeptDraw | None:
        """Return the inspection draw kept for a month, None where there is none."""
        return kept_draw(self.store.root, month_text(month))
