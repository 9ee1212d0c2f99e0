"""Outpatient visits of a month."""

import numpy as np
import pandas as pd

from anomaly.sources.world.catalogue import CHRONIC
from anomaly.sources.world.clock import clinic_seconds
from anomaly.sources.world.habits import draw_items, draw_shares, pools_of
from anomaly.sources.world.setting import (
    CANCER,
    DIALYSIS,
    Setting,
    make_events,
    seated,
)

CROWD = 8
CHRONIC_VISIT, DIALYSIS_VISIT, EMERGENCY = 140104, 140201, 13
PLACEHOLDER_SITES = (6, 4)


def outpatient_visits(
    setting: Setting, month: int, habits: pd.DataFrame
) -> pd.DataFrame:
    """Return the month's ordinary visits, with the doctors' planted habits."""
    rng = setting.rng("visits", month)
    clock = setting.clock(month)
    doctors = setting.providers.doctors
    expected = habits["visits"].to_numpy() * clock.activity
    counts = rng.poisson(expected)
    crowd = setting.plan.on("minute_crowd", month, len(doctors) + 2)[: len(doctors)]
    counts = np.where(crowd, np.maximum(counts, CROWD + 1), counts)
    doctor = np.repeat(np.arange(len(doctors)), counts)
    size = len(doctor)
    unit = doctors["unit"].to_numpy()[doctor]
    dept = doctors["dept"].to_numpy()[doctor]
    events = make_events(
        size,
        unit=unit,
        doctor=doctor,
        dept=dept,
        home=setting.homes(rng, unit),
        pool=pools_of(dept),
        day=clock.draw_days(rng, size),
        sec=clinic_seconds(rng, size),
        share=draw_shares(rng, habits, doctor),
        item=draw_items(rng, setting, habits, doctor),
        style=habits["style"].to_numpy()[doctor],
        fee=habits["fee"].to_numpy()[doctor] * np.exp(rng.normal(0, 0.33, size)),
    )
    events["end_sec"] = events["sec"] + 60 * rng.integers(10, 50, size)
    _crowd(rng, events, np.flatnonzero(crowd), clock)
    return complete(rng, setting, events)


def complete(
    rng: np.random.Generator, setting: Setting, events: pd.DataFrame
) -> pd.DataFrame:
    """Find a free person for each visit, then diagnose."""
    events["person"] = setting.occupancy.seat(rng, setting.people, events)
    return diagnose(rng, setting, seated(events))


def diagnose(
    rng: np.random.Generator, setting: Setting, events: pd.DataFrame
) -> pd.DataFrame:
    """Draw diagnoses by department; the chronically ill come for their disease."""
    catalogue = setting.catalogue
    person = events["person"].to_numpy()
    dx = draw_diagnoses(rng, setting, events["dept"].to_numpy())
    chronic = setting.people.frame["chronic"].to_numpy()[person]
    internal = (events["dept"] == 0).to_numpy()
    for_disease = internal & (chronic >= 0) & (rng.random(len(events)) < 0.55)
    dx = np.where(for_disease, chronic, dx)
    cancer = (events["style"] == CANCER).to_numpy()
    tumours = np.array([catalogue.special["C34"], catalogue.special["C18"]])
    dx = np.where(cancer, tumours[person % 2], dx)
    kidney = (events["style"] == DIALYSIS).to_numpy()
    dx = np.where(kidney, catalogue.special["N18"], dx)
    sec = events["sec"].to_numpy()
    med = np.where((sec < 8 * 3600) | (sec >= 18 * 3600), EMERGENCY, 11)
    med = np.where(for_disease & ~cancer & (dx < CHRONIC), CHRONIC_VISIT, med)
    events["med"] = np.where(kidney, DIALYSIS_VISIT, med)
    events["dx"] = dx
    old = setting.people.frame["age"].to_numpy()[person] >= 60
    effect = catalogue.diagnoses["effect"].to_numpy()[dx]
    events["fee"] *= np.exp(effect) * np.where(old, 1.08, 1.0)
    return events


