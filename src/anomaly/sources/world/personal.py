"""Visits that contradict the register: the planted ones only."""

import numpy as np
import pandas as pd

from anomaly.sources.world.clock import clinic_seconds
from anomaly.sources.world.habits import draw_shares
from anomaly.sources.world.setting import STAY, Setting, join, make_events
from anomaly.sources.world.visits import diagnose


def _visits(
    rng: np.random.Generator,
    setting: Setting,
    habits: pd.DataFrame,
    *,
    doctor: np.ndarray,
    person: np.ndarray,
    day: np.ndarray,
) -> pd.DataFrame:
    size = len(doctor)
    doctors = setting.providers.doctors
    sec = clinic_seconds(rng, size).clip(8 * 3600, 17 * 3600)
    events = make_events(
        size,
        unit=doctors["unit"].to_numpy()[doctor],
        doctor=doctor,
        dept=doctors["dept"].to_numpy()[doctor],
        person=person,
        day=day,
        sec=sec,
        end_sec=sec + 60 * rng.integers(10, 40, size),
        fee=habits["fee"].to_numpy()[doctor] * np.exp(rng.normal(0, 0.33, size)),
        share=draw_shares(rng, habits, doctor),
    )
    return diagnose(rng, setting, events)


def visits_during_stays(
    setting: Setting, month: int, habits: pd.DataFrame, stays: pd.DataFrame
) -> pd.DataFrame:
    """Return outpatient visits of planted persons while they lie in hospital."""
    rng = setting.rng("during", month)
    who = setting.plan.on("outpatient_during_stay", month, len(setting.people))
    length = (stays["end_day"] - stays["day"]).to_numpy()
    own = who[stays["person"].to_numpy()] & (stays["kind"] == STAY) & (length >= 4)
    base = stays.loc[own.to_numpy()]
    person = np.repeat(base["person"].to_numpy(), 2)
    span = np.repeat(length[own.to_numpy()], 2)
    half = np.tile([0.0, 0.5], len(base))
    inside = 1 + np.floor((span - 1) * (half + rng.random(len(span)) * 0.49))
    day = np.repeat(base["day"].to_numpy(), 2) + inside.astype(np.int64)
    doctor = rng.choice(setting.adult_doctors(), len(person))
    events = _visits(rng, setting, habits, doctor=doctor, person=person, day=day)
    # A visit after the month's end is told next month, so it is left out here.
    return events.loc[events["day"] < setting.clock(month).end].reset_index(drop=True)


def impersonations(setting: Setting, month: int, habits: pd.DataFrame) -> pd.DataFrame:
    """Return visits of another sex or age than the card's, or in two places."""
    rng = setting.rng("impersonation", month)
    clock = setting.clock(month)
    person = setting.plan.active("impersonation", month)["unit"].to_numpy(np.int64)
    person = np.repeat(person, 1 + rng.poisson(0.7, len(person)))
    day = clock.draw_days(rng, len(person))
    granted = setting.occupancy.claim(person, day)
    person, day = person[granted], day[granted]
    doctor = rng.choice(setting.adult_doctors(), len(person))
    events = _visits(rng, setting, habits, doctor=doctor, person=person, day=day)
    twice = rng.random(len(events)) < 0.4
    people = setting.people.frame.iloc[person]
    age = (day - people["birth"].to_numpy()) // 365
    other = np.where(age >= 50, age - 26, age + 26)
    events["sex"] = np.where(twice, 0, 3 - people["sex"].to_numpy())
    events["age"] = np.where(twice, -1, other)
    return join([events, _elsewhere(rng, setting, habits, events.loc[twice])])


def _elsewhere(rng, setting: Setting, habits, events: pd.DataFrame) -> pd.DataFrame:
    """Show the same card in another district at the same time."""
    doctors = setting.providers.doctors
    home = setting.providers.units["home"].to_numpy()
    able = setting.adult_doctors()
    place = home[doctors["unit"].to_numpy()[able]]
    doctor = np.array(
        [rng.choice(able[place != home[unit]]) for unit in events["unit"]],
        dtype=np.int64,
    )
    second = _visits(
        rng, setting, habits, doctor=doctor,
        person=events["person"].to_numpy(), day=events["day"].to_numpy(),
    )  # fmt: skip
    second["sec"] = events["sec"].to_numpy() + 300
    second["end_sec"] = second["sec"] + 900
    return second
