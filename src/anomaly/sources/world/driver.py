"""Writes the world, one month after the other."""

from collections.abc import Callable
from datetime import date
from math import isfinite
from pathlib import Path

import numpy as np
import pandas as pd

from anomaly.errors import UsageError
from anomaly.periods import parse_month, shift
from anomaly.sources.world import history, ledgers, masters
from anomaly.sources.world.aftermath import due, number_settlements, refunds, sent_again
from anomaly.sources.world.bedside import stay_lines
from anomaly.sources.world.catalogue import build_catalogue
from anomaly.sources.world.charges import outpatient_lines, ticket_lines
from anomaly.sources.world.clock import day_number
from anomaly.sources.world.files import Exports
from anomaly.sources.world.habits import month_habits
from anomaly.sources.world.manners import buy_again, move_afternoons, observe
from anomaly.sources.world.occupancy import Occupancy
from anomaly.sources.world.people import build_people
from anomaly.sources.world.personal import impersonations, visits_during_stays
from anomaly.sources.world.plan import COLUMNS, build_plan
from anomaly.sources.world.providers import build_providers
from anomaly.sources.world.setting import OUTPATIENT, STAY, TICKET, Setting, join
from anomaly.sources.world.settle import Batch, join_batches, mark_manual, settle
from anomaly.sources.world.stays import month_stays
from anomaly.sources.world.streams import stream
from anomaly.sources.world.tables import NationalTables
from anomaly.sources.world.tampering import tamper
from anomaly.sources.world.tickets import month_tickets
from anomaly.sources.world.visits import (
    dialysis_visits,
    outpatient_visits,
    placeholder_visits,
)

LARGE = 3.0
_LINES = {OUTPATIENT: outpatient_lines, STAY: stay_lines, TICKET: ticket_lines}
Progress = Callable[[str, int, int], None]


