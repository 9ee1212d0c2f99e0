"""The part of a workspace that watches a bureau's own alert lines."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from anomaly.errors import UsageError
from anomaly.leads import coverage, exceptions, growing, standing
from anomaly.leads import lines as lines_room
from anomaly.leads.standing import Backtest
from anomaly.periods import MonthLike, parse_month
from anomaly.store.store import Store


class LineDesk:
    """What `Workspace` says of lines; it brings the store and `prepare`."""

    store: Store

    def alert_lines(self) -> pd.DataFrame:
        """Return the alert lines that hold in this store, one row each."""
        return lines_room.catalogue(self.store.root)

    def exceptions(self, month: MonthLike) -> pd.DataFrame:
        """Return the justified exceptions of this store, and whether each holds.

        Columns: `anomaly.leads.exceptions.COLUMNS` and holds, in that month.
        """
        month = parse_month(month)
        found = exceptions.exceptions(self.store.root)
        holds = [expires >= month for expires in found["expires"]]
        return found.assign(holds=holds)

    def lines(self, unit: str, month: MonthLike) -> pd.DataFrame:
        """Return which units have passed or approach which line, the highest first.

        Columns: `anomaly.leads.standing.standing`. ``line`` is '' for those that only
        approach one; nearness 1 is at the ``next`` line.
        """
        coverage.check_ranked(unit)
        prepared: date = self.prepare(month, unit=unit)
        return standing.approached(standing.standing(self.store, unit, prepared))

    def backtest(
        self, unit: str, settings: Sequence[str], months: int = 12
    ) -> Backtest:
        """Say what moved lines would have done in the last months; nothing is kept.

        ``settings`` are texts such as 'fee_per_visit_outpatient.warning=1.4'.
        """
        coverage.check_ranked(unit)
        if months < 1:
            raise UsageError(f"months {months}", expected="1 or more")
        if not settings:
            raise UsageError("nothing is moved", expected="LINE.step=value")
        mine = [
            line for line in lines_room.lines(self.store.root) if unit in line.units
        ]
        standing.moved(mine, settings)
        wanted = self._months(())[-months:]
        self.prepare(wanted[-1], unit=unit)
        return standing.backtest(self.store, unit, wanted, settings)

    def abnormal_growth(self, month: MonthLike, language: str = "zh") -> pd.DataFrame:
        """Return institutions and doctors that have grown beyond their peers.

        Columns: `anomaly.leads.growing.COLUMNS`; what the notices suggest is policy's.
        """
        prepared: date = self.prepare(month)
        return growing.abnormal_growth(self.store, prepared, language)

    def _state(self) -> tuple[str, ...]:
        """Return what a list hangs on: accepted input, and the bureau's own files."""
        own = (self.store.root / name for name in (lines_room.FILE, exceptions.FILE))
        texts = (path.read_text("utf-8-sig") if path.exists() else "" for path in own)
        return (self.store.fingerprint(), *texts)
