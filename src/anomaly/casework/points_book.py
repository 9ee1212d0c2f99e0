"""The book of points: all that is done to them, checked in the ledger's transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from anomaly.casework.ledger import Draft, Ledger, Writing
from anomaly.casework.points import (
    ADDED,
    REVERSED,
    WHYS,
    Entry,
    Reversal,
    check_entry,
    check_reversal,
    fold_points,
    known_entry,
    next_id,
    refuse_twin,
    scheme_for,
)
from anomaly.casework.reading import Row, read_rows, refuse_all
from anomaly.errors import UsageError
from anomaly.policy.points import PointsPolicy, points_policy

NEEDED = ("unit_kind", "unit_id", "points", "on", "clause")


@dataclass
class Imported:
    """What an import did: rows read, entries new and those that stood already."""

    read: int = 0
    new: int = 0
    unchanged: int = 0
    entries: list[str] = field(default_factory=list)


class PointsBook:
    """The points of one store, under the policy that holds there."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self.ledger = Ledger(root)

    @cached_property
    def policy(self) -> PointsPolicy:
        return points_policy(self.root)

    def entries(self) -> dict[str, Entry]:
        """Return every entry by its id."""
        return fold_points(self.ledger.events())

    def add(self, entry: Entry, by: str) -> Entry:
        """Give points under the next id; UsageError where they cannot stand."""
        scheme = scheme_for(self.policy, entry.unit_kind, entry.scheme)
        entry = replace(entry, scheme=scheme.id)
        made: list[Entry] = []

        def write(writing: Writing) -> None:
            known = fold_points(writing.events)
            refuse_twin(entry, known)
            made.append(self._add(writing, entry, known, by))

        self.ledger.append(write)
        return made[0]

    def _add(
        self, writing: Writing, entry: Entry, known: dict[str, Entry], by: str
    ) -> Entry:
        """Add an entry to the ledger and to those known."""
        entry = replace(entry, entry_id=next_id(known))
        check_entry(entry, self.policy, writing.cases)
        writing.add(Draft(entry.lead_id, ADDED, by, entry.body()))
        known[entry.entry_id] = entry
        return entry

    def reverse(
        self,
        entry_id: str,
        why: str,
        on: date,
        by: str,
        points: int | None = None,
        note: str = "",
    ) -> Entry:
        """Take an entry off: whole by an appeal, a part by a repair."""
        if why not in WHYS:
            raise UsageError(f"why '{why}'", expected=" or ".join(WHYS))
        if why == "repair" and points is None:
            raise UsageError(
                f"entry '{entry_id}': no points", expected="how many a repair takes off"
            )

        def write(writing: Writing) -> None:
            known = fold_points(writing.events)
            entry = known_entry(known, entry_id)
            asked = Reversal(
                entry_id, entry.left if points is None else points, why, on, note
            )
            check_reversal(asked, self.policy, known)
            writing.add(Draft(entry.lead_id, REVERSED, by, asked.body()))

        self.ledger.append(write)
        return self.entries()[entry_id]

    def take_in(self, path: Path, by: str, today: date = date.max) -> Imported:
        """Take a file of entries in, wholly or not at all; twice adds nothing.

        A day after ``today`` is refused. DataRefusedError names every bad row.
        """
        _, rows = read_rows(path, NEEDED)
        done = Imported(read=len(rows))

        def write(writing: Writing) -> None:
            self._take_in(writing, path, rows, (by, today), done)

        self.ledger.append(write)
        return done

    def _take_in(
        self,
        writing: Writing,
        path: Path,
        rows: list[Row],
        asked: tuple[str, date],
        done: Imported,
    ) -> None:
        known = fold_points(writing.events)
        by, today = asked
        before = {one.facts for one in known.values()}
        seen: dict[tuple, str] = {}
        faults = []
        for row in rows:
            try:
                entry = _entry(row, self.policy)
                if entry.on > today:
                    raise UsageError(
                        f"column 'on': {entry.on}", expected=f"a day up to {today}"
                    )
                if entry.facts in seen:
                    raise UsageError(
                        f"the same as {seen[entry.facts]}",
                        expected="each entry once",
                        todo="tell a second one apart in a column 'note'",
                    )
                seen[entry.facts] = row.where
                if entry.facts in before:
                    done.unchanged += 1
                    continue
                made = self._add(writing, entry, known, row.text("by") or by)
                done.entries.append(made.entry_id)
            except UsageError as error:
                faults.append(f"{row.where}: {error}")
        refuse_all(path, faults)
        done.new = len(done.entries)


def _entry(row: Row, policy: PointsPolicy) -> Entry:
    kind = row.text("unit_kind")
    if not row.text("unit_id"):
        raise UsageError("column 'unit_id': nothing", expected="the unit's id")
    return Entry(
        entry_id="",
        unit_kind=kind,
        unit_id=row.text("unit_id"),
        scheme=scheme_for(policy, kind, row.text("scheme")).id,
        points=_cell(row, "points", whole),
        on=_cell(row, "on", day),
        clause=row.text("clause"),
        lead_id=row.text("lead_id"),
        note=row.text("note"),
    )


def _cell(row: Row, name: str, read: Callable[[str], object]):
    try:
        return read(row.text(name))
    except ValueError:
        expected = "a whole number" if read is whole else "a day as 2026-06-05"
        raise UsageError(
            f"column '{name}': '{row.text(name)}'", expected=expected
        ) from None


def whole(text: str) -> int:
    """Return a whole number of at least nothing; ValueError for any other text."""
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(text)
    return int(text)


def day(text: str) -> date:
    """Return a day as spreadsheets and people write it; ValueError otherwise."""
    year, month, last = text.strip().replace("/", "-").split("-")
    try:
        return date(whole(year), whole(month), whole(last))
    except OverflowError:
        raise ValueError(text) from None


def of_unit(entries: Mapping[str, Entry], unit_kind: str, unit_id: str) -> list[Entry]:
    """Return a unit's entries, by their days."""
    found = [
        one
        for one in entries.values()
        if (one.unit_kind, one.unit_id) == (unit_kind, unit_id)
    ]
    return sorted(found, key=lambda one: (one.on, int(one.entry_id[1:])))
