"""The part of a workspace that settles the year: points, campaigns, assessment."""

from datetime import date
from functools import cached_property
from pathlib import Path

import pandas as pd

from anomaly.assessment import recorded
from anomaly.assessment.assess import Assessment, assess
from anomaly.assessment.frames import houses, kept_points, people
from anomaly.assessment.gathered import READ, VISITS, Year, gathered, last_day
from anomaly.casework import points_year as years
from anomaly.casework.docket import operator, today
from anomaly.casework.integrity import masters, named
from anomaly.casework.opening import check_unit
from anomaly.casework.points import Entry, as_of, fold_points
from anomaly.casework.points_book import PointsBook, day, of_unit, whole
from anomaly.errors import UsageError
from anomaly.policy.assessment import UNITS, assessment_policy
from anomaly.workspace.campaigns import CampaignDesk

LANGUAGES = ("zh", "en")
YEARS = (2000, 2999)


class YearDesk(CampaignDesk):
    """What `Workspace` says of credit points and of a year.

    ``by`` is who does it, the login name unless given; days are dates or
    'YYYY-MM-DD'.
    """

    def months(self) -> list[date]:
        raise NotImplementedError

    def features(self, unit, month=None) -> pd.DataFrame:
        raise NotImplementedError

    @cached_property
    def points_book(self) -> PointsBook:
        """The points themselves, as records."""
        return PointsBook(self.store.root)

    def add_points(
        self,
        unit: str,
        unit_id: str,
        points: int | str,
        on: date | str,
        clause: str,
        scheme: str = "",
        lead_id: str = "",
        note: str = "",
        by: str | None = None,
    ) -> Entry:
        """Give a unit points, of its kind's usual scheme unless one is named.

        UsageError where the scheme, the number or the case they rest on will not do.
        """
        check_unit(unit, str(unit_id))
        entry = Entry(
            *("", unit, str(unit_id).strip(), scheme, _whole(points)),
            *(_day(on), clause.strip(), lead_id.strip(), note.strip()),
        )
        return self.points_book.add(entry, by or operator())

    def reverse_points(
        self,
        entry_id: str,
        why: str,
        on: date | str,
        points: int | str | None = None,
        note: str = "",
        by: str | None = None,
    ) -> Entry:
        """Take an entry off: whole by an 'appeal', a part by a 'repair'."""
        number = None if points is None else _whole(points)
        return self.points_book.reverse(
            entry_id, why, _day(on), by or operator(), number, note.strip()
        )

    def points(self, unit: str, unit_id: str) -> pd.DataFrame:
        """Return a unit's entries and reversals, a row each.

        Columns: `anomaly.casework.points_year.ENTRIES`.
        """
        check_unit(unit, str(unit_id))
        mine = of_unit(self.points_book.entries(), unit, str(unit_id).strip())
        return years.entry_rows(mine)

    def points_year(
        self,
        year: int | str,
        units: pd.DataFrame | None = None,
        language: str = "zh",
        until: date | None = None,
    ) -> pd.DataFrame:
        """Return a calendar year's points, a row a unit and scheme, with their band.

        Columns: `anomaly.casework.points_year.YEAR`, then unit_name and district
        where the masters know them. ``units`` (unit_kind, unit_id) appear even
        without an entry; of what is dated after ``until`` nothing is counted.
        """
        check_language(language)
        book = self.points_book
        asked = (book.policy, check_year(year), units, language)
        entries = as_of(book.entries().values(), until)
        rows = years.points_year(entries, *asked)
        return named(self.store, rows)

    def units_with_points(self) -> pd.DataFrame:
        """Return the masters' units of every kind that a scheme gives points to."""
        schemes = self.points_book.policy.schemes
        kinds = dict.fromkeys(kind for one in schemes for kind in one.units)
        return pd.concat([masters(self.store, kind) for kind in kinds])

    def assess(
        self,
        year: int | str,
        visits: pd.DataFrame | None = None,
        before: Path | str | None = None,
        on: date | None = None,
        language: str = "zh",
    ) -> pd.DataFrame:
        """Return the annual assessment, a row an institution and pharmacy.

        Columns: `anomaly.assessment.assess.RESULTS`; `assessment` tells how each came
        about, and what the parameters are.
        """
        return self.assessment(year, visits, before, on, language).results

    def assessment(
        self,
        year: int | str,
        visits: pd.DataFrame | None = None,
        before: Path | str | None = None,
        on: date | None = None,
        language: str = "zh",
    ) -> Assessment:
        """Assess a calendar year, of the months that are loaded.

        ``visits`` has unit_kind, unit_id and inspected_on of on-site checks, else those
        of the ledger; ``before``
        is a CSV or XLSX of earlier grades (unit_kind, unit_id, year, grade) beside
        those recorded; ``on`` the day on which deadlines are looked at, the year's last
        or today. UsageError for a year of which no month is loaded.
        """
        check_language(language)
        policy = assessment_policy(self.store.root)
        book, events = self.points_book, self.docket.ledger.events()
        year = check_year(year)
        frames = self._frames(year, visits, on or min(last_day(year), today()))
        grades = recorded.recorded(events)
        if before:
            grades |= recorded.read_grades(Path(before), policy)
        who = pd.concat([frame.people for frame in frames])
        entries = fold_points(events).values()
        return assess(
            year,
            who,
            pd.concat([gathered(frame, policy) for frame in frames]),
            kept_points(entries, book.policy, year, who),
            recorded.failed_in_a_row(grades, year, policy),
            *(policy, book.policy.conversion, language),
        )

    def _frames(self, year: int, visits: pd.DataFrame | None, on: date) -> list[Year]:
        """Return what the year is assessed from, by kind of unit."""
        loaded = [month for month in self.months() if month.year in (year - 1, year)]
        own = [month for month in loaded if month.year == year]
        if not own:
            known = sorted({month.year for month in self.months()})
            raise UsageError(
                f"year {year}: no month of it is loaded",
                expected=f"one of {', '.join(map(str, known)) or 'none yet'}",
            )
        seen = self.visits()[list(VISITS)] if visits is None else visits
        shared = {
            "hits": pd.concat([self.hits(month) for month in own]),
            "cases": self.cases(on=on),
            "houses": houses(self.store),
            "visits": seen,
        }
        found = []
        for kind in UNITS:
            rows = [self.features(kind, month) for month in loaded]
            kept = pd.concat([row[row["indicator"].isin(READ)] for row in rows])
            who = people(self.store, kind, own)
            if len(who):
                found.append(Year(year, kind, loaded, who, kept, **shared))
        return found

    def record_assessment(self, results: pd.DataFrame, by: str | None = None) -> int:
        """Record a year's grades in the ledger; return how many were new."""
        return recorded.record(self.docket.ledger, results, by or operator())

    def grades(self, language: str = "zh") -> pd.DataFrame:
        """Return the grades that were recorded, a row a unit and year.

        Columns: `anomaly.assessment.recorded.GRADES`; the best grade first.
        """
        check_language(language)
        policy = assessment_policy(self.store.root)
        events = self.docket.ledger.events()
        return recorded.grade_rows(recorded.recorded(events), policy, language)

    def import_points(self, path: Path | str, by: str | None = None) -> dict:
        """Take a CSV or XLSX of entries in: all or none; twice adds nothing.

        Returns read, new, unchanged, entries, and unknown_units: those of the new
        entries that no master knows.
        """
        done = self.points_book.take_in(Path(path), by or operator(), today())
        entries = self.points_book.entries()
        rows = [vars(entries[name]) for name in done.entries]
        told = named(self.store, pd.DataFrame(rows, columns=["unit_kind", "unit_id"]))
        unknown = told.loc[told["unit_name"] == "", ["unit_kind", "unit_id"]]
        texts = (unknown["unit_kind"] + " " + unknown["unit_id"]).unique().tolist()
        return vars(done) | {"unknown_units": texts}


def check_language(language: str) -> None:
    """UsageError for a language that the policy has no words in."""
    if language not in LANGUAGES:
        raise UsageError(f"language '{language}'", expected="zh or en")


def check_year(year: int | str) -> int:
    """Return a calendar year; UsageError where it is none."""
    text = str(year).strip()
    if (
        not (text.isdecimal() and len(text) == 4)
        or not YEARS[0] <= int(text) <= YEARS[1]
    ):
        raise UsageError(f"year '{year}'", expected="a calendar year, such as 2025")
    return int(text)


def _whole(points: int | str) -> int:
    try:
        return whole(str(points).strip())
    except ValueError:
        raise UsageError(
            f"points '{points}'", expected="a whole number of at least 1"
        ) from None


def _day(given: date | str) -> date:
    try:
        found = given if isinstance(given, date) else day(given)
    except ValueError:
        raise UsageError(f"day '{given}'", expected="YYYY-MM-DD") from None
    if found > today():
        raise UsageError(f"day '{found}'", expected="today or earlier")
    return found
