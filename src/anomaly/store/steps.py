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

from anomaly.errors import PolicyError
from anomaly.periods import month_text, shift
from anomaly.store.store import PATIENCE_SECONDS, Store
from anomaly.tables import tables

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Step:
    """One SELECT, what it reads, and from which months before its own."""

    name: str
    sql: str
    needs: tuple[str, ...]
    months: tuple[int, ...] = (0,)
    about: str = ""


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

    def stale(self, months: Sequence[date]) -> list[tuple[Step, date, str]]:
        """Return what must be built for these months: (step, month, key)."""
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
                    todo.append((step, month, key))
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
            for done, (step, month, key) in enumerate(todo):
                if progress:
                    progress(month_text(month), done, len(todo))
                self._build(step, month, key)
        if progress:
            progress("", len(todo), len(todo))
        return len(todo)

    def _key(self, step: Step, month: date) -> str:
        parts = [step.sql, month_text(month)]
        for need in step.needs:
            for text in self._months_of(need, step, month):
                built = self._built.get((need, text))
                keys = [built] if built else self._stored_keys(need, text)
                parts += [need, text, *keys]
        return sha256("\n".join(parts).encode()).hexdigest()[:16]

    def _stored_keys(self, dataset: str, month: str) -> list[str]:
        return [part.key for part in self.store.parts(dataset, [month])]

    def _months_of(self, need: str, step: Step, month: date) -> list[str]:
        table = tables().get(need)
        if table and not table.month:
            return [""]
        return [month_text(shift(month, back)) for back in step.months]

    def _build(self, step: Step, month: date, key: str) -> None:
        for need in step.needs:
            months = self._months_of(need, step, month)
            if need in tables():
                self.store.show(need, months)
            else:
                self._show_step(need, months)
        text = month_text(month)
        sql = step.sql.replace("{month}", f"DATE '{text}-01'")
        self.store.keep(
            step.name, text, key, lambda path: self.store.engine.write(sql, path)
        )

    def _show_step(self, name: str, months: list[str]) -> None:
        """A look-back before the first month finds no rows, not an error."""
        if self.store.parts(name, months):
            self.store.show(name, months)
            return
        any_month = [part.month for part in self.store.parts(name)][:1]
        self.store.show(name, any_month, name=f"{name}_all")
        self.store.engine.empty_like(name, f"{name}_all")