def write_world(
    out: Path,
    *,
    seed: int = 2024,
    scale: float = 1.0,
    months: int = 26,
    last_month: date = date(2026, 6, 1),
    planted: bool = True,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write a synthetic prefecture and return the rows of each file.

    Parameters
    ----------
    out : Path
        Folder to write to; made where it is absent.
    seed, scale : int, float
        The same pair gives the same bytes. Scale 1 is about 400 doctors.
    months : int
        How many months, the last of which is `last_month`.
    planted : bool
        False writes the same world with nothing planted in it.
    progress : callable, optional
        Called with a word, the months done and the months in all.
    """
    _check(Path(out), seed, scale, months)
    setting = build_setting(seed, scale, months, parse_month(last_month), planted)
    # Small worlds are kept, large ones are thrown away: pack them quickly.
    exports = Exports(Path(out), 9 if scale <= LARGE else 2)
    try:
        _Writer(setting, exports, progress).run()
        exports.finish()
    except BaseException:
        exports.abandon()
        raise
    return exports.rows


def _check(out: Path, seed: int, scale: float, months: int) -> None:
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: found a file", expected="a folder to write to")
    if not isfinite(scale) or scale <= 0:
        raise UsageError(
            f"scale: found {scale}", expected="a number above 0, such as 1"
        )
    if months < 1:
        raise UsageError(f"months: found {months}", expected="1 or more")
    if seed < 0:
        raise UsageError(f"seed: found {seed}", expected="0 or more")


def build_setting(
    seed: int, scale: float, months: int, last_month: date, planted: bool
) -> Setting:
    """Return the register and the plan of a world, before its first month."""
    window = [shift(last_month, step) for step in range(1 - months, 1)]
    catalogue = build_catalogue()
    providers = build_providers(seed, scale, catalogue)
    people = build_people(seed, scale, window[0], len(providers.doctors))
    plan = build_plan(seed, months, providers, people, planted=planted)
    occupancy = Occupancy(len(people), day_number(window[0]))
    setting = Setting(
        seed, scale, window, planted, catalogue, providers, people, plan, occupancy
    )
    _choose_circles(setting)
    return setting


def _choose_circles(setting: Setting) -> None:
    """Give each collector a family and each dialysis doctor a circle of patients."""
    rng = stream(setting.seed, "circles")
    people, plan = setting.people.frame, setting.plan.frame
    known = plan.loc[plan["unit_kind"] == "insured", "unit"].to_numpy(dtype=np.int64)
    free = (people["weight"] > 0).to_numpy().copy()
    free[known] = False
    for one in plan.loc[plan["scheme"] == "family_pickup", "unit"]:
        near = free & (people["home"] == people["home"].iloc[one]).to_numpy()
        members = rng.choice(np.flatnonzero(near), 3, replace=False)
        free[members] = False
        setting.families[int(one)] = np.array([one, *members])
        people.loc[members, "phone"] = people["phone"].iloc[one]
    elder = free & (people["age"] >= 40).to_numpy()
    for one in plan.loc[plan["scheme"] == "dialysis", "unit"]:
        patients = rng.choice(np.flatnonzero(elder), 5, replace=False)
        elder[patients] = False
        setting.wards[int(one)] = patients


def link_transfers(stays: pd.DataFrame) -> None:
    """Replace the marks of transfers by the number of the stay they came from."""
    mark = stays["refer"].to_numpy()
    first = mark % 2 == 1
    number = dict(zip(mark[first] + 1, stays["visit"].to_numpy()[first], strict=True))
    linked = [number.get(m, 0) if m < 0 and m % 2 == 0 else 0 for m in mark]
    stays["refer"] = np.array(linked, dtype=np.int64)


class _Writer:
    """Carries what runs over a month's end: stays, refunds, stock."""

    def __init__(
        self, setting: Setting, exports: Exports, progress: Progress | None
    ) -> None:
        self.setting, self.exports, self.progress = setting, exports, progress
        self.tables = NationalTables(setting, masters.doctor_codes(setting))
        self.stock = ledgers.Stock(setting)
        self.budgets = ledgers.Budgets(setting)
        self.waiting_stays = join([])
        self.pending: list[Batch] = []
        self.truth: list[tuple] = []

    def run(self) -> None:
        """Write registers, months and history."""
        count = len(self.setting.months)
        self._registers()
        for month in range(count):
            self._report("months", month, count)
            self._month(month)
        self._history()
        self._report("months", count, count)

    def _report(self, word: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(word, done, total)

    def _registers(self) -> None:
        for name, source in (
            ("districts", masters.districts),
            ("medins_info_b", masters.institutions),
            ("rtal_phac_b", masters.pharmacies),
            ("dr_info_b", masters.doctors),
            ("psn_info_b", masters.persons),
            ("psn_insu_d", masters.enrolments),
            ("hilist_b", masters.catalogue_items),
            ("hilist_lmtpric_d", masters.price_caps),
            ("opsp_reg_evt_c", masters.registrations),
        ):
            self.exports.write(name, source(self.setting))

    def _events(self, month: int) -> pd.DataFrame:
        """Return what is settled this month; stays still running wait."""
        setting = self.setting
        setting.occupancy.advance(setting.clock(month).first)
        habits = month_habits(setting, month)
        stays = setting.number(month_stays(setting, month, habits), month, STAY)
        link_transfers(stays)
        others = [
            dialysis_visits(setting, month),
            visits_during_stays(setting, month, habits, stays),
            impersonations(setting, month, habits),
            outpatient_visits(setting, month, habits),
            placeholder_visits(setting, month),
            month_tickets(setting, month),
        ]
        rest = setting.number(_in_order(join(others)), month, OUTPATIENT)
        move_afternoons(setting, rest, month)
        buy_again(setting, rest)
        rest["end_day"] = rest["day"]
        stays = join([self.waiting_stays, stays])
        over = stays["end_day"] >= setting.clock(month).end
        self.waiting_stays = stays.loc[over].reset_index(drop=True)
        return join([rest, _in_order(stays.loc[~over])])

    def _batch(self, month: int) -> Batch:
        setting = self.setting
        events = self._events(month)
        mark_manual(setting, events, month)
        parts, year = [], setting.months[month].year
        for kind, source in _LINES.items():
            rng = setting.rng(f"lines {kind}", month)
            chosen = events.loc[events["kind"] == kind]
            parts.append(source(rng, setting, chosen, year))
        lines = observe(setting, events, pd.concat(parts, ignore_index=True), year)
        lines = tamper(setting, events, lines, month)
        return settle(setting, events, lines, month)

    def _month(self, month: int) -> None:
        setting = self.setting
        batch = self._batch(month)
        start = setting.months[month]
        prefix = start.year % 100 * 100 + start.month
        count = len(batch.settlements)
        batch.settlements = number_settlements(batch.settlements, prefix, 0)
        back, truth = refunds(setting, batch, month)
        self.truth += truth
        now, self.pending = due([*self.pending, back], setting.clock(month).end)
        later = join_batches([sent_again(setting, batch, month), *now])
        later.settlements = number_settlements(later.settlements, prefix, count)
        self._write(batch, later, prefix, month)

    def _write(self, batch: Batch, later: Batch, prefix: int, month: int) -> None:
        write, setting = self.exports.write, self.setting
        everything = join_batches([batch, later])
        write("setl_d", self.tables.settlements(everything))
        write("mdtrt_d", self.tables.visits(batch))
        write("fee_list_d", self.tables.lines(everything, prefix * 10**8))
        write("setl_diag_list_d", self.tables.diagnoses(everything))
        write("stock", self.stock.month(batch, month))
        write("trace_codes", self.stock.traces(batch, month))
        write("reviews", ledgers.reviews(setting, batch, month))
        write("list_uploads", ledgers.uploads(setting, batch, month))
        write("case_groups", ledgers.case_groups(setting, batch, month))
        write("budgets", self.budgets.month(everything, month))

    def _history(self) -> None:
        self.exports.write("findings", history.findings(self.setting))
        self.exports.write("tips", history.tips(self.setting))
        # Refunds that fall after the last month were never written.
        unseen = {str(n) for b in self.pending for n in b.settlements["original"]}
        kept = [row for row in self.truth if row[2] not in unseen]
        rows = self.setting.plan.frame
        if kept:
            rows = pd.concat([rows, pd.DataFrame(kept, columns=COLUMNS)])
        rows = rows.rename(columns={"from": "start", "to": "end"})
        text = history.truth_text(self.setting, rows)
        self.exports.write_text("truth.csv", text, len(rows))


def _in_order(events: pd.DataFrame) -> pd.DataFrame:
    """Sort as an export is read: by unit, doctor and time."""
    order = ["unit", "doctor", "day", "sec", "person"]
    return events.sort_values(order, kind="stable").reset_index(drop=True)
