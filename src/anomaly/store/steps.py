"""Named steps: SQL texts whose results are kept month by month.

A step is a ``.sql`` file with a head of comments::

    -- One row a visit.                     what it is
    -- needs: settlement, charge, doctor    tables and steps it reads
    -- months: 0, -12                       which months of them (default 0)

Inside, each need is a table of that name holding just those months; masters
are whole. ``{month}`` is the month built, as a DATE literal.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from importlib.resources.abc import Traversable

import pandas as pd

from anomaly.errors import PolicyError
from anomaly.periods import month_text, shift
from anomaly.store.store import PATIENCE_SECONDS, Store
from anomaly.tables import tables

Progress = Callable[[str, int, int], None]
# What the sections of a key are hashes of, and so what a changed section means.
CHANGES = ("changed text", "changed input", "changed parent")
SECTION = 12


@dataclass(frozen=True)
class Step:
    """One SELECT, what it reads, and from which months before its own."""

    name: str
    sql: str
    needs: tuple[str, ...]
    months: tuple[int, ...] = (0,)
    about: str = ""


@dataclass(frozen=True)
class Task:
    """A step to run for a month: the key its part will have, and why it must run."""

    step: Step
    month: date
    key: str
    why: str

    @property
    def sql(self) -> str:
        """The step's text for this month."""
        return self.step.sql.replace("{month}", f"DATE '{month_text(self.month)}-01'")


def read_step(name: str, text: str, parameters: dict | None = None) -> Step:
    """Parse a step from its SQL text; PolicyError where the head is wrong.

    ``{name}`` in the text is replaced by the parameter of that name.
    """
    for parameter, value in (parameters or {}).items():
        text = text.replace(f"{{{parameter}}}", str(value))
    head = re.findall(r"^-- ?(.*)$", text, flags=re.MULTILINE)
    marks = dict(line.split(": ", 1) for line in head if re.match(r"\w+: ", line))
    if "needs" not in marks:
        raise PolicyError(f"step {name}: no line '-- needs: ...'")
    body = re.sub(r"^--.*\n", "", text, flags=re.MULTILINE).strip()
    return Step(
        name=name,
        sql=body,
        needs=tuple(need.strip() for need in marks["needs"].split(",")),
        months=tuple(int(m) for m in marks.get("months", "0").split(",")),
        about=head[0],
    )


