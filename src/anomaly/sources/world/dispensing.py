"""Who prescribed what pharmacies sell, and the codes that hospitals scan."""

import numpy as np

from anomaly.sources.world.setting import TICKET, Setting
from anomaly.sources.world.settle import Batch
from anomaly.sources.world.streams import noise

# So many purchases fill an outside prescription, and so many drug lines of hospitals
# are dispensed with a scanned code.
OUTSIDE, SCANNED = 0.3, 0.1
_PACKED = ("09", "11")


class Prescribers:
    """Doctors whose prescriptions each pharmacy fills, a few of them most of all."""

    def __init__(self, setting: Setting) -> None:
        self.seed = setting.seed
        units, doctors = setting.providers.units, setting.providers.doctors
        self.home = units["home"].to_numpy()
        place = self.home[doctors["unit"].to_numpy()]
        new = setting.plan.frame
        new = new.loc[new["scheme"] == "new_doctor", "unit"].to_numpy(dtype=np.int64)
        known = ~np.isin(np.arange(len(doctors)), new)
        self.near = [np.flatnonzero((place == h) & known) for h in range(3)]

    def of(self, unit: np.ndarray, visit: np.ndarray) -> np.ndarray:
        """Return the prescriber of each purchase; -1 where it needed none."""
        found = np.full(len(unit), -1)
        outside = noise(self.seed, "outside", visit) < OUTSIDE
        # The pharmacy's neighbours come first in its circle.
        first = noise(self.seed, "neighbours", unit)
        far = noise(self.seed, "prescriber", visit) ** 3
        for home, doctors in enumerate(self.near):
            here = outside & (self.home[unit] == home)
            if here.any() and len(doctors):
                spot = (first[here] + far[here]) % 1.0 * len(doctors)
                found[here] = doctors[spot.astype(np.int64)]
        return found


class Codes:
    """Codes scanned as hospitals dispense; a returned box is scanned for another."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.scanned = np.zeros(len(setting.catalogue.items), dtype=np.int64)

    def month(self, batch: Batch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the settlements' rows, items and codes of a month."""
        setting, lines = self.setting, batch.lines
        table = batch.settlements.iloc[lines["row"].to_numpy()]
        item = lines["item"].to_numpy()
        packed = setting.catalogue.items["category"].isin(_PACKED).to_numpy()[item]
        key = table["visit"].to_numpy() * len(packed) + item
        chosen = packed & (table["kind"] != TICKET).to_numpy()
        chosen &= noise(setting.seed, "dispensed", key) < SCANNED
        row, item = lines["row"].to_numpy()[chosen], item[chosen]
        unit = table["unit"].to_numpy()[chosen]
        order = np.lexsort((np.arange(len(item)), unit, item))
        row, item, unit = row[order], item[order], unit[order]
        first = np.searchsorted(item, item)
        number = self.scanned[item] + np.arange(len(item)) - first + 1
        self.scanned += np.bincount(item, minlength=len(self.scanned))
        code = 82 * 10**12 + item * 10**9 + number
        return row, item, self._returned(batch, row, item, unit, code)

    def _returned(self, batch: Batch, row, item, unit, code) -> np.ndarray:
        rate = 0.06 * noise(self.setting.seed, "returns", unit) ** 3
        again = noise(self.setting.seed, "returned", code) < rate
        visit = batch.settlements["visit"].to_numpy()[row]
        before = np.roll(np.arange(len(code)), 1)
        same = (item == item[before]) & (unit == unit[before])
        return np.where(again & same & (visit != visit[before]), code[before], code)
