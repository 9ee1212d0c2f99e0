"""What every part of the world shares: the register, the plan, the calendar, ids."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from anomaly.sources.world.catalogue import Catalogue
from anomaly.sources.world.clock import MonthClock
from anomaly.sources.world.occupancy import Occupancy
from anomaly.sources.world.people import People
from anomaly.sources.world.plan import Plan
from anomaly.sources.world.providers import Providers
from anomaly.sources.world.streams import stream

OUTPATIENT, STAY, TICKET = 0, 1, 2
ORDINARY, DIALYSIS, CANCER = 0, 1, 2
NATURAL_MANUAL, PLANTED_MANUAL = 1, 2
_DEFAULTS: dict[str, int | float] = {
    "kind": OUTPATIENT, "unit": -1, "doctor": -1, "dept": 0, "person": -1,
    "home": 0, "pool": 0, "day": 0, "sec": 0, "end_day": -1, "end_sec": 0,
    "dx": -1, "med": 11, "fee": 0.0, "share": 0.5, "item": -1, "style": ORDINARY,
    "supply": -1, "refer": 0, "way": 1, "sex": 0, "age": -1, "manual": 0,
    "gap": 0, "flat": 0, "visit": 0, "settled": -1,
}  # fmt: skip
_REACH = np.array([0.1, 0.15, 0.28, 0.08])


@dataclass
class Setting:
    """The world while it is being written."""

    seed: int
    scale: float
    months: list[date]
    planted: bool
    catalogue: Catalogue
    providers: Providers
    people: People
    plan: Plan
    occupancy: Occupancy
    families: dict[int, np.ndarray] = field(default_factory=dict)
    wards: dict[int, np.ndarray] = field(default_factory=dict)

    def rng(self, purpose: str, month: int) -> np.random.Generator:
        """Return the stream of a purpose in a month."""
        return stream(self.seed, purpose, month)

    def clock(self, month: int) -> MonthClock:
        """Return the calendar of a month of the window."""
        return MonthClock(self.months[month])

    def number(self, events: pd.DataFrame, month: int, kind: int) -> pd.DataFrame:
        """Give events their visit numbers, stays in a range of their own."""
        start = self.months[month]
        base = (70_000 + start.year % 100 * 100 + start.month) * 10**7
        first = base + (9_000_000 if kind == STAY else 0) + 1
        events["visit"] = np.arange(first, first + len(events))
        return events

    def absent(self, month: int) -> np.ndarray:
        """Tell which doctors have not begun yet."""
        plan = self.plan.frame
        later = (plan["scheme"] == "new_doctor") & (plan["from"] > month)
        mask = np.zeros(len(self.providers.doctors), dtype=bool)
        mask[plan.loc[later, "unit"].to_numpy(dtype=np.int64)] = True
        return mask

    def regular_doctors(self) -> np.ndarray:
        """Tell who has been at work throughout, and is not near-idle."""
        doctors, plan = self.providers.doctors, self.plan.frame
        regular = ~doctors["idle"].to_numpy().copy()
        new = plan.loc[plan["scheme"] == "new_doctor", "unit"]
        regular[new.to_numpy(dtype=np.int64)] = False
        return regular

    def adult_doctors(self, *levels: int) -> np.ndarray:
        """Return regular doctors of adults, of some hospital levels or of all."""
        doctors = self.providers.doctors
        fits = doctors["dept"].isin([0, 1, 4]).to_numpy() & self.regular_doctors()
        if levels:
            fits = fits & doctors["level"].isin(levels).to_numpy()
        return np.flatnonzero(fits)

    def homes(self, rng: np.random.Generator, unit: np.ndarray) -> np.ndarray:
        """Draw the home districts of a unit's patients: mostly its own."""
        units = self.providers.units
        own = units["home"].to_numpy()[unit]
        far = rng.random(len(unit)) < _REACH[units["level"].to_numpy()[unit]]
        return np.where(far, rng.integers(0, 3, len(unit)), own)


def make_events(size: int, **columns: object) -> pd.DataFrame:
    """Return events with every column; those not given take their defaults."""
    data = {name: columns.get(name, value) for name, value in _DEFAULTS.items()}
    return pd.DataFrame(data, index=pd.RangeIndex(size))


def seated(events: pd.DataFrame) -> pd.DataFrame:
    """Keep the events that found a person."""
    return events.loc[events["person"] >= 0].reset_index(drop=True)


def join(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put events one below the other."""
    filled = [p for p in parts if len(p)]
    if not filled:
        return make_events(0)
    return pd.concat(filled, ignore_index=True)
