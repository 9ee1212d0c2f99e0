"""Telephones on the register: a household shares one."""

import numpy as np

from anomaly.sources.world.setting import Setting
from anomaly.sources.world.streams import stream

_SIZES = np.array([1, 2, 3, 4])
_SHARES = np.array([0.35, 0.3, 0.2, 0.15])


def telephones(setting: Setting) -> np.ndarray:
    """Return the number of each person's telephone, from 1 on.

    At most four persons share one; who collects for a family, with it.
    """
    rng = stream(setting.seed, "telephones")
    size = len(setting.people)
    # Neighbours of a district, in an order of chance, cut into households.
    order = np.lexsort((rng.random(size), setting.people.frame["home"]))
    sizes = rng.choice(_SIZES, size, p=_SHARES)
    number = np.empty(size, dtype=np.int64)
    number[order] = np.repeat(np.arange(1, size + 1), sizes)[:size]
    for nth, members in enumerate(setting.families.values(), start=1):
        number[members] = size + nth
    return number
