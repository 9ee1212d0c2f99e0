"""The part of a workspace that reads indicators."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from anomaly.features import builder, frames
from anomaly.features.growth import derived, months_with_before
from anomaly.features.indicator import Indicator, indicators
from anomaly.leads import needs as needs_room
from anomaly.leads.headings import headed
from anomaly.periods import MonthLike, parse_month
from anomaly.store.store import Store


class FeatureDesk:
    """What `Workspace` says of indicators; it brings the store and ``own``."""

    store: Store
    own: Mapping[str, Indicator]

    def features(
        self,
        unit: str,
        month: MonthLike | None = None,
        *,
        growth: bool = False,
        wide: bool = False,
        headers: str = "id",
    ) -> pd.DataFrame:
        """Return FEATURES of a kind of unit, of one month or all.

        Long (unit_kind, unit_id, month, indicator, numerator, denominator, n,
        spread, value) or, with ``wide``, one row a unit and month, its columns
        headed by id or by name in 'zh' or 'en', but for the three that say whose
        row it is. A pair's unit_id is both ids with
        a bar between. With ``growth`` also what is derived against the same month
        last year (``_yoy``) and the month before (``_mom``), where the store holds
        them. What a column that is absent leaves out, `needs` tells.
        """
        frames.check_unit(unit)
        frames.check_headers(headers)
        months = [parse_month(month)] if month else self.months()
        for each in months:
            self.store.check_month(each)
        rows = self._features(unit, months)
        if growth:
            rows = pd.concat([rows, self._growth(unit, months)], ignore_index=True)
        if wide:
            return frames.widened(rows, headers, self.own)
        return headed(rows, "features", headers)

    def _features(
        self, unit: str, months: list[date], only: list[str] | None = None
    ) -> pd.DataFrame:
        builder.build(self.store, months, units=[unit])
        mine = [record for record in self.own.values() if unit in record.units]
        beside = [builder.build_own(self.store, months, unit, mine)] if mine else []
        return frames.features(self.store, unit, months, only=only, beside=beside)

    def _growth(self, unit: str, months: list[date]) -> pd.DataFrame:
        known = [*indicators().values(), *self.own.values()]
        records = [one for one in known if unit in one.units and one.growth]
        # What has no growth gives no rows, and no month is built for it.
        both = [m for m in months_with_before(months) if m in self.months()]
        both = both if records else months
        rows = self._features(unit, both, [record.id for record in records])
        return derived(rows, months, records)

    def indicators(self) -> pd.DataFrame:
        """Return the catalogue of indicators, one row each."""
        known = indicators() | self.own
        rows = [vars(record) for record in known.values()]
        return pd.DataFrame(rows).rename(columns={"id": "indicator"})

    def needs(self, language: str = "zh") -> pd.DataFrame:
        """Return what each indicator and rule lacks: kind, id, allowed, missing."""
        return needs_room.needs(self.store, language, self.own)
