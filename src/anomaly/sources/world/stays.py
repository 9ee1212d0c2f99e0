"""Hospital stays, planned when the patient is admitted."""

import numpy as np
import pandas as pd

from anomaly.sources.world.habits import draw_shares, pools_of
from anomaly.sources.world.setting import (
    CANCER,
    STAY,
    Setting,
    join,
    make_events,
    seated,
)
from anomaly.sources.world.visits import draw_diagnoses

_STAY_SHARE = np.array([0.014, 0.033, 0.05])
DAY_FEE = np.array([185.0, 400.0, 720.0])
TRANSFERRED = 2


def _build(
    rng: np.random.Generator,
    setting: Setting,
    month: int,
    habits: pd.DataFrame,
    *,
    doctor: np.ndarray,
    length: np.ndarray,
) -> pd.DataFrame:
    """Return stays of given doctors and lengths, without persons."""
    doctors = setting.providers.doctors
    clock = setting.clock(month)
    size = len(doctor)
    unit = doctors["unit"].to_numpy()[doctor]
    dept = doctors["dept"].to_numpy()[doctor]
    day = clock.draw_days(rng, size, flatten=0.6)
    events = make_events(
        size,
        kind=STAY,
        unit=unit,
        doctor=doctor,
        dept=dept,
        home=setting.homes(rng, unit),
        pool=pools_of(dept),
        day=day,
        sec=rng.integers(8 * 60 + 30, 16 * 60, size) * 60,
        end_day=day + length,
        end_sec=rng.integers(8 * 60 + 30, 11 * 60 + 30, size) * 60,
        dx=draw_diagnoses(rng, setting, dept),
        med=21,
        share=draw_shares(rng, habits, doctor),
    )
    _price(rng, setting, habits, events)
    return events


def _price(rng, setting: Setting, habits: pd.DataFrame, events: pd.DataFrame) -> None:
    """A stay costs by level, length, diagnosis and the doctor's own manner."""
    doctors = setting.providers.doctors
    doctor = events["doctor"].to_numpy()
    level = doctors["level"].to_numpy()[doctor]
    length = (events["end_day"] - events["day"]).to_numpy()
    usual = habits["fee"].to_numpy()[doctor]
    manner = usual / np.array([78.0, 122.0, 176.0])[level]
    effect = setting.catalogue.diagnoses["effect"].to_numpy()[events["dx"]]
    noise = rng.normal(0, 0.3, len(events))
    events["fee"] = DAY_FEE[level] * (length + 0.7) * manner * np.exp(effect + noise)


def _lengths(rng: np.random.Generator, size: int) -> np.ndarray:
    drawn = np.exp(rng.normal(1.68, 0.45, size)).round().astype(np.int64)
    return drawn.clip(1, 21)


def _seat(rng, setting: Setting, events: pd.DataFrame) -> pd.DataFrame:
    events["person"] = setting.occupancy.seat(
        rng,
        setting.people,
        events,
        (events["end_day"] - events["day"]).to_numpy(),
    )
    return seated(events)


def month_stays(setting: Setting, month: int, habits: pd.DataFrame) -> pd.DataFrame:
    """Return every stay that begins in the month, and those that follow from it."""
    rng = setting.rng("stays", month)
    doctors = setting.providers.doctors
    share = _STAY_SHARE[doctors["level"].to_numpy()]
    expected = (
        habits["visits"].to_numpy() * share * setting.clock(month).activity ** 0.5
    )
    doctor = np.repeat(np.arange(len(doctors)), rng.poisson(expected))
    parts = [(doctor, _lengths(rng, len(doctor)))]
    parts += _extra(setting, month)
    events = join(
        [
            _build(rng, setting, month, habits, doctor=doc, length=days)
            for doc, days in parts
        ]
    )
    _hang(setting, month, events)
    _shorten(setting, month, events)
    events = _seat(rng, setting, events)
    return join(
        [
            events,
            _split(setting, month, events),
            _personal_stays(setting, month, habits),
            _chemo(setting, month, habits),
            _transfers(setting, month, habits),
        ]
    )


