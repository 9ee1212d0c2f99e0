"""Institutions, doctors and pharmacies, with the natural differences between them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from anomaly.sources.world.catalogue import DEPARTMENTS, Catalogue
from anomaly.sources.world.people import DISTRICT_SHARE
from anomaly.sources.world.streams import heavy_normal, stream

PER_CELL = 24
INSTITUTIONS = (48, 15, 5)  # of levels one, two and three, at scale 1
PHARMACIES = 46
_CENTRES = np.array([[120.10, 30.20], [120.55, 30.45], [120.00, 30.70]])
# Yuan per outpatient visit by level and department, and the usual share of drugs.
BASE_FEE = np.array([78.0, 122.0, 176.0])
DEPARTMENT_FEE = np.array([1.08, 1.0, 1.0, 0.84, 1.1])
BASE_SHARE = np.array([0.48, 0.34, 0.33, 0.46, 0.6])
_DEPARTMENT_RATE = np.array([1.12, 0.97, 0.97, 1.04, 0.97])
_LEVEL_RATE = np.array([0.97, 1.0, 1.06])
VISITS = 13.8


@dataclass(frozen=True)
class Providers:
    """Units: institutions first, then pharmacies, share one numbering."""

    units: pd.DataFrame
    doctors: pd.DataFrame
    institutions: int

    @property
    def pharmacies(self) -> np.ndarray:
        """Positions of the pharmacies among the units."""
        return np.arange(self.institutions, len(self.units))


def _institution_counts(scale: float) -> tuple[int, int, int]:
    least = (24, 8, 3)
    return tuple(
        max(low, round(full * scale))
        for low, full in zip(least, INSTITUTIONS, strict=True)
    )


def _units(seed: int, scale: float) -> tuple[pd.DataFrame, int]:
    rng = stream(seed, "units")
    counts = _institution_counts(scale)
    shops = max(22, round(PHARMACIES * scale))
    level = np.concatenate([np.repeat([0, 1, 2], counts), np.full(shops, 3)])
    chain = rng.random(len(level)) < 0.6
    tier = np.where(level < 3, level, np.where(chain, 3, 4))
    size = len(level)
    home = rng.choice(3, size, p=DISTRICT_SHARE)
    # Each district has at least one unit of every kind.
    for kind in range(4):
        spots = np.flatnonzero(level == kind)[:3]
        home[spots] = np.arange(len(spots))
    place = _CENTRES[home] + rng.normal(0, 0.06, (size, 2))
    frame = pd.DataFrame(
        {
            "level": level,
            "tier": tier,
            "home": home,
            "lon": place[:, 0].round(4),
            "lat": place[:, 1].round(4),
            "rate": 26 * rng.lognormal(0, 0.35, size),
            "fee": np.exp(heavy_normal(rng, size) * 0.14),
            "pharmacists": rng.integers(1, 5, size),
            "group": np.where(level == 3, rng.integers(1, 6, size), 0),
        }
    )
    _name_units(frame)
    return frame, size - shops


def _name_units(frame: pd.DataFrame) -> None:
    codes, names = [], []
    words = ("测试卫生院", "测试二级医院", "测试三级医院")
    for k, row in enumerate(frame.itertuples(), start=1):
        district = f"99010{row.home + 1}"
        shop = row.level == 3
        codes.append(f"{'P' if shop else 'H'}{district}{k:05d}")
        shop_word = "测试连锁药店" if row.tier == 3 else "测试单体药店"
        mark = "甲乙丙"[row.home]
        names.append(f"{mark}{shop_word if shop else words[row.level]}{k:03d}")
    frame["code"], frame["name"] = codes, names


def _place_doctors(rng: np.random.Generator, units: pd.DataFrame, per: int) -> tuple:
    """Spread the doctors of each cell over the institutions of their level."""
    level = np.repeat([0, 1, 2], per * len(DEPARTMENTS))
    dept = np.tile(np.repeat(np.arange(len(DEPARTMENTS)), per), 3)
    unit = np.empty(len(level), dtype=np.int64)
    for kind in range(3):
        spots = np.flatnonzero(units["level"].to_numpy() == kind)
        mine = np.flatnonzero(level == kind)
        # Everyone gets one doctor first, the rest go by an uneven size.
        size = rng.lognormal(0, 0.4, len(spots))
        extra = rng.choice(spots, max(0, len(mine) - len(spots)), p=size / size.sum())
        chosen = np.concatenate([spots, extra])[: len(mine)]
        unit[mine] = rng.permutation(chosen)
    return level, dept, unit


def build_doctors(
    seed: int, scale: float, units: pd.DataFrame, catalogue: Catalogue
) -> pd.DataFrame:
    """Return the doctors with their natural habits."""
    rng = stream(seed, "doctors")
    per = max(5, round(PER_CELL * scale))
    level, dept, unit = _place_doctors(rng, units, per)
    size = len(level)
    idle = rng.random(size) < 0.03
    rate = VISITS * _DEPARTMENT_RATE[dept] * _LEVEL_RATE[level]
    rate = rate * np.exp(heavy_normal(rng, size) * 0.26)
    favourites = [catalogue.drugs[d][rng.integers(2, 9)] for d in dept]
    frame = pd.DataFrame(
        {
            "level": level,
            "dept": dept,
            "unit": unit,
            "rate": np.where(idle, rng.uniform(0.2, 2.2, size), rate),
            "idle": idle,
            "fee": np.exp(heavy_normal(rng, size) * 0.15),
            "share": heavy_normal(rng, size) * 0.27,
            "exam": rng.normal(0, 0.3, size),
            "drift": rng.normal(0.015, 0.02, size),
            "habit": rng.beta(2, 22, size),
            "favourite": np.array(favourites, dtype=np.int64),
        }
    )
    home = units["home"].to_numpy()[unit]
    frame["code"] = [f"D99010{h + 1}{k:06d}" for k, h in enumerate(home, start=1)]
    return frame


def build_providers(seed: int, scale: float, catalogue: Catalogue) -> Providers:
    """Return every unit that is paid, and who works there."""
    units, institutions = _units(seed, scale)
    doctors = build_doctors(seed, scale, units, catalogue)
    return Providers(units, doctors, institutions)
