"""Fee lines of stays, spread over their days."""

import numpy as np
import pandas as pd

from anomaly.sources.world.charges import Pricer, lines_of
from anomaly.sources.world.setting import CANCER, Setting

_SURGERY = np.array([0.0, 0.35, 0.35, 0.0, 0.0])
MORNING = 8 * 3600


class _Stays:
    """The columns of stays that lines need, as arrays."""

    def __init__(self, setting: Setting, events: pd.DataFrame) -> None:
        self.event = events.index.to_numpy()
        self.tier = setting.providers.units["tier"].to_numpy()[events["unit"]]
        self.day, self.sec = events["day"].to_numpy(), events["sec"].to_numpy()
        self.length = np.maximum((events["end_day"] - events["day"]).to_numpy(), 1)
        self.end_sec = events["end_sec"].to_numpy()
        self.fee = events["fee"].to_numpy() * 100
        self.share = events["share"].to_numpy()
        self.dept = events["dept"].to_numpy()
        self.style = events["style"].to_numpy()
        self.gap = events["gap"].to_numpy()

    def each_day(self) -> tuple[np.ndarray, np.ndarray]:
        """Return for every day of every stay which stay and which day of it."""
        row = np.repeat(np.arange(len(self.event)), self.length)
        start = np.repeat(np.cumsum(self.length) - self.length, self.length)
        return row, np.arange(len(row)) - start


def stay_lines(
    rng: np.random.Generator, setting: Setting, events: pd.DataFrame, year: int
) -> pd.DataFrame:
    """Bed, nursing and drugs each day; tests at the start; drugs to take home."""
    pricer = Pricer(rng, setting.catalogue, year)
    stays = _Stays(setting, events)
    row, step = stays.each_day()
    daily = _daily_lines(pricer, setting, stays, row, step)
    cost = np.bincount(daily["row"], weights=daily["price"], minlength=len(stays.event))
    rest = np.maximum(stays.fee - cost, 0.25 * stays.fee)
    drug = rest * stays.share.clip(0.1, 0.85)
    other = rest - drug
    parts = [daily.drop(columns="row")]
    parts.append(_drug_days(pricer, setting, stays, drug))
    parts += _takehome(rng, pricer, setting, stays, drug)
    parts += _procedures(rng, pricer, setting, stays, other)
    return pd.concat(parts, ignore_index=True)


def _moment(stays: _Stays, row, step, second) -> np.ndarray:
    """Nothing is charged before the patient has come."""
    return np.where(step == 0, np.maximum(second, stays.sec[row] + 1800), second)


def _daily_lines(pricer, setting: Setting, stays: _Stays, row, step) -> pd.DataFrame:
    parts = []
    for name in ("bed", "nursing"):
        item = np.full(len(row), setting.catalogue.singles[name])
        part = lines_of(
            stays.event[row], item=item, day=stays.day[row] + step,
            sec=_moment(stays, row, step, np.full(len(row), MORNING)),
            price=pricer.price(item, stays.tier[row]), order=0,
        )  # fmt: skip
        parts.append(part.assign(row=row))
    return pd.concat(parts, ignore_index=True)


def _choices(setting: Setting, stays: _Stays, spots: np.ndarray):
    """Yield the drugs of each department and the events that use them."""
    for dept, choice in enumerate(setting.catalogue.drugs):
        here = (stays.dept[spots] == dept) & (stays.style[spots] != CANCER)
        if here.any():
            yield choice, np.flatnonzero(here)
    cancer = stays.style[spots] == CANCER
    if cancer.any():
        yield setting.catalogue.cancer_drugs, np.flatnonzero(cancer)


def _drug_days(pricer, setting: Setting, stays: _Stays, drug) -> pd.DataFrame:
    """One drug line a day, but for the empty days of a hung bed."""
    row, step = stays.each_day()
    amount = drug[row] * 0.9 / stays.length[row]
    empty = (stays.gap[row] > 0) & (step > 0)
    empty &= (step % 3 > 0) | (stays.length[row] < 4)
    item = np.empty(len(row), dtype=np.int64)
    count = np.ones(len(row), dtype=np.int64)
    for choice, spots in _choices(setting, stays, row):
        item[spots], count[spots] = pricer.drug(
            choice, stays.tier[row[spots]], amount[spots]
        )
    lines = lines_of(
        stays.event[row], item=item, cnt=count, day=stays.day[row] + step,
        sec=_moment(stays, row, step, np.full(len(row), MORNING + 3600)),
        price=pricer.price(item, stays.tier[row]), supply=1,
        order=step + 1,
    )  # fmt: skip
    return lines.loc[~empty]


def _takehome(rng, pricer, setting, stays: _Stays, drug) -> list[pd.DataFrame]:
    """Drugs for at most a week after discharge, flagged as such."""
    wanted = drug * 0.1
    has = np.flatnonzero((wanted > 800) & (stays.style != CANCER))
    parts = []
    for choice, spots in _choices(setting, stays, has):
        mine = has[spots]
        item, count = pricer.drug(choice, stays.tier[mine], wanted[mine])
        parts.append(
            lines_of(
                stays.event[mine],
                item=item,
                cnt=count,
                day=stays.day[mine] + stays.length[mine],
                sec=np.maximum(stays.end_sec[mine] - 1200, MORNING),
                price=pricer.price(item, stays.tier[mine]),
                supply=rng.integers(3, 8, len(mine)),
                takehome=1,
                order=90,
            )
        )
    return parts


def _procedures(rng, pricer, setting: Setting, stays: _Stays, other) -> list:
    """Scan and test on the first day, then surgery or treatments on the next ones."""
    everyone = np.arange(len(stays.event))
    parts = [
        _once(pricer, stays, everyone, category, other * share, step=0)
        for category, share in (("03", 0.25), ("04", 0.18))
    ]
    rest = other * 0.57
    operated = (rng.random(len(rest)) < _SURGERY[stays.dept]) & (rest > 40_000)
    operated &= stays.gap == 0
    later = np.minimum(1, stays.length - 1)
    cut, calm = np.flatnonzero(operated), np.flatnonzero(~operated)
    parts.append(_once(pricer, stays, cut, "06", rest * 0.65, step=later))
    parts.append(_once(pricer, stays, cut, "08", rest * 0.35, step=later))
    # Treatments on up to three days, so that a day's amount stays plausible.
    days = np.minimum(stays.length, 3)
    for k in range(3):
        some = calm[(days[calm] > k) & ((stays.gap[calm] == 0) | (k == 0))]
        parts.append(_once(pricer, stays, some, "05", rest / days, step=k))
    return parts


def _once(pricer, stays: _Stays, spots, category: str, amount, *, step) -> pd.DataFrame:
    item = pricer.service(category, stays.tier[spots], amount[spots])
    step = np.broadcast_to(step, len(stays.event))[spots]
    price = pricer.price(item, stays.tier[spots])
    count = 1
    if category == "08":
        count = pricer.count(item, stays.tier[spots], amount[spots])
    second = _moment(stays, spots, step, np.full(len(spots), MORNING + 2 * 3600))
    return lines_of(
        stays.event[spots], item=item, cnt=count, day=stays.day[spots] + step,
        sec=second, price=price, order=50,
    )  # fmt: skip
