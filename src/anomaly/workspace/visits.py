"""The part of a workspace that decides where to look."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from anomaly.casework.docket import operator, today
from anomaly.inspection import coverage as coverage_room
from anomaly.inspection import visits as visits_room
from anomaly.inspection.cross import cross_county
from anomaly.inspection.night import night_list
from anomaly.inspection.units import KINDS, units
from anomaly.inspection.visits import Visit
from anomaly.leads.coverage import districts
from anomaly.periods import MonthLike, parse_month
from anomaly.policy.coverage import coverage_policy
from anomaly.workspace.draws import DrawDesk
from anomaly.workspace.ledger import day_of


class InspectionDesk(DrawDesk):
    """What `Workspace` says of visits: made, due, by night, across counties."""

    def visits(self, unit: str = "", unit_id: str = "") -> pd.DataFrame:
        """Return inspections done (columns: `anomaly.inspection.visits.COLUMNS`)."""
        found = visits_room.frame(self._visits())
        for column, asked in (("unit_kind", unit), ("unit_id", unit_id)):
            if asked:
                found = found[found[column] == asked]
        return found.reset_index(drop=True)

    def _visits(self) -> list[Visit]:
        return list(visits_room.fold_visits(self.docket.ledger.events()).values())

    def add_visit(
        self,
        unit: str,
        unit_id: str,
        inspected_on: date | str,
        inspectors: str | Sequence[str],
        how: str = "routine",
        found: str = "",
        lead_id: str = "",
        by: str | None = None,
    ) -> Visit:
        """Note an inspection that was done; UsageError where it stands already."""
        visit = Visit(
            "",
            unit,
            unit_id.strip(),
            day_of(inspected_on),
            how,
            visits_room.names_of(inspectors),
            found,
            lead_id,
        )
        return visits_room.add(self.docket.ledger, visit, by or operator(), today())

    def import_visits(self, path: Path | str, by: str | None = None) -> dict:
        """Take in a file of inspections, all or none; twice adds nothing.

        Returns read, new, superseded, unchanged, superseded_visits, and unknown_units:
        those that no inspection before this file was of.
        """
        before = set(self.unknown_units())
        done = visits_room.import_visits(
            self.docket.ledger, Path(path), by or operator(), today()
        )
        done.unknown_units = [o for o in self.unknown_units() if o not in before]
        return vars(done)

    def inspected_units(self, on: date | str | None = None) -> pd.DataFrame:
        """Return whom inspectors visit: those under agreement on a day, or ever.

        Columns: `anomaly.inspection.units.COLUMNS`.
        """
        return units(self.store, day_of(on) if on else None)

    def unknown_units(self) -> list[str]:
        """Return inspected units that neither masters nor bills of the store know."""
        known = units(self.store)
        return visits_room.unknown_units(known, self._visits())

    def visit_coverage(
        self,
        on: date | str | None = None,
        listed: pd.DataFrame | None = None,
        seed: str = "",
        risk_of: MonthLike | None = None,
    ) -> pd.DataFrame:
        """Return a row a unit: visited, due or overdue, and in which month to go.

        Columns: `anomaly.inspection.coverage.COLUMNS`. ``listed`` are the units
        (`anomaly.inspection.units.read_units`), those of the store if not given.
        ``risk_of`` is a month whose lists say how risky each is.
        """
        day = day_of(on or today())
        wanted = units(self.store, day) if listed is None else listed
        if risk_of:
            lists = [self.leads(kind, risk_of) for kind in KINDS]
            risks = pd.concat(lists)[["unit_kind", "unit_id", "risk"]]
            wanted = wanted.drop(columns="risk", errors="ignore")
            wanted = wanted.merge(risks, on=["unit_kind", "unit_id"], how="left")
        policy = coverage_policy(self.store.root)
        return coverage_room.coverage(wanted, self._visits(), day, policy, seed)

    def visit_progress(
        self,
        covered: pd.DataFrame,
        on: date | str | None = None,
        by: Sequence[str] = ("unit_kind",),
    ) -> pd.DataFrame:
        """Return how far the period has come, a row a kind, of `visit_coverage`."""
        return coverage_room.progress(covered, day_of(on or today()), by)

    def night_list(
        self,
        month: MonthLike,
        district: str | None = None,
        language: str = "zh",
        seed: str = "",
    ) -> pd.DataFrame:
        """Return where and when to check beds by night.

        Columns: `anomaly.inspection.night.COLUMNS`; the nights are of the month after.
        """
        hits = self.hits(month, district=district)
        found = night_list(
            self.store, parse_month(month), hits, language=language, seed=seed
        )
        if district:
            found = found[found["district"] == district].reset_index(drop=True)
        return found

    def cross_county(
        self, seed: str, wanted: Iterable[str] | None = None
    ) -> pd.DataFrame:
        """Return which district checks which: district, name, checked_by and its name.

        Of the store's districts, or of those given.
        """
        known = districts(self.store).set_index("district")["name"]
        found = cross_county(known.index if wanted is None else wanted, seed)
        for column, key in (("name", "district"), ("checked_by_name", "checked_by")):
            found[column] = found[key].map(known).fillna(found[key])
        return found[["district", "name", "checked_by", "checked_by_name"]]
