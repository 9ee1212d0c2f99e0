"""Which units carry which scheme, from when to when, and how strongly."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from anomaly.sources.world.people import People
from anomaly.sources.world.providers import Providers
from anomaly.sources.world.streams import hash_order, stream

DOCTOR_SCHEMES = ("fee_per_visit", "growth", "one_drug", "visits", "drug_share",
                  "joint_mild", "minute_crowd")  # fmt: skip
INSTITUTION_SCHEMES = ("hung_beds", "split_admissions", "duplicate_charges",
                       "one_day_stays", "swapped_items")  # fmt: skip
PHARMACY_SCHEMES = ("card_trains", "small_round_tickets", "swaps")
INSURED_SCHEMES = ("pharmacy_hopping", "excess_supply", "outpatient_during_stay",
                   "impersonation")  # fmt: skip
BENIGN_DOCTORS = ("dialysis", "oncology", "new_doctor")
BENIGN_SITES = ("second_site",)
BENIGN_INSURED = ("transfers", "chemo_cycles", "family_pickup")
BENIGN_INSTITUTIONS = ("code_map_error", "reuploaded_batch")
PLACEHOLDERS = ("D00000", "99999")
HANDLER = "OP9901012"
_SHARE = {"doctor": 0.015, "insured": 0.011}
_BENIGN_SHARE = {"dialysis": 0.008, "oncology": 0.008, "new_doctor": 0.012,
                 "second_site": 0.015,
                 "transfers": 0.004, "chemo_cycles": 0.001,
                 "family_pickup": 0.002}  # fmt: skip
_THROUGHOUT = ("dialysis", "oncology", "chemo_cycles", "family_pickup", "second_site")
COLUMNS = ["unit_kind", "unit", "unit_id", "scheme", "from", "to", "benign", "strength"]


@dataclass
class Plan:
    """Planted units by scheme; months are positions in the world's window."""

    months: int
    frame: pd.DataFrame

    def active(self, scheme: str, month: int) -> pd.DataFrame:
        """Return the rows of a scheme that run in a month."""
        rows = self.frame
        running = (rows["from"] <= month) & (rows["to"] >= month)
        return rows.loc[(rows["scheme"] == scheme) & running]

    def on(self, scheme: str, month: int, size: int) -> np.ndarray:
        """Return which of `size` units carry the scheme in a month."""
        mask = np.zeros(size, dtype=bool)
        mask[self.active(scheme, month)["unit"].to_numpy(dtype=np.int64)] = True
        return mask

    def strength(self, scheme: str, month: int, size: int) -> np.ndarray:
        """Return each unit's strength of a scheme in a month, 0 where it has none."""
        rows = self.active(scheme, month)
        found = np.zeros(size)
        found[rows["unit"].to_numpy(dtype=np.int64)] = rows["strength"].to_numpy()
        return found


