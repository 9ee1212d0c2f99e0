"""The part of a workspace that decides where to look."""

from anomaly.case_desk import CaseDesk
from anomaly.inspection.kept_draws import KeptDraw, kept_draw
from anomaly.periods import MonthLike, month_text


class InspectionDesk(CaseDesk):
    """What `Workspace` says of draws, samples, visits, points and the year."""

    def drawn(self, month: MonthLike) -> KeptDraw | None:
        """Return the inspection draw kept for a month, None where there is none."""
        return kept_draw(self.store.root, month_text(month))
