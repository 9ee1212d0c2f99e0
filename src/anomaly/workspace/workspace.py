"""What an analyst holds: one object whose short methods call the rooms."""

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from anomaly.errors import UsageError
from anomaly.features.frames import check_headers
from anomaly.features.own import own_indicators
from anomaly.leads import (
    casefile,
    combine,
    coverage,
    evaluation,
    increment,
    ranking,
    scoring,
)
from anomaly.leads.casefile import CaseFile
from anomaly.leads.evaluation import Evaluation
from anomaly.leads.headings import headed
from anomaly.periods import MonthLike, parse_month
from anomaly.rules import hits as rules_room
from anomaly.rules import trial as trial_room
from anomaly.screen import artefacts
from anomaly.store.store import STORE_VARIABLE, Store
from anomaly.workspace.explore import ExploreDesk
from anomaly.workspace.features import FeatureDesk
from anomaly.workspace.lines import LineDesk
from anomaly.workspace.samples import SamplingDesk
from anomaly.workspace.year import YearDesk

Progress = Callable[[str, int, int], None]
# The kinds of unit that a brief lists.
BRIEFED = ("doctor", "institution", "pharmacy", "insured")


class Workspace(FeatureDesk, LineDesk, ExploreDesk, SamplingDesk, YearDesk):
    """A store opened for analysis; `anomaly.open_store` makes one.

    Every ``month`` is 'YYYY-MM' or any date in it. What a question needs is
    brought up to date first, by DuckDB or by Spark. Money is in yuan.
    """

    def __init__(
        self,
        path: Path | str,
        indicators: Path | str | None = None,
        engine: str = "duckdb",
    ) -> None:
        self.store = Store.open(path, engine)
        self.own = own_indicators(self.store, indicators)
        self._ranked: dict[tuple, pd.DataFrame] = {}
        self._ready: dict[tuple, object] = {}

    def months(self) -> list[date]:
        """Return the months with settlements, in order."""
        return self.store.months()

    def districts(self) -> pd.DataFrame:
        """Return the districts that have institutions: district, name."""
        return coverage.districts(self.store)

    def prepare(
        self,
        month: MonthLike,
        progress: Progress | None = None,
        unit: str | None = None,
    ) -> date:
        """Bring a month and all before it up to date; return it as a date.

        For the list of one kind of unit, or for a brief's.
        """
        month = parse_month(month)
        self.store.check_month(month)
        wanted = [loaded for loaded in self.store.months() if loaded <= month]
        if unit:
            coverage.check_ranked(unit)
        units = (unit,) if unit else BRIEFED
        asked = (month, units)
        # What was brought up to date stays so until the store changes.
        if self._ready.get(asked) != self._state():
            rules_room.run(self.store, wanted, units, progress)
            self._ready[asked] = self._state()
        return month

    def build(
        self, months: Sequence[MonthLike] = (), progress: Progress | None = None
    ) -> int:
        """Build screen, features and hits for some months, or all; return steps run."""
        return rules_room.run_all(self.store, self._months(months), progress)

    def explain(self, months: Sequence[MonthLike] = ()) -> pd.DataFrame:
        """Return what `build` would run, one row a step and month, in order.

        Columns: step, month, why (new, changed text, changed input, changed
        parent) and sql, the text as the engine is given it.
        """
        return rules_room.explained(self.store, self._months(months))

    def leads(
        self,
        unit: str,
        month: MonthLike,
        district: str | None = None,
        language: str = "zh",
        headers: str = "id",
    ) -> pd.DataFrame:
        """Return the ranked list (columns: `anomaly.leads.ranking.LEADS`).

        With a district, only its units, ranked anew from 1; p, q and tier stay
        those of the whole list. Columns are headed by id, or by name in 'zh', 'en'.
        """
        check_headers(headers)
        self._check(unit, district)
        month = self.prepare(month, unit=unit)
        key = (unit, month, language, self._state())
        if key not in self._ranked:
            self._ranked[key] = ranking.rank(self.store, unit, month, language)
        found = self._ranked[key]
        if district:
            found = found[found["district"] == district].reset_index(drop=True)
            found = found.assign(rank=range(1, len(found) + 1))
        return headed(found.copy(), "leads", headers)

    def since(self, unit: str, day: date, language: str = "zh") -> pd.DataFrame:
        """Return units with bills since a day, and what rules and lines say of them.

        Columns: `anomaly.leads.increment.COLUMNS`; the month is the day's.
        """
        self.prepare(day, unit=unit)
        return increment.increment(self.store, unit, day, language)

    def case_file(
        self, unit: str, unit_id: str, month: MonthLike, language: str = "zh"
    ) -> CaseFile:
        """Return everything behind one lead; UsageError for an unknown unit."""
        casefile.check_asked(unit, language)
        leads = self.leads(unit, month, language=language)
        asked = (unit, str(unit_id), parse_month(month), language)
        return casefile.case_file(self.store, leads, *asked)

    def tiers(
        self, unit: str, month: MonthLike, district: str | None = None
    ) -> pd.DataFrame:
        """Return lead counts: tier, leads, expected_by_chance, tested."""
        return combine.tier_counts(self.leads(unit, month, district))

    def evaluate(
        self,
        unit: str,
        month: MonthLike,
        truth: Path | str | None = None,
        k: int | None = None,
    ) -> Evaluation:
        """Hold a ranked list against labels, beside naive lists.

        ``truth`` is a CSV (`anomaly.leads.evaluation.read_truth`); without one, what
        FINDINGS decided on that month's leads. ``k`` is how many are labelled unless
        given. DataRefusedError where labels name units the store does not know.
        """
        leads = self.leads(unit, month)
        month = parse_month(month)
        if truth is None:
            known = evaluation.decided(self.store, unit, month)
            leads = leads[leads["unit_id"].isin(known["unit_id"])]
        else:
            known = evaluation.read_truth(Path(truth), unit, month)
            evaluation.refuse_unknown(self.store, unit, known, str(truth))
        return evaluation.evaluate(leads, known, k)

    def evidence(
        self,
        unit: str,
        month: MonthLike,
        indicator: str | None = None,
        district: str | None = None,
        headers: str = "id",
    ) -> pd.DataFrame:
        """Return the evidence behind the list, one row a unit and indicator."""
        check_headers(headers)
        self._check(unit, district)
        month = self.prepare(month, unit=unit)
        names = ["unit_id", "unit_name", "institution_id", "district"]
        people = scoring.peopled(self.store, unit, month)[names]
        found = people.merge(scoring.score(self.store, unit, month), on="unit_id")
        if indicator:
            found = found[found["indicator"] == indicator]
        if district:
            found = found[found["district"] == district]
        return headed(found.reset_index(drop=True), "evidence", headers)

    def hits(
        self,
        month: MonthLike,
        rule: str | None = None,
        district: str | None = None,
        headers: str = "id",
    ) -> pd.DataFrame:
        """Return rule hits (columns: `anomaly.rules.rule.COLUMNS`, and district)."""
        check_headers(headers)
        month = parse_month(month)
        self.store.check_month(month)
        rules_room.run_hits(self.store, month)
        found = rules_room.hits(self.store, month, rule)
        if district:
            coverage.check_district(self.store, district)
            found = found[found["district"] == district].reset_index(drop=True)
        return headed(found, "hits", headers)

    def trial(
        self, month: MonthLike, settings: Sequence[str]
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Set hits under other parameters beside those stored, which stay.

        ``settings`` are texts such as 'R02.within_days=7'. Returns the hits with a
        column change (gained, lost, kept), and what each change comes to.
        """
        month = parse_month(month)
        self.store.check_month(month)
        return trial_room.compare(self.store, month, settings)

    def rules(self) -> pd.DataFrame:
        """Return the catalogue of rules, one row each."""
        return rules_room.catalogue()

    def repairs(self, month: MonthLike, district: str | None = None) -> pd.DataFrame:
        """Return the data-repair list: artefacts by institution with amounts."""
        return artefacts.repairs(self.store, self.prepare(month), district)

    def accounts(self) -> pd.DataFrame:
        """Return what became of every row loaded, by table."""
        return coverage.accounts(self.store)

    def coverage(self, language: str = "zh") -> pd.DataFrame:
        """Return what is missing and what that means: kind, what, consequence."""
        return coverage.gaps(self.store, language)

    def fingerprint(self) -> str:
        """Return a digest of all accepted input."""
        return self.store.fingerprint()

    def sql(self, text: str) -> pd.DataFrame:
        """Run a query over the canonical tables."""
        return self.store.sql(text)

    def _months(self, months: Sequence[MonthLike]) -> list[date]:
        wanted = [parse_month(m) for m in months] or self.store.months()
        if not wanted:
            raise UsageError(
                f"store '{self.store.root}': it is empty",
                expected="a store with settlements",
                todo=f"run: anomaly load EXPORTS --store {self.store.root}",
            )
        for month in wanted:
            self.store.check_month(month)
        return wanted

    def _check(self, unit: str, district: str | None) -> None:
        coverage.check_ranked(unit)
        if district:
            coverage.check_district(self.store, district)


def open_store(
    path: Path | str | None = None,
    indicators: Path | str | None = None,
    engine: str = "duckdb",
) -> Workspace:
    """Open a store that 'anomaly load' has filled; UsageError where there is none.

    Without a ``path`` it is the store that ANOMALY_STORE names, as `anomaly lab` does.
    ``indicators`` is a folder of an analyst's own records, `path`/indicators if it
    is not given. ``engine`` is what builds: 'duckdb', or 'spark' where its extra is
    installed.
    """
    named = _named_store() if path is None else path
    return Workspace(named, indicators, engine)


def _named_store() -> str:
    named = os.environ.get(STORE_VARIABLE)
    if named:
        return named
    raise UsageError(
        f"no store is named, and {STORE_VARIABLE} is not set",
        expected="open_store('STORE')",
        todo="name the store's folder, or work in: anomaly lab --store STORE",
    )