def read_steps(folder: Traversable, parameters: dict | None = None) -> dict[str, Step]:
    """Read every ``.sql`` file of a folder as a step named like the file."""
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return {
        path.name.removesuffix(".sql"): read_step(
            path.name.removesuffix(".sql"),
            path.read_text(encoding="utf-8"),
            parameters,
        )
        for path in paths
        if path.name.endswith(".sql")
    }


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Return steps so that each comes after the steps it needs."""
    waiting = {step.name: step for step in steps}
    done: list[Step] = []
    while waiting:
        ready = [s for s in waiting.values() if not set(s.needs) & set(waiting)]
        if not ready:
            raise PolicyError(f"steps need each other: {', '.join(sorted(waiting))}")
        done += ready
        for step in ready:
            del waiting[step.name]
    return done


def why(old: str | None, new: str) -> str:
    """Return why a part with one key must be made anew under another."""
    if old is None:
        return "new"
    before, after = old.split("-"), new.split("-")
    if len(before) != len(after):  # made before keys had sections
        return CHANGES[0]
    pairs = zip(CHANGES, before, after, strict=True)
    return ", ".join(change for change, was, is_ in pairs if was != is_)


def needed(steps: Iterable[Step], targets: Iterable[str]) -> list[Step]:
    """Return the targets and every step they rest on, in the order given."""
    known = {step.name: step for step in steps}
    found: set[str] = set()
    waiting = list(targets)
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found.add(name)
            waiting += known[name].needs
    return [step for name, step in known.items() if name in found]


class Runner:
    """Builds steps in a store, only where something they rest on has changed."""

    def __init__(self, store: Store, steps: Sequence[Step]) -> None:
        self.store, self.steps = store, in_order(steps)
        self._built: dict[tuple[str, str], str] = {}

    def stale(self, months: Sequence[date]) -> list[Task]:
        """Return what must be built for these months, in order."""
        todo = []
        wanted = self._wanted(months)
        for month in sorted({month for _, month in wanted}):
            for step in self.steps:
                if (step.name, month) not in wanted:
                    continue
                key = self._key(step, month)
                self._built[step.name, month_text(month)] = key
                kept = self.store.parts(step.name, [month_text(month)])
                if [part.key for part in kept] != [key]:
                    old = kept[0].key if kept else None
                    todo.append(Task(step, month, key, why(old, key)))
        return todo

    def _wanted(self, months: Sequence[date]) -> set[tuple[str, date]]:
        """Return every step and month that these months rest on.

        Of months that steps look back on, only those with data.
        """
        known = {step.name: step for step in self.steps}
        loaded = {*self.store.months(), *months}
        waiting = [(step.name, month) for step in self.steps for month in months]
        found: set[tuple[str, date]] = set()
        while waiting:
            name, month = waiting.pop()
            if (name, month) in found or month not in loaded:
                continue
            found.add((name, month))
            step = known[name]
            waiting += [
                (need, shift(month, back))
                for need in step.needs
                if need in known
                for back in step.months
            ]
        return found

    def run(self, months: Sequence[date], progress: Progress | None = None) -> int:
        """Bring the steps up to date for these months; return how many ran.

        Months that a step looks back on are brought up to date as well.
        """
        if not self.stale(months):
            if progress:
                progress("up to date", 0, 0)
            return 0
        with self.store.locked(PATIENCE_SECONDS):
            todo = self.stale(months)
            for done, task in enumerate(todo):
                if progress:
                    progress(month_text(task.month), done, len(todo))
                self._build(task)
        if progress:
            progress("", len(todo), len(todo))
        return len(todo)

    def _key(self, step: Step, month: date) -> str:
        """Return hashes of the text, of the tables and of the steps it reads."""
        tables_read: list[str] = []
        steps_read: list[str] = []
        for need in step.needs:
            reads = tables_read if need in tables() else steps_read
            for text in self._months_of(need, step, month):
                built = self._built.get((need, text))
                keys = [built] if built else self._stored_keys(need, text)
                reads += [need, text, *keys]
        sections = [step.sql, month_text(month)], tables_read, steps_read
        return "-".join(
            sha256("\n".join(section).encode()).hexdigest()[:SECTION]
            for section in sections
        )

    def _stored_keys(self, dataset: str, month: str) -> list[str]:
        return [part.key for part in self.store.parts(dataset, [month])]

    def _months_of(self, need: str, step: Step, month: date) -> list[str]:
        table = tables().get(need)
        if table and not table.month:
            return [""]
        return [month_text(shift(month, back)) for back in step.months]

    def rows(self, step: Step, month: date) -> pd.DataFrame:
        """Return what a step would hold for a month; nothing of it is kept.

        What it rests on must be up to date.
        """
        self._show_needs(step, month)
        return self.store.engine.frame(Task(step, month, "", "").sql)

    def _build(self, task: Task) -> None:
        step = task.step
        self._show_needs(step, task.month)
        self.store.keep(
            step.name,
            month_text(task.month),
            task.key,
            lambda path: self.store.engine.write(task.sql, path),
        )

    def _show_needs(self, step: Step, month: date) -> None:
        for need in step.needs:
            months = self._months_of(need, step, month)
            if need in tables():
                self.store.show(need, months)
            else:
                self._show_step(need, months)

    def _show_step(self, name: str, months: list[str]) -> None:
        """A look-back before the first month finds no rows, not an error."""
        if self.store.parts(name, months):
            self.store.show(name, months)
            return
        any_month = [part.month for part in self.store.parts(name)][:1]
        self.store.show(name, any_month, name=f"{name}_all")
        self.store.engine.empty_like(name, f"{name}_all")