def _extra(setting: Setting, month: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """A planted institution admits more, whatever its size."""
    rng = setting.rng("extra stays", month)
    place = setting.providers.doctors["unit"].to_numpy()
    absent = setting.absent(month)
    found = []
    for scheme, count in (("hung_beds", 6), ("split_admissions", 6),
                          ("one_day_stays", 8)):  # fmt: skip
        for unit in setting.plan.active(scheme, month)["unit"]:
            staff = np.flatnonzero((place == unit) & ~absent)
            number = rng.poisson(count)
            # Before its first doctor has begun, a place admits nobody.
            doctor = staff[rng.integers(0, len(staff), number)] if len(staff) else staff
            length = _lengths(rng, len(doctor))
            if scheme == "hung_beds":
                length = rng.integers(6, 13, len(doctor))
            if scheme == "one_day_stays":
                length = np.ones(len(doctor), dtype=np.int64)
            found.append((doctor, length))
    return found


def _at(setting: Setting, month: int, scheme: str, events: pd.DataFrame) -> np.ndarray:
    on = setting.plan.on(scheme, month, len(setting.providers.units))
    return on[events["unit"].to_numpy()]


def _hang(setting: Setting, month: int, events: pd.DataFrame) -> None:
    rng = setting.rng("hung", month)
    chosen = _at(setting, month, "hung_beds", events)
    long = (events["end_day"] - events["day"] >= 4).to_numpy()
    hung = chosen & long & (rng.random(len(events)) < 0.75)
    events["gap"] = hung.astype(np.int64)


def _shorten(setting: Setting, month: int, events: pd.DataFrame) -> None:
    rng = setting.rng("one day", month)
    chosen = _at(setting, month, "one_day_stays", events)
    chosen = chosen & (rng.random(len(events)) < 0.5)
    length = (events["end_day"] - events["day"]).to_numpy()
    shrink = np.where(chosen, 1.7 / (length + 0.7), 1.0)
    events["fee"] *= shrink
    events.loc[chosen, "end_day"] = events.loc[chosen, "day"] + 1


def _split(setting: Setting, month: int, events: pd.DataFrame) -> pd.DataFrame:
    """Readmit for the same diagnosis within days, at planted institutions."""
    rng = setting.rng("split", month)
    chosen = _at(setting, month, "split_admissions", events)
    chosen = chosen & (rng.random(len(events)) < 0.7)
    again = events.loc[chosen].reset_index(drop=True)
    length = (again["end_day"] - again["day"]).clip(2, 8)
    again["day"] = again["end_day"] + rng.integers(1, 11, len(again))
    again["end_day"] = again["day"] + length
    granted = setting.occupancy.claim(
        again["person"].to_numpy(), again["day"].to_numpy(), length.to_numpy()
    )
    return again.loc[granted].reset_index(drop=True)


def _personal_stays(setting: Setting, month: int, habits) -> pd.DataFrame:
    """Stays of persons who will be seen elsewhere while they are in hospital."""
    rng = setting.rng("personal stays", month)
    rows = setting.plan.active("outpatient_during_stay", month)
    due = (rows["from"] == month).to_numpy() | (rng.random(len(rows)) < 0.3)
    person = rows["unit"].to_numpy(dtype=np.int64)[due]
    doctor = rng.choice(setting.adult_doctors(), len(person))
    length = rng.integers(5, 11, len(person))
    events = _build(rng, setting, month, habits, doctor=doctor, length=length)
    events["person"] = person
    granted = setting.occupancy.claim(person, events["day"].to_numpy(), length)
    return events.loc[granted].reset_index(drop=True)


def _chemo(setting: Setting, month: int, habits) -> pd.DataFrame:
    """Chemotherapy every three weeks, always at the same hospital."""
    rng = setting.rng("chemo", month)
    clock = setting.clock(month)
    person = setting.plan.active("chemo_cycles", month)["unit"].to_numpy(np.int64)
    days = np.arange(clock.first, clock.end)
    who, when = np.nonzero((days[None, :] + person[:, None] * 5) % 21 == 0)
    person, day = person[who], days[when]
    ward = setting.adult_doctors(2)
    doctor = ward[person % len(ward)]
    length = rng.integers(2, 4, len(person))
    events = _build(rng, setting, month, habits, doctor=doctor, length=length)
    events["person"], events["day"], events["end_day"] = person, day, day + length
    events["dx"] = setting.catalogue.special["Z51"]
    events["style"], events["share"] = CANCER, 0.7
    events["fee"] = 4200 * rng.lognormal(0, 0.15, len(events))
    granted = setting.occupancy.claim(person, day, length)
    return events.loc[granted].reset_index(drop=True)


def _transfers(setting: Setting, month: int, habits) -> pd.DataFrame:
    """From one hospital to a higher one on the same day, with its referral."""
    rng = setting.rng("transfers", month)
    person = setting.plan.active("transfers", month)["unit"].to_numpy(dtype=np.int64)
    lower = rng.choice(setting.adult_doctors(0, 1), len(person))
    upper = rng.choice(setting.adult_doctors(2), len(person))
    length, later = rng.integers(2, 6, (2, len(person))) + np.array([[0], [3]])
    first = _build(rng, setting, month, habits, doctor=lower, length=length)
    second = _build(rng, setting, month, habits, doctor=upper, length=later)
    granted = setting.occupancy.claim(person, first["day"].to_numpy(), length + later)
    first["person"] = second["person"] = person
    second["day"] = first["end_day"]
    second["end_day"] = second["day"] + later
    second["sec"] = rng.integers(14 * 60, 16 * 60, len(person)) * 60
    second["dx"] = first["dx"]
    first["way"] = TRANSFERRED
    # Marks are unique within the month; the driver turns them into visit numbers.
    first["refer"] = -2 * np.arange(1, len(person) + 1) - 1
    second["refer"] = -2 * np.arange(1, len(person) + 1)
    return join([first.loc[granted], second.loc[granted]])