def draw_diagnoses(
    rng: np.random.Generator, setting: Setting, dept: np.ndarray
) -> np.ndarray:
    """Draw a diagnosis of each department, the first ones most often."""
    groups = setting.catalogue.by_department
    first = np.array([g[0] for g in groups])[dept]
    count = np.array([len(g) for g in groups])[dept]
    return first + np.floor(count * rng.random(len(dept)) ** 1.5).astype(np.int64)


def _crowd(rng, events: pd.DataFrame, doctors: np.ndarray, clock) -> None:
    """Bring eight visits of a planted doctor into one minute, once or twice a month."""
    doctor = events["doctor"].to_numpy()
    for one in doctors:
        mine = np.flatnonzero(doctor == one)
        for group in range(2 if len(mine) >= 3 * CROWD else 1):
            spots = mine[group * CROWD : (group + 1) * CROWD]
            start = int(rng.integers(9 * 60, 11 * 60)) * 60
            events.loc[spots, "day"] = int(clock.draw_days(rng, 1)[0])
            events.loc[spots, "sec"] = start
            events.loc[spots, "end_sec"] = start + 1200


def dialysis_visits(setting: Setting, month: int) -> pd.DataFrame:
    """Return standing appointments: each patient three times a week."""
    rng = setting.rng("dialysis", month)
    clock = setting.clock(month)
    rows = []
    days = np.arange(clock.first, clock.end)
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    for one in setting.plan.active("dialysis", month)["unit"]:
        for k, person in enumerate(setting.wards.get(int(one), ())):
            wanted = days[np.isin(weekday, (0, 2, 4) if k % 2 else (1, 3, 5))]
            rows += [(one, person, day) for day in wanted]
    if not rows:
        return make_events(0)
    doctor, person, day = np.array(rows, dtype=np.int64).T
    granted = setting.occupancy.claim(person, day)
    doctor, person, day = doctor[granted], person[granted], day[granted]
    sec = rng.integers(16, 18, len(day)) * 1800
    events = make_events(
        len(day),
        unit=setting.providers.doctors["unit"].to_numpy()[doctor],
        doctor=doctor,
        person=person,
        day=day,
        sec=sec,
        end_sec=sec + 4 * 3600 + 60 * rng.integers(0, 30, len(day)),
        fee=480 * np.exp(rng.normal(0, 0.08, len(day))),
        share=0.1,
        style=DIALYSIS,
    )
    return diagnose(rng, setting, events)


def placeholder_visits(setting: Setting, month: int) -> pd.DataFrame:
    """Return visits booked under a doctor code that is nobody's."""
    rng = setting.rng("placeholder", month)
    clock = setting.clock(month)
    doctors = setting.providers.doctors
    parts = []
    for one in setting.plan.active("placeholder_id", month)["unit"]:
        k = int(one) - len(doctors)
        staffed = np.unique(doctors["unit"].to_numpy())
        sites = setting.rng("sites", k).permutation(staffed)[: PLACEHOLDER_SITES[k]]
        size = int(rng.poisson(13 * len(sites) * clock.activity))
        unit = rng.choice(sites, size)
        level = setting.providers.units["level"].to_numpy()[unit]
        parts.append(
            make_events(
                size,
                unit=unit,
                doctor=one,
                home=setting.homes(rng, unit),
                day=clock.draw_days(rng, size),
                sec=clinic_seconds(rng, size),
                fee=np.array([75.0, 120, 170])[level] * rng.lognormal(0, 0.35, size),
                share=(0.48 + rng.normal(0, 0.12, size)).clip(0.05, 0.95),
            )
        )
        parts[-1]["end_sec"] = parts[-1]["sec"] + 60 * rng.integers(10, 50, size)
    if not parts:
        return make_events(0)
    return complete(rng, setting, pd.concat(parts, ignore_index=True))
