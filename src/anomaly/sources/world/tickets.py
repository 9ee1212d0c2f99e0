"""Purchases at pharmacies."""

import numpy as np
import pandas as pd

from anomaly.sources.world.clock import shop_seconds
from anomaly.sources.world.setting import TICKET, Setting, join, make_events, seated

PURCHASE = 41
MEDIAN_TICKET = 46.0


def _tickets(rng: np.random.Generator, setting: Setting, unit, **given) -> pd.DataFrame:
    """Return tickets at given pharmacies, each with its day."""
    size = len(unit)
    manner = setting.providers.units["fee"].to_numpy()[unit]
    columns = {
        "kind": TICKET,
        "unit": unit,
        "home": setting.homes(rng, unit),
        "sec": shop_seconds(rng, size),
        "med": PURCHASE,
        "fee": MEDIAN_TICKET * manner * rng.lognormal(0, 0.45, size),
        "share": 1.0,
    }
    events = make_events(size, **{**columns, **given})
    events["end_sec"] = events["sec"] + 60
    return events


def month_tickets(setting: Setting, month: int) -> pd.DataFrame:
    """Return every purchase of the month, planted ones first to be served."""
    events = join(
        [
            _hopping(setting, month),
            _excess(setting, month),
            _families(setting, month),
            _trains(setting, month),
            _small_round(setting, month),
            _ordinary(setting, month),
        ]
    )
    rng = setting.rng("ticket diagnoses", month)
    common = setting.catalogue.by_department[0]
    events["dx"] = common[rng.integers(0, len(common), len(events))]
    return events


def _seat(rng, setting: Setting, events: pd.DataFrame) -> pd.DataFrame:
    events["person"] = setting.occupancy.seat(rng, setting.people, events)
    return seated(events)


def _ordinary(setting: Setting, month: int) -> pd.DataFrame:
    rng = setting.rng("tickets", month)
    clock = setting.clock(month)
    shops = setting.providers.pharmacies
    rate = setting.providers.units["rate"].to_numpy()[shops] * clock.activity**0.5
    unit = np.repeat(shops, rng.poisson(rate * np.exp(rng.normal(0, 0.08, len(shops)))))
    day = clock.draw_days(rng, len(unit), flatten=0.7)
    return _seat(rng, setting, _tickets(rng, setting, unit, day=day))


def _trains(setting: Setting, month: int) -> pd.DataFrame:
    """Eight to fifteen cards within three minutes, all for the same drug."""
    rng = setting.rng("trains", month)
    clock = setting.clock(month)
    parts = []
    for shop in setting.plan.active("card_trains", month)["unit"]:
        for _ in range(int(rng.integers(3, 6))):
            size = int(rng.integers(8, 16))
            start = int(rng.integers(9 * 3600, 19 * 3600))
            events = _tickets(
                rng,
                setting,
                np.full(size, shop),
                day=int(clock.draw_days(rng, 1, flatten=0.7)[0]),
                item=int(rng.choice(setting.catalogue.shop_drugs[10:])),
                fee=120.0,
            )
            events["sec"] = start + np.sort(rng.integers(0, 170, size))
            events["end_sec"] = events["sec"] + 10
            parts.append(_seat(rng, setting, events))
    return join(parts)


def _small_round(setting: Setting, month: int) -> pd.DataFrame:
    rng = setting.rng("round", month)
    clock = setting.clock(month)
    parts = []
    for shop in setting.plan.active("small_round_tickets", month)["unit"]:
        size = int(rng.poisson(30))
        events = _tickets(
            rng,
            setting,
            np.full(size, shop),
            day=clock.draw_days(rng, size, flatten=0.7),
            flat=rng.choice([1000, 2000, 5000], size, p=[0.45, 0.35, 0.2]),
        )
        parts.append(_seat(rng, setting, events))
    return join(parts)


def _claimed(setting: Setting, events: pd.DataFrame) -> pd.DataFrame:
    granted = setting.occupancy.claim(
        events["person"].to_numpy(), events["day"].to_numpy()
    )
    return events.loc[granted].reset_index(drop=True)


def _hopping(setting: Setting, month: int) -> pd.DataFrame:
    """One person at many pharmacies, on different days."""
    rng = setting.rng("hopping", month)
    clock = setting.clock(month)
    person = setting.plan.active("pharmacy_hopping", month)["unit"].to_numpy(np.int64)
    shops = setting.providers.pharmacies
    count = rng.integers(7, 11, len(person))
    who = np.repeat(person, count)
    order = [rng.permutation(shops)[:n] for n in count]
    unit = np.concatenate([*order, np.array([], dtype=np.int64)]).astype(np.int64)
    day = rng.integers(clock.first, clock.end, len(who))
    fee = 110 * rng.lognormal(0, 0.3, len(who))
    events = _tickets(rng, setting, unit, person=who, day=day, fee=fee)
    return _claimed(setting, events)


def _excess(setting: Setting, month: int) -> pd.DataFrame:
    """The same drug for two or three months' supply, bought again each fortnight."""
    rng = setting.rng("excess", month)
    clock = setting.clock(month)
    person = setting.plan.active("excess_supply", month)["unit"].to_numpy(np.int64)
    who = np.repeat(person, 2)
    half = np.tile([0, 1], len(person))
    drugs = setting.catalogue.shop_drugs
    events = _tickets(
        rng,
        setting,
        rng.choice(setting.providers.pharmacies, len(who)),
        person=who,
        day=clock.first + 14 * half + rng.integers(0, 14, len(who)),
        item=drugs[5 + who % (len(drugs) - 5)],
        supply=rng.choice([60, 75, 90], len(who)),
        fee=190 * rng.lognormal(0, 0.25, len(who)),
    )
    return _claimed(setting, events)


def _families(setting: Setting, month: int) -> pd.DataFrame:
    """One person collects for the family: four cards in a few minutes, honestly."""
    rng = setting.rng("families", month)
    clock = setting.clock(month)
    people, units = setting.people.frame, setting.providers.units
    shops = setting.providers.pharmacies
    parts = []
    for one in setting.plan.active("family_pickup", month)["unit"]:
        members = setting.families[int(one)]
        near = shops[units["home"].to_numpy()[shops] == people["home"].iloc[one]]
        size = len(members)
        start = int(rng.integers(9 * 3600, 19 * 3600))
        events = _tickets(
            rng,
            setting,
            np.full(size, near[int(one) % len(near)]),
            person=members,
            day=int(clock.draw_days(rng, 1, flatten=0.7)[0]),
            supply=30,
            fee=70 * rng.lognormal(0, 0.2, size),
        )
        events["sec"] = start + np.sort(rng.integers(0, 230, size))
        events["end_sec"] = events["sec"] + 20
        parts.append(events)
    return _claimed(setting, join(parts))
