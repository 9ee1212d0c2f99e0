"""How each doctor works in a month: natural habits and what is planted on them."""

import numpy as np
import pandas as pd

from anomaly.sources.world.catalogue import POOLS
from anomaly.sources.world.people import POOL_NAMES
from anomaly.sources.world.providers import BASE_FEE, BASE_SHARE, DEPARTMENT_FEE
from anomaly.sources.world.setting import CANCER, ORDINARY, Setting

_POOL_OF_DEPT = np.array([POOL_NAMES.index(p) for p in POOLS])


def month_habits(setting: Setting, month: int) -> pd.DataFrame:
    """Return one row a doctor: visits expected, fee, share of drugs, one drug."""
    doctors, plan = setting.providers.doctors, setting.plan
    size = len(doctors)
    rng = setting.rng("habits", month)

    def force(scheme: str) -> tuple[np.ndarray, np.ndarray]:
        on = plan.on(scheme, month, size + 2)[:size]
        return on, plan.strength(scheme, month, size + 2)[:size]

    level, dept = doctors["level"].to_numpy(), doctors["dept"].to_numpy()
    years = month / 12
    visits = doctors["rate"].to_numpy() * np.exp(rng.normal(0, 0.07, size))
    fee = BASE_FEE[level] * DEPARTMENT_FEE[dept] * doctors["fee"].to_numpy()
    fee = fee * np.exp(doctors["drift"] * years + rng.normal(0, 0.04, size))
    share = BASE_SHARE[dept]
    tilt = np.log(share / (1 - share)) + doctors["share"] + rng.normal(0, 0.05, size)
    table = pd.DataFrame(
        {
            "visits": visits,
            "fee": fee,
            "tilt": tilt,
            "share_add": 0.0,
            "share_times": 1.0,
            "habit": doctors["habit"],
            "style": ORDINARY,
        }
    )
    _plant(table, force)
    _plant_benign(table, setting, month, force)
    return table


def _plant(table: pd.DataFrame, force) -> None:
    for scheme, low in (("growth", 1.5), ("visits", 2.0)):
        on, strength = force(scheme)
        reach = 0.5 if scheme == "growth" else 1.0
        table["visits"] *= np.where(on, low + reach * strength, 1.0)
    on, strength = force("fee_per_visit")
    table["fee"] *= np.where(on, 1.6 + 0.6 * strength, 1.0)
    on, strength = force("one_drug")
    table["habit"] = np.where(on, 0.3 + 0.2 * strength, table["habit"])
    on, strength = force("drug_share")
    table["share_add"] = np.where(on, 0.15 + 0.1 * strength, 0.0)
    on, _ = force("joint_mild")
    for column in ("visits", "fee", "share_times"):
        table[column] *= np.where(on, 1.2, 1.0)


def _plant_benign(table: pd.DataFrame, setting: Setting, month: int, force) -> None:
    on, _ = force("dialysis")
    table["visits"] *= np.where(on, 0.4, 1.0)
    on, _ = force("oncology")
    table["style"] = np.where(on, CANCER, ORDINARY)
    table["fee"] *= np.where(on, 4.0, 1.0)
    table["tilt"] += np.where(on, 1.6, 0.0)
    table.loc[setting.absent(month), "visits"] = 0.0


def draw_shares(
    rng: np.random.Generator, table: pd.DataFrame, doctor: np.ndarray
) -> np.ndarray:
    """Draw each visit's share of drugs in its fee."""
    rows = table.iloc[doctor]
    tilt = rows["tilt"].to_numpy() + rng.normal(0, 0.5, len(doctor))
    share = 1 / (1 + np.exp(-tilt))
    share = share * rows["share_times"].to_numpy() + rows["share_add"].to_numpy()
    return share.clip(0.02, 0.96)


def draw_items(
    rng: np.random.Generator, setting: Setting, table: pd.DataFrame, doctor: np.ndarray
) -> np.ndarray:
    """Draw the visits in which the doctor reaches for the one favourite drug."""
    favourite = setting.providers.doctors["favourite"].to_numpy()[doctor]
    chosen = rng.random(len(doctor)) < table["habit"].to_numpy()[doctor]
    return np.where(chosen, favourite, -1)


def pools_of(dept: np.ndarray) -> np.ndarray:
    """Return the kind of patient each department sees."""
    return _POOL_OF_DEPT[dept]
