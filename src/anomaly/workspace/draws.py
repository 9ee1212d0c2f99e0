"""The part of a workspace that draws by lot whom to inspect."""

from datetime import timedelta

import pandas as pd

from anomaly.casework.docket import operator
from anomaly.inspection import kept_draws
from anomaly.inspection import pool as pool_room
from anomaly.inspection.draw import Terms
from anomaly.inspection.kept_draws import KeptDraw
from anomaly.inspection.terms import terms
from anomaly.inspection.units import KINDS, units
from anomaly.periods import MonthLike, month_text, parse_month, shift
from anomaly.policy.inspection import inspection
from anomaly.workspace.cases import CaseDesk


class DrawDesk(CaseDesk):
    """What `Workspace` says of draws."""

    def pool(self, month: MonthLike) -> pd.DataFrame:
        """Return whom a draw may send inspectors to: every institution and pharmacy.

        Columns: `anomaly.inspection.pool.COLUMNS`; those under agreement in the month,
        with the risk of its lists.
        """
        lists = [self.leads(unit, month) for unit in KINDS]
        leads = pd.concat(one[["unit_kind", "unit_id", "risk"]] for one in lists)
        last = shift(parse_month(month), 1) - timedelta(days=1)
        return pool_room.pool(units(self.store, last), leads)

    def draw_terms(
        self,
        inspectors: pd.DataFrame,
        count: int,
        team: int = 2,
        *,
        month: MonthLike | None = None,
        institutions: pd.DataFrame | None = None,
        cross_county: bool = False,
    ) -> Terms:
        """Return the terms of a draw under this store's policy.

        From ``institutions``, or from the month's `pool` where none are given.
        """
        policy = inspection(self.store.root).draw
        return terms(
            self.pool(month) if institutions is None else institutions,
            inspectors,
            count=count,
            team=team,
            policy=policy,
            cross_county=cross_county or policy.cross_county,
            known=set(units(self.store)["unit_id"]),
        )

    def announce_draw(
        self,
        month: MonthLike,
        seed_hash: str,
        terms: Terms,
        by: str | None = None,
        seed_from: str = "",
    ) -> KeptDraw:
        """Write a draw's terms and what binds its seed into the ledger, before it.

        Its hash, or '' and which public number it will be.
        """
        asked = (self.store.root, month_text(month), seed_hash, terms)
        return kept_draws.announce(*asked, by or operator(), seed_from)

    def make_draw(
        self,
        month: MonthLike,
        seed: str,
        terms: Terms | None = None,
        by: str | None = None,
    ) -> KeptDraw:
        """Draw, once a month, and write it into the ledger."""
        root, month = self.store.root, month_text(month)
        return kept_draws.make(root, month, seed, terms, by or operator())

    def draw(self, month: MonthLike) -> KeptDraw | None:
        """Return a month's draw, announced or drawn; None where there is neither."""
        return kept_draws.standing(self.store.root, month_text(month))

    def drawn(self, month: MonthLike) -> KeptDraw | None:
        """Return the draw made for a month, None where there is none."""
        return kept_draws.kept_draw(self.store.root, month_text(month))