def _window(rng: np.random.Generator, months: int, place: int) -> tuple[int, int]:
    """Onsets differ; every fourth scheme has ended before the last month."""
    last = months - 1
    low, high = min(max(1, months // 4), last), max(last - 3, min(1, last))
    start = int(rng.integers(min(low, high), max(low, high) + 1))
    if place % 4 == 3 and last - start > 4:
        return start, int(rng.integers(start + 2, last))
    return start, last


def _growth_window(
    rng: np.random.Generator, months: int, place: int
) -> tuple[int, int]:
    last = months - 1
    if place % 2 == 0 or last < 8:
        return max(0, last - 2), last
    start = int(rng.integers(max(1, months // 3), last - 4))
    return start, start + 2


def _windows(seed: int, scheme: str, months: int, count: int) -> list[tuple[int, int]]:
    rng = stream(seed, "window", scheme)
    draw = _growth_window if scheme == "growth" else _window
    windows = [draw(rng, months, place) for place in range(count)]
    if scheme in _THROUGHOUT:
        return [(0, months - 1)] * count
    if scheme in ("transfers", "code_map_error", "reuploaded_batch"):
        length = {"transfers": 0, "code_map_error": 3, "reuploaded_batch": 1}[scheme]
        return [(start, min(start + length, months - 1)) for start, _ in windows]
    starts = {start for start, _ in windows}
    if len(starts) == 1 and count > 1 and windows[0][0] > 1:
        windows[0] = (windows[0][0] - 1, windows[0][1])
    return windows


def _rows(
    seed: int, months: int, kind: str, scheme: str, *, units: np.ndarray, codes: list
) -> list[tuple]:
    honest = BENIGN_DOCTORS + BENIGN_SITES + BENIGN_INSURED + BENIGN_INSTITUTIONS
    benign = scheme in honest
    windows = _windows(seed, scheme, months, len(units))
    strength = stream(seed, "strength", scheme).random(len(units))
    return [
        (kind, int(unit), codes[unit], scheme, start, end, benign, force)
        for unit, (start, end), force in zip(units, windows, strength, strict=True)
    ]


class _Picker:
    """Takes units in hash order, each at most once."""

    def __init__(self, seed: int, months: int) -> None:
        self.seed, self.months = seed, months
        self.taken: set[str] = set()
        self.rows: list[tuple] = []

    def take(self, kind, schemes, codes, eligible, count) -> None:
        """Give each scheme its units among the eligible that are still free."""
        for scheme in schemes:
            order = hash_order(self.seed, scheme, codes)
            allowed = eligible(scheme)
            free = [u for u in order if allowed[u] and codes[u] not in self.taken]
            units = np.array(free[: count(scheme)], dtype=np.int64)
            self.taken.update(codes[u] for u in units)
            self.rows += _rows(
                self.seed, self.months, kind, scheme, units=units, codes=codes
            )


def _pick_doctors(picker: _Picker, providers: Providers) -> None:
    doctors = providers.doctors
    special = ((doctors["dept"] == 0) & (doctors["level"] > 0)).to_numpy()
    everyone = np.ones(len(doctors), dtype=bool)

    def eligible(scheme: str) -> np.ndarray:
        return special if scheme in ("dialysis", "oncology") else everyone

    def count(scheme: str) -> int:
        share = _BENIGN_SHARE.get(scheme, _SHARE["doctor"])
        least = 2 if scheme in ("dialysis", "oncology") else 3
        return max(least, round(share * len(doctors)))

    # The few that need a setting of their own choose first.
    codes = doctors["code"].tolist()
    picker.take("doctor", BENIGN_DOCTORS + DOCTOR_SCHEMES, codes, eligible, count)


def _pick_units(picker: _Picker, providers: Providers) -> None:
    units = providers.units
    staffed = np.isin(np.arange(len(units)), providers.doctors["unit"].to_numpy())
    shops = np.zeros(len(units), dtype=bool)
    shops[providers.pharmacies] = True
    codes = units["code"].tolist()
    for kind, schemes, mask in (
        ("institution", INSTITUTION_SCHEMES + BENIGN_INSTITUTIONS, staffed),
        ("pharmacy", PHARMACY_SCHEMES, shops),
    ):
        # Larger worlds have more such units, never above 15 % together.
        many = max(1, int(mask.sum() * 0.1 / len(schemes)))
        picker.take(kind, schemes, codes, lambda _, m=mask: m, lambda _, n=many: n)


def _pick_people(picker: _Picker, people: People) -> None:
    active = (people.frame["weight"] > 0).to_numpy()
    adult = active & (people.frame["age"] >= 18).to_numpy()
    codes = people.frame["code"].astype(str).tolist()
    total = len(codes)

    def count(scheme: str) -> int:
        share = _BENIGN_SHARE.get(scheme, _SHARE["insured"])
        return max(3, round(share * total))

    schemes = INSURED_SCHEMES + BENIGN_INSURED
    picker.take("insured", schemes, codes, lambda _: adult, count)


def _pick_second_sites(picker: _Picker, providers: Providers) -> None:
    """Choose doctors with another place of their level nearby, none of it planned."""
    units, place = providers.units, providers.doctors["unit"].to_numpy()
    free = ~units["code"].isin(picker.taken)
    near = units["level"].astype(str) + units["home"].astype(str)
    many = free.groupby(near).transform("sum")
    fits = (free & (many > 1)).to_numpy()[place]
    fits &= ~providers.doctors["idle"].to_numpy()
    count = max(3, round(_BENIGN_SHARE["second_site"] * len(place)))
    codes = providers.doctors["code"].tolist()
    picker.take("doctor", BENIGN_SITES, codes, lambda _: fits, lambda _: count)


def build_plan(
    seed: int, months: int, providers: Providers, people: People, *, planted: bool
) -> Plan:
    """Choose the units; an unplanted world has an empty plan."""
    picker = _Picker(seed, months)
    if planted:
        _pick_doctors(picker, providers)
        _pick_units(picker, providers)
        _pick_people(picker, people)
        # Last, so that it takes nobody from the others.
        _pick_second_sites(picker, providers)
        last = months - 1
        size = len(providers.doctors)
        for k, code in enumerate(PLACEHOLDERS):
            row = ("doctor", size + k, code, "placeholder_id", 0, last, True, 0.5)
            picker.rows.append(row)
        start = _window(stream(seed, "window", "handler"), months, 0)[0]
        picker.rows.append(
            ("operator", 0, HANDLER, "manual_off_hours", start, last, False, 0.5)
        )
    return Plan(months, pd.DataFrame(picker.rows, columns=COLUMNS))
