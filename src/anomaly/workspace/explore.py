"""The part of a workspace that gives pictures their tables."""

from datetime import date

import numpy as np
import pandas as pd

from anomaly.errors import UsageError
from anomaly.features.limits import limits
from anomaly.leads import case_standing, person_visits
from anomaly.leads.contributions import contributions
from anomaly.leads.headings import headed
from anomaly.leads.ranking import judge
from anomaly.leads.reasons import name_of
from anomaly.leads.scoring import score
from anomaly.periods import MonthLike, month_text, parse_month, shift
from anomaly.store.store import Store

PEERS = ("unit_id", "unit_name", "institution_id", "name", "value", "n", "is_unit")
ENDS = ("expected", "expected_low", "expected_high", "p")
ROWS = 20


class ExploreDesk:
    """What `Workspace` gives an analyst to look at; it brings the store and lists.

    Each method returns a plain frame that a function of `anomaly.plots` draws.
    """

    store: Store

    def leads(self, unit, month, district=None, language="zh") -> pd.DataFrame:
        raise NotImplementedError

    def evidence(self, unit, month, indicator=None, district=None) -> pd.DataFrame:
        raise NotImplementedError

    def features(self, unit, month=None) -> pd.DataFrame:
        raise NotImplementedError

    def indicators(self) -> pd.DataFrame:
        raise NotImplementedError

    def prepare(self, month: MonthLike, progress=None, unit=None) -> date:
        raise NotImplementedError

    def funnel_points(
        self, unit: str, month: MonthLike, indicator: str, district: str | None = None
    ) -> pd.DataFrame:
        """Return a funnel's units (columns: `anomaly.plots.funnel_table`).

        n is visits, oe observed over expected, no unit. UsageError for an indicator
        that leads do not ask about. Drawn by `anomaly.plots.draw_funnel`.

        >>> store.funnel_points("doctor", "2026-06", "visits")  # doctest: +SKIP
        """
        from anomaly.plots import funnel_table

        rows = self.evidence(unit, month, indicator, district)
        self._known(rows, unit, month, indicator)
        return funnel_table(rows, self.leads(unit, month, district))

    def course(
        self,
        unit: str,
        unit_id: str,
        indicator: str,
        last: MonthLike | None = None,
        language: str = "zh",
    ) -> pd.DataFrame:
        """Return one unit's indicator month by month: month, name, value, n.

        Up to the month given, all that are loaded otherwise; in the indicator's own
        unit. UsageError where there is none. Drawn by `anomaly.plots.draw_control`,
        after `anomaly.plots.control_table`.

        >>> store.course("doctor", "D1", "visits")  # doctest: +SKIP
        """
        until = parse_month(last) if last else self.store.months()[-1]
        rows = self.features(unit)
        found = rows[(rows["unit_id"] == unit_id) & (rows["indicator"] == indicator)]
        found = found[pd.to_datetime(found["month"]).dt.date <= until]
        if found.empty:
            raise UsageError(
                f"{unit} '{unit_id}', indicator '{indicator}': no value",
                expected="a unit and an indicator of store.features(unit)",
            )
        known = self.indicators().set_index("indicator")[language]
        found = found.assign(name=known.get(indicator, indicator))
        return found[["month", "name", "value", "n"]].reset_index(drop=True)

    def peer_values(
        self,
        unit: str,
        unit_id: str,
        month: MonthLike,
        indicator: str,
        language: str = "zh",
    ) -> pd.DataFrame:
        """Return a unit beside the peers that one test holds it to.

        A row a unit: unit_id, unit_name, institution_id, name (the indicator's),
        value, n, is_unit, and of the unit itself expected, expected_low,
        expected_high and p. Values pool the window, of a count a month's mean.
        UsageError for a unit or indicator the month does not have. Drawn by
        `anomaly.plots.draw_peers`.

        >>> store.peer_values("doctor", "D1", "2026-06", "visits")  # doctest: +SKIP
        """
        leads = self.leads(unit, month)
        self._listed(leads, unit, unit_id, month)
        about = case_standing.subject(
            self.store, leads, unit, str(unit_id), parse_month(month), "zh"
        )
        own = about.own[about.own["indicator"] == indicator]
        self._known(own, unit, month, indicator)
        wanted = {unit_id, *about.members(own.iloc[0])}
        rows = about.evidence[about.evidence["indicator"] == indicator]
        rows = rows[rows["unit_id"].isin(wanted)]
        names = leads[["unit_id", "unit_name", "institution_id"]]
        found = rows.merge(names, on="unit_id", how="left")
        found = found.assign(
            is_unit=found["unit_id"] == unit_id, name=name_of(indicator, language)
        )
        found.loc[~found["is_unit"], list(ENDS)] = float("nan")
        found = found.sort_values(["value", "unit_id"], ignore_index=True)
        return found[[*PEERS, *ENDS]]

    def contributions(
        self,
        unit: str,
        unit_id: str,
        month: MonthLike,
        language: str = "zh",
        headers: str = "id",
    ) -> pd.DataFrame:
        """Return what each part adds to a unit's risk.

        Columns: `anomaly.leads.contributions.CONTRIBUTIONS`; ``adds`` sums up to the
        list's risk. Drawn by `anomaly.plots.draw_waterfall`.

        >>> store.contributions("doctor", "D1", "2026-06")  # doctest: +SKIP
        """
        prepared = self.prepare(month, unit=unit)
        found = judge(self.store, unit, prepared, language)
        self._listed(found.frame.reset_index(), unit, unit_id, month)
        return headed(contributions(found, unit_id, language), "contributions", headers)

    def heat(
        self,
        unit: str,
        month: MonthLike,
        district: str | None = None,
        rows: int = ROWS,
        measure: str = "z",
        language: str = "zh",
    ) -> pd.DataFrame:
        """Return the first leads by indicator: a row a unit, a column an indicator.

        ``measure`` is 'z' (peers' standard deviations, signed) or 'p' (-log10 of p).
        Rows are headed '1 NAME', columns by name. NaN where nothing was compared.
        Drawn by `anomaly.plots.draw_heat`.

        >>> store.heat("doctor", "2026-06", rows=10)  # doctest: +SKIP
        """
        if measure not in ("z", "p"):
            raise UsageError(f"measure '{measure}'", expected="z or p")
        leads = self.leads(unit, month, district).head(rows)
        found = score(self.store, unit, parse_month(month))
        found = found[found["unit_id"].isin(leads["unit_id"])]
        cells = found.pivot_table(
            index="unit_id", columns="indicator", values=measure, aggfunc="first"
        ).reindex(leads["unit_id"])
        order = [one for one in dict.fromkeys(found["indicator"]) if one in cells]
        cells = cells[order].astype(float)
        if measure == "p":
            cells = -np.log10(cells.clip(lower=1e-15))
        cells.index = leads["rank"].astype(str) + " " + leads["unit_name"].astype(str)
        return cells.set_axis([name_of(one, language) for one in order], axis=1)

    def visits_of(
        self,
        insured_id: str,
        last: MonthLike,
        months: int = 12,
        headers: str = "id",
    ) -> pd.DataFrame:
        """Return a person's visits in the months up to the last one.

        Columns: `anomaly.leads.person_visits.VISITS`; yuan. `insured_id` as it is.
        Drawn by `anomaly.plots.draw_calendar`.

        >>> store.visits_of("99010001", "2026-06", months=3)  # doctest: +SKIP
        """
        rows = person_visits.visits_of(
            self.store, str(insured_id), self._window(last, months)
        )
        return headed(rows, "visits", headers)

    def companions(
        self,
        insured_id: str,
        last: MonthLike,
        months: int = 3,
        days: int | None = None,
        headers: str = "id",
    ) -> pd.DataFrame:
        """Return who comes on the same days to the same institutions as a person.

        Columns: `anomaly.leads.person_visits.COMPANIONS`, a row a pair with ``days``
        or more shared days (the policy's companion_times unless given). Drawn by
        `anomaly.plots.draw_network`.

        >>> store.companions("99010001", "2026-06", days=5)  # doctest: +SKIP
        """
        least = limits().companion_times if days is None else days
        rows = person_visits.companions(
            self.store, str(insured_id), self._window(last, months), least
        )
        return headed(rows, "companions", headers)

    def _window(self, last: MonthLike, months: int) -> list[date]:
        end = parse_month(last)
        self.store.check_month(end)
        if months < 1:
            raise UsageError(f"months {months}", expected="1 or more")
        first = shift(end, 1 - months)
        return [each for each in self.store.months() if first <= each <= end]

    def _known(self, rows, unit: str, month: MonthLike, indicator: str) -> None:
        if rows.empty:
            asked = sorted(set(self.evidence(unit, month)["indicator"]))
            raise UsageError(
                f"indicator '{indicator}': no evidence on it",
                expected=f"one of {', '.join(asked)}",
            )

    def _listed(self, leads, unit: str, unit_id: str, month: MonthLike) -> None:
        if unit_id not in set(leads["unit_id"]):
            raise UsageError(
                f"{unit} '{unit_id}': none in {month_text(month)}",
                expected=f"one of the {len(leads)} that month",
            )
