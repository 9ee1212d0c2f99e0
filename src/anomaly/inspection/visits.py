"""Inspections done: who went where on which day, why, and what was found."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pandas as pd

from anomaly.casework.case import Event, person
from anomaly.casework.docket import known_case
from anomaly.casework.ledger import Draft, Ledger, Writing
from anomaly.casework.reading import Row, read_rows, refuse_all
from anomaly.errors import AnomalyError, UsageError
from anomaly.inspection.units import check_kind, day_of

EVENT = "inspection_done"
PREFIX = "V"
HOWS = ("routine", "draw", "night", "cross_county", "campaign", "tip")
NEEDED = ("unit_kind", "unit_id", "inspected_on", "how", "inspectors")
COLUMNS = (
    "visit_id",
    "unit_kind",
    "unit_id",
    "inspected_on",
    "how",
    "inspectors",
    "found",
    "lead_id",
)
APART = re.compile(r"[,;，；、]+")


@dataclass(frozen=True)
class Visit:
    """One inspection on site; ``found`` is what was found, in words."""

    visit_id: str
    unit_kind: str
    unit_id: str
    inspected_on: date
    how: str
    inspectors: tuple[str, ...]
    found: str = ""
    lead_id: str = ""

    def body(self) -> dict:
        """Return it as the ledger keeps it."""
        texts = {"inspected_on": self.inspected_on.isoformat()}
        return {**vars(self), **texts, "inspectors": list(self.inspectors)}

    @property
    def key(self) -> tuple:
        """What makes an inspection: a unit is visited in one manner once a day."""
        return (self.unit_kind, self.unit_id, self.inspected_on, self.how)


@dataclass
class Imported:
    """What an import did: rows by what became of them."""

    read: int = 0
    new: int = 0
    superseded: int = 0
    unchanged: int = 0
    superseded_visits: list[str] = field(default_factory=list)
    unknown_units: list[str] = field(default_factory=list)


def fold_visits(events: Iterable[Event]) -> dict[str, Visit]:
    """Return every inspection by its id, as it was last written."""
    return {
        event.body["visit_id"]: _kept(event.body)
        for event in events
        if event.kind == EVENT
    }


def _kept(body: Mapping) -> Visit:
    cells = {"inspected_on": date.fromisoformat(body["inspected_on"])}
    return Visit(**{**body, **cells, "inspectors": tuple(body["inspectors"])})


def frame(visits: Iterable[Visit]) -> pd.DataFrame:
    """Return a row an inspection (columns `COLUMNS`), the latest day first."""
    rows = [
        vars(one) | {"inspectors": "、".join(one.inspectors)}
        for one in sorted(visits, key=_newest)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _newest(visit: Visit) -> tuple:
    return (-visit.inspected_on.toordinal(), _number(visit.visit_id), visit.visit_id)


def _number(visit_id: str) -> int:
    return int(visit_id[1:]) if visit_id[1:].isdecimal() else 0


def next_id(visits: Mapping[str, Visit]) -> str:
    """Return the id of the next inspection: V1, V2, ..."""
    return f"{PREFIX}{max(map(_number, visits), default=0) + 1}"


def names_of(text: str | Sequence[str]) -> tuple[str, ...]:
    """Return inspectors from one text or several, each once, in order."""
    texts = [text] if isinstance(text, str) else text
    found: dict[str, str] = {}
    for name in (name.strip() for one in texts for name in APART.split(one)):
        if name:
            found.setdefault(person(name), name)
    return tuple(found.values())


def check_visit(visit: Visit, today: date) -> None:
    """UsageError for what no inspection can be: tomorrow, by nobody, of no unit."""
    check_kind(visit.unit_kind)
    if not visit.unit_id.strip():
        raise UsageError(f"{visit.unit_kind}: no id", expected="the unit's id")
    if visit.how not in HOWS:
        raise UsageError(f"how '{visit.how}'", expected=f"one of {', '.join(HOWS)}")
    if visit.inspected_on > today:
        raise UsageError(
            f"inspected on {visit.inspected_on}, after today",
            expected=f"a day up to {today}: an inspection is noted once it is done",
        )
    if not visit.inspectors:
        raise UsageError("no inspectors", expected="at least one name")


def add(ledger: Ledger, visit: Visit, by: str, today: date) -> Visit:
    """Note an inspection under the next number; UsageError where it stands."""
    check_visit(visit, today)
    made: list[Visit] = []

    def write(writing: Writing) -> None:
        kept = fold_visits(writing.events)
        same = next((one for one in kept.values() if one.key == visit.key), None)
        if same:
            raise UsageError(
                f"{visit.unit_kind} '{visit.unit_id}': {same.visit_id} stands for"
                f" {visit.inspected_on} ({visit.how}) already",
                expected="one inspection a unit, day and manner",
                todo="correct it by: anomaly inspect import",
            )
        made.append(_written(writing, replace(visit, visit_id=next_id(kept)), by))

    ledger.append(write)
    return made[0]


def _written(writing: Writing, visit: Visit, by: str) -> Visit:
    if visit.lead_id:
        known_case(writing.cases, visit.lead_id)
    writing.add(Draft(visit.lead_id, EVENT, by, visit.body()))
    return visit


def import_visits(ledger: Ledger, path: Path, by: str, today: date) -> Imported:
    """Take a file of inspections in, wholly or not at all.

    A row that says what stands already adds nothing; one that says otherwise of the
    same unit, day and manner takes its place, under its number. DataRefusedError
    names every bad row.
    """
    _, rows = read_rows(path, NEEDED)
    read = _read(path, rows, today)
    done = Imported(read=len(read))
    ledger.append(lambda writing: _take(writing, path, read, by, done))
    return done


def _read(path: Path, rows: list[Row], today: date) -> dict[str, Visit]:
    """Return the inspection of each row by its place in the file."""
    found: dict[str, Visit] = {}
    first: dict[tuple, str] = {}
    faults = []
    for row in rows:
        try:
            visit = _visit(row, today)
            if visit.key in first:
                raise UsageError(
                    f"{row.where}: '{visit.unit_id}' on {visit.inspected_on}"
                    f" ({visit.how}) stands twice, first in {first[visit.key]}",
                    expected="each inspection once",
                )
            first[visit.key] = row.where
            found[row.where] = visit
        except AnomalyError as error:
            faults.append(str(error))
    refuse_all(path, faults)
    return found


def _visit(row: Row, today: date) -> Visit:
    day = day_of(row, "inspected_on")
    if day is None:
        raise UsageError(f"{row.at('inspected_on')}: nothing", expected="YYYY-MM-DD")
    visit = Visit(
        visit_id="",
        unit_kind=row.text("unit_kind"),
        unit_id=row.text("unit_id"),
        inspected_on=day,
        how=row.text("how"),
        inspectors=names_of(row.text("inspectors")),
        found=row.text("found"),
        lead_id=row.text("lead_id"),
    )
    try:
        check_visit(visit, today)
    except UsageError as error:
        raise UsageError(
            f"{row.where}: {error.found}", expected=error.expected
        ) from None
    return visit


def _take(
    writing: Writing, path: Path, read: dict[str, Visit], by: str, done: Imported
) -> None:
    """Add what is new or says otherwise than before, inside the transaction."""
    kept = fold_visits(writing.events)
    known = {one.key: one for one in kept.values()}
    faults = []
    for where, asked in read.items():
        before = known.get(asked.key)
        name = before.visit_id if before else next_id(kept)
        visit = replace(asked, visit_id=name)
        if visit == before:
            done.unchanged += 1
            continue
        try:
            kept[name] = _written(writing, visit, by)
        except UsageError as error:
            faults.append(f"{where}: {error.found}")
            continue
        done.new += before is None
        if before:
            done.superseded += 1
            done.superseded_visits.append(name)
    refuse_all(path, faults)


def unknown_units(units: pd.DataFrame, visits: Iterable[Visit]) -> list[str]:
    """Return the inspected units that are not among those under agreement."""
    known = set(zip(units["unit_kind"], units["unit_id"], strict=True))
    return sorted(
        {
            f"{one.unit_kind} {one.unit_id}"
            for one in visits
            if (one.unit_kind, one.unit_id) not in known
        }
    )
