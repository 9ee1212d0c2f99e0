"""Insured persons: who they are, and pools from which visits draw them."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from anomaly.sources.world.clock import day_number
from anomaly.sources.world.streams import stream

PERSONS = 12_000
DOCTORS = 360  # at scale 1
DISTRICTS = ("990101", "990102", "990103")
DISTRICT_NAMES = ("甲区", "乙县", "丙县")
DISTRICT_SHARE = np.array([0.45, 0.31, 0.24])
_NAME_MARKS = np.array(["甲", "乙", "丙"])
POOL_NAMES = ("adult", "woman", "child")


@dataclass(frozen=True)
class Pool:
    """Members of a district and kind with their cumulated inclination to visit."""

    members: np.ndarray
    cumulative: np.ndarray

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Draw members, the inclined more often."""
        spots = rng.random(size) * self.cumulative[-1]
        found = np.searchsorted(self.cumulative, spots, "right")
        return self.members[np.minimum(found, len(self.members) - 1)]


@dataclass(frozen=True)
class People:
    """The register and the pools, by district and kind of patient."""

    frame: pd.DataFrame
    pools: dict[tuple[int, str], Pool]

    def __len__(self) -> int:
        return len(self.frame)

    def draw(
        self, rng: np.random.Generator, home: np.ndarray, pool: np.ndarray
    ) -> np.ndarray:
        """Draw one person for each pair of home district and pool."""
        chosen = np.empty(len(home), dtype=np.int64)
        for (district, name), source in self.pools.items():
            mask = (home == district) & (pool == POOL_NAMES.index(name))
            chosen[mask] = source.draw(rng, int(mask.sum()))
        return chosen


def _ages(rng: np.random.Generator, size: int) -> np.ndarray:
    group = rng.random(size)
    child = rng.uniform(0.5, 13.0, size)
    adult = rng.uniform(14.0, 60.0, size)
    old = 60 + rng.gamma(2.2, 6.0, size)
    return np.where(
        group < 0.15, child, np.where(group < 0.72, adult, old.clip(60, 96))
    )


def build_people(seed: int, scale: float, first: date, doctors: int) -> People:
    """Return the register; the last rows are doctors, who fall ill elsewhere."""
    # Small worlds keep more doctors than their scale, so more patients as well.
    share = max(scale, doctors / DOCTORS)
    size = max(600, round(PERSONS * share)) + doctors
    rng = stream(seed, "people")
    age = _ages(rng, size)
    is_doctor = np.arange(size) >= size - doctors
    age = np.where(is_doctor, rng.uniform(28, 58, size), age)
    weight = rng.lognormal(0, 0.5, size) * np.where(age >= 60, 1.7, 1.0)
    # The dead and those who left their insurance are on the register but never come.
    gone = rng.random(size) < 0.006
    paused = rng.random(size) < 0.01
    employed = (age > 18) & (rng.random(size) < 0.46)
    frame = pd.DataFrame(
        {
            "home": rng.choice(3, size, p=DISTRICT_SHARE),
            "sex": np.where(rng.random(size) < 0.49, 1, 2),
            "birth": (day_number(first) - age * 365.25).astype(np.int64),
            "age": age,
            "insurance": np.where(employed, 310, 390),
            "weight": np.where(gone | paused | is_doctor, 0.0, weight),
            "chronic": np.where(
                (age >= 45) & (rng.random(size) < 0.3), rng.integers(0, 3, size), -1
            ),
            "death": np.where(gone, day_number(first) - 30 - rng.integers(0, 300), -1),
            "paused": paused & ~gone,
        }
    )
    frame["code"] = 9_901_000_000 + np.arange(1, size + 1)
    frame["phone"] = np.arange(1, size + 1)
    return People(frame, _pools(frame))


def _pools(frame: pd.DataFrame) -> dict[tuple[int, str], Pool]:
    pools = {}
    age, sex = frame["age"].to_numpy(), frame["sex"].to_numpy()
    weight = frame["weight"].to_numpy()
    kinds = {
        "adult": age >= 14,
        "woman": (age >= 16) & (age < 48) & (sex == 2),
        "child": age < 11,
    }
    for district in range(len(DISTRICTS)):
        for name, mask in kinds.items():
            here = mask & (frame["home"].to_numpy() == district) & (weight > 0)
            members = np.flatnonzero(here)
            pools[district, name] = Pool(members, np.cumsum(weight[members]))
    return pools


def person_names(frame: pd.DataFrame) -> np.ndarray:
    """Return names plainly marked as tests; a few have rare characters."""
    marks = _NAME_MARKS[frame["home"].to_numpy()].astype(object)
    # Characters outside GBK occur in real surnames and break careless readers.
    marks[::997] = "𬭎"
    return np.array(
        [f"测试{mark}{n:06d}" for n, mark in enumerate(marks, start=1)], dtype=object
    )
