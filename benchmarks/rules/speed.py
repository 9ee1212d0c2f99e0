"""What the rules cost on a city, and what the same costs written by hand."""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median

from anomaly.periods import month_text, shift
from anomaly.rules.hits import every_step, run_hits
from anomaly.rules.rule import Rule, rules
from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.steps import Runner, Step, needed
from anomaly.store.store import Store
from anomaly.tables import tables
from anomaly.workspace import open_store


def only_input(source: Path, target: Path) -> Path:
    """Make a store of its own of another that has built nothing, its files by link."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copy(source / "catalog.sqlite", target)
    for path in (source / "data").rglob("*.parquet"):
        own = target / path.relative_to(source)
        own.parent.mkdir(parents=True, exist_ok=True)
        own.hardlink_to(path)
    return target


def every_rule(root: Path, month: date) -> None:
    """Bring the hits of all rules up to date, and whatever they rest on."""
    store = Store.open(root)
    run_hits(store, month)
    store.close()


class ByHand:
    """The steps of one rule as somebody without a builder would run them.

    In one session over the Parquet files: what is used once is a view, so that only
    what is asked of it is computed; what is used twice lies in a temporary table.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.connection = store.engine.connection
        self.steps: dict[str, Step] = {step.name: step for step in every_step(store)}
        self.uses: Counter = Counter()
        self.made: set[str] = set()

    def write(self, step: Step, month: date, path: Path) -> None:
        """Write the rows of a step as the builder would."""
        self.steps[step.name] = step
        self._count(step, month)
        self.store.engine.write(f"SELECT * FROM {self._step(step.name, month)}", path)

    def _count(self, step: Step, month: date) -> None:
        for need in step.needs:
            if need in self.steps:
                for back in step.months:
                    of = shift(month, back)
                    self.uses[need, of] += 1
                    if self.uses[need, of] == 1:
                        self._count(self.steps[need], of)

    def _step(self, name: str, month: date) -> str:
        made = f"{name}_{month_text(month).replace('-', '')}"
        if made in self.made:
            return made
        step = self.steps[name]
        needs = ", ".join(
            f"{need} AS NOT MATERIALIZED ({self._need(need, step, month)})"
            for need in step.needs
        )
        text = step.sql.replace("{month}", f"DATE '{month_text(month)}-01'")
        # Names that the text gives itself come after those of what it needs.
        joined = (
            f"{needs}, {text[5:]}" if text.startswith("WITH ") else f"{needs} {text}"
        )
        whole = f"WITH {joined}" if needs else text
        kind = "TABLE" if self.uses[name, month] > 1 else "VIEW"
        self.connection.execute(f"CREATE OR REPLACE TEMP {kind} {made} AS {whole}")
        self.made.add(made)
        return made

    def _need(self, need: str, step: Step, month: date) -> str:
        table = tables().get(need)
        months = [shift(month, back) for back in step.months]
        if table:
            texts = [month_text(one) for one in months] if table.month else [""]
            name = f"{need}_{'_'.join(text.replace('-', '') for text in texts)}"
            return f"SELECT * FROM {self.store.show(need, texts, name=name)}"
        known = [one for one in months if one in self.store.months()] or [month]
        return " UNION ALL ".join(
            f"SELECT * FROM {self._step(need, one)}" for one in known
        )


def by_hand(root: Path, rule: Rule, month: date) -> float:
    """Return the CPU seconds of one rule straight from the tables."""
    store = Store.open(root)
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        start = time.process_time()
        ByHand(store).write(rule.step, month, Path(folder) / "hits.parquet")
        took = time.process_time() - start
    store.close()
    return took


def from_input(source: Path, scratch: Path, rule: Rule, month: date) -> float:
    """Return the CPU seconds of one rule by the builder, nothing of it built."""
    store = Store.open(only_input(source, scratch))
    runner = Runner(store, needed(every_step(store), [rule.step.name]))
    start = time.process_time()
    runner.run([month])
    took = time.process_time() - start
    store.close()
    return took


def on_built(root: Path, rule: Rule, month: date, rounds: int) -> tuple[float, float]:
    """Return the CPU seconds of a rule where what it shares with others is built.

    First by the builder (keys, catalogue and checksums included), then its text over
    the same Parquet by hand; medians of turns about.
    """
    store = Store.open(root)
    ours, theirs = [], []
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        for turn in range(rounds):
            # Another text is another key, so the hits are made again.
            step = replace(rule.step, sql=f"-- turn {turn}\n{rule.step.sql}")
            others = [one for one in every_step(store) if one.name != step.name]
            runner = Runner(store, needed([*others, step], [step.name]))
            start = time.process_time()
            runner.run([month])
            ours.append(time.process_time() - start)
            start = time.process_time()
            _text_alone(store, step, month, Path(folder) / "hits.parquet")
            theirs.append(time.process_time() - start)
    store.close()
    return median(ours), median(theirs)


def _text_alone(store: Store, step: Step, month: date, path: Path) -> None:
    store.engine.viewed.clear()
    for need in step.needs:
        table = tables().get(need)
        texts = [month_text(shift(month, back)) for back in step.months]
        store.show(need, texts if not table or table.month else [""])
    text = step.sql.replace("{month}", f"DATE '{month_text(month)}-01'")
    store.engine.write(text, path)


def chosen_rules(names: str) -> Sequence[Rule]:
    """Return the rules named, or all."""
    chosen = names.split(",") if names else [*rules()]
    return [rules()[name] for name in chosen]


# Of a day's rows, what must be new for the store to take them as new.
IDS = ("settlement_id", "visit_id", "line_id")
DAILY = ("settlement", "visit", "charge")


def write_day(root: Path, month: date, folder: Path) -> int:
    """Write an export of one more day, like the month's fullest; return its lines."""
    folder.mkdir(parents=True, exist_ok=True)
    store = Store.open(root)
    for name in DAILY:
        store.show(name, [month_text(month)])
    day = store.scalar("SELECT mode(CAST(settled_at AS DATE)) FROM settlement")
    bills = (
        "SELECT settlement_id, visit_id FROM settlement"
        f" WHERE CAST(settled_at AS DATE) = DATE '{day}'"
    )
    counts = {}
    for name in DAILY:
        key = "visit_id" if name == "visit" else "settlement_id"
        rows = store.engine.frame(
            f"SELECT * FROM {name} WHERE {key} IN (SELECT {key} FROM ({bills}))"
        )
        for one in rows.columns.intersection(IDS):
            rows[one] = rows[one] + "-again"
        held = [column.name for column in tables()[name].stored]
        rows[rows.columns.intersection(held)].to_csv(
            folder / f"{name}.csv", index=False
        )
        counts[name] = len(rows)
    store.close()
    return counts["charge"]


def take_day(root: Path, month: date, folder: Path) -> dict[str, float]:
    """Load a day and ask rules and lines about it; return wall seconds of each."""
    store = Store.open(root)
    start = time.perf_counter()
    load(store, [folder], load_mapping())
    store.close()
    loaded = time.perf_counter() - start
    workspace = open_store(root)
    day = date(month.year, month.month, 1)
    found = workspace.since("doctor", day.replace(day=28))
    asked = time.perf_counter() - start - loaded
    workspace.store.close()
    return {"load": loaded, "rank": asked, "units": len(found)}
