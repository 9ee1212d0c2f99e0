"""Who lives in a null world: groups of units whose log effects are ordinary scatter.

What a unit does is its group's level times exp(effect). Effects come from one of three
families, whose tails no method may take for granted; half their 16-84 % range is tau.
A share of the units may be planted: their effect is lifted by the log of a factor.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

FAMILIES = ("gamma", "lognormal", "t5")
UNITS = 20_000
SIZES = (8, 90)
SMALL_SIZES = (5, 20)
# Half the 16-84 % range of Student's t with five degrees of freedom.
T5_SCALE = 1.1037
# Groups differ in how much their units vary: standard deviation of log tau.
TAU_VARIES = 0.2


def effects(rng: np.random.Generator, family: str, tau: np.ndarray) -> np.ndarray:
    """Return one log effect for each tau."""
    if family == "gamma":
        return np.log(rng.gamma(1 / tau**2) * tau**2)
    if family == "t5":
        return tau * rng.standard_t(5, tau.size) / T5_SCALE
    return tau * rng.normal(size=tau.size)


@dataclass(frozen=True)
class City:
    """How many groups of what sizes, and which share of units is planted how."""

    groups: int = 450
    sizes: tuple[int, int] = SIZES
    planted: float = 0.0
    factors: tuple[float, float] = (1.0, 1.0)

    @property
    def units(self) -> float:
        """Return the number of units to expect."""
        return self.groups * sum(self.sizes) / 2

    def people(self, rng: np.random.Generator) -> pd.DataFrame:
        """Return unit_id, group, lift (0 unless planted) of every unit."""
        sizes = rng.integers(self.sizes[0], self.sizes[1] + 1, self.groups)
        group = np.repeat(np.arange(self.groups), sizes)
        lift = np.zeros(group.size)
        chosen = rng.permutation(group.size)[: round(self.planted * group.size)]
        lift[chosen] = np.log(rng.uniform(*self.factors, chosen.size))
        return pd.DataFrame(
            {"unit_id": np.arange(group.size), "group": group, "lift": lift}
        )


def level(
    rng: np.random.Generator, people: pd.DataFrame, mean: float, sd: float
) -> np.ndarray:
    """Return the level of each unit's group."""
    return rng.normal(mean, sd, people["group"].nunique())[people["group"]]


def effect(
    rng: np.random.Generator, people: pd.DataFrame, family: str, tau: float
) -> np.ndarray:
    """Return each unit's effect, around a tau that varies between groups."""
    of_group = tau * np.exp(rng.normal(0, TAU_VARIES, people["group"].nunique()))
    return effects(rng, family, of_group[people["group"]])


def lifted(
    rng: np.random.Generator, people: pd.DataFrame, family: str, tau: float
) -> np.ndarray:
    """Return each unit's effect with what is planted."""
    return people["lift"].to_numpy() + effect(rng, people, family, tau)


def city(groups: int | None, small: bool, **planted) -> City:
    """Return a city of so many groups, or of as many as make about 20,000 units."""
    sizes = SMALL_SIZES if small else SIZES
    enough = round(2 * UNITS / sum(sizes) / 10) * 10
    return City(groups or (enough if small else 450), sizes, **planted)
