"""Small honest manners that indicators look at: second sites, observation, returns.

They change visits that are drawn already, by noise of their own, so that everything
else in the world stays as it was.
"""

import numpy as np
import pandas as pd

from anomaly.sources.world.setting import (
    ORDINARY,
    OUTPATIENT,
    STAY,
    TICKET,
    Setting,
)
from anomaly.sources.world.streams import noise

NOON, AFTERNOON = 12 * 3600, 13 * 3600 + 1800
CLOSING = 20 * 3600
# A second purchase of a day comes so much later, at most twice that.
LATER = 3000
_TESTS = ("03", "04")


def planned_units(setting: Setting) -> np.ndarray:
    """Tell which institutions and pharmacies carry a scheme."""
    rows = setting.plan.frame
    rows = rows[rows["unit_kind"].isin(["institution", "pharmacy"])]
    mask = np.zeros(len(setting.providers.units), dtype=bool)
    mask[rows["unit"].to_numpy(dtype=np.int64)] = True
    return mask


def second_site(setting: Setting, doctor: int) -> int:
    """Return where else a doctor works: same level and district, nothing planned."""
    units = setting.providers.units
    own = int(setting.providers.doctors["unit"].to_numpy()[doctor])
    same = (units["level"] == units["level"].iloc[own]).to_numpy()
    same = same & (units["home"] == units["home"].iloc[own]).to_numpy()
    same &= ~planned_units(setting)
    same[own] = False
    free = np.flatnonzero(same)
    spot = noise(setting.seed, "second site", np.array([doctor]))[0]
    return int(free[int(spot * len(free))]) if len(free) else own


def move_afternoons(setting: Setting, events: pd.DataFrame, month: int) -> None:
    """Let doctors with two sites see the afternoon's patients at the other."""
    staff = setting.plan.active("second_site", month)["unit"].to_numpy(dtype=np.int64)
    seen = (events["kind"] == OUTPATIENT) & (events["style"] == ORDINARY)
    seen &= events["doctor"].isin(staff)
    for one, own in events.loc[seen, ["doctor", "day", "sec"]].groupby("doctor"):
        late = own["sec"] >= AFTERNOON
        split = np.intersect1d(own.loc[own["sec"] < NOON, "day"], own.loc[late, "day"])
        away = split[noise(setting.seed, f"away {one}", split) < 0.7]
        moved = own.index[late & own["day"].isin(away)]
        events.loc[moved, "unit"] = second_site(setting, int(one))


def buy_again(setting: Setting, events: pd.DataFrame) -> None:
    """Bring some second purchases of a person at a shop to the day of the first."""
    known = setting.plan.frame
    known = known.loc[known["unit_kind"] == "insured", "unit"].to_numpy(np.int64)
    plain = (events["kind"] == TICKET) & (events["item"] < 0) & (events["flat"] == 0)
    plain &= (events["supply"] < 0) & ~events["person"].isin(known)
    own = events.loc[plain, ["unit", "person", "day", "sec", "visit"]]
    first = own.groupby(["unit", "person"]).transform("first")
    again = (own["visit"] > first["visit"]) & (own["day"] > first["day"])
    again &= noise(setting.seed, "again", own["visit"].to_numpy()) < 0.6
    # One a person: two moved to a day would meet.
    again &= ~own.loc[again].duplicated(["unit", "person"]).reindex(
        own.index, fill_value=False
    )
    rows = own.index[again]
    wait = LATER + noise(setting.seed, "wait", own.loc[rows, "visit"]) * LATER
    start = first.loc[rows, "sec"].to_numpy()
    sec = np.where(start + wait < CLOSING, start + wait, start - wait).astype(np.int64)
    events.loc[rows, "day"] = first.loc[rows, "day"].to_numpy()
    events.loc[rows, "sec"] = sec
    events.loc[rows, "end_sec"] = sec + 60


def observe(
    setting: Setting, events: pd.DataFrame, lines: pd.DataFrame, year: int
) -> pd.DataFrame:
    """Turn the treatments of some stays into tests: admitted to be looked over."""
    units = setting.providers.units
    unit, visit = events["unit"].to_numpy(), events["visit"].to_numpy()
    rate = 0.5 * noise(setting.seed, "observing", np.arange(len(units))) ** 2
    rate = np.where(planned_units(setting) | (units["level"] == 0), 0.0, rate)
    kind = setting.catalogue.items["category"].to_numpy()[lines["item"].to_numpy()]
    event = lines["event"].to_numpy()
    calm = (events["kind"] == STAY) & (events["gap"] == 0)
    calm = (calm & (events["style"] == ORDINARY)).to_numpy()
    calm = calm.copy()
    calm[event[kind == "06"]] = False
    calm &= noise(setting.seed, "observed", visit) < rate[unit]
    spots = np.flatnonzero(calm[event] & (kind == "05"))
    changed = lines.copy()
    tier = units["tier"].to_numpy()[unit[event[spots]]]
    for k, category in enumerate(_TESTS):
        own = spots[k :: len(_TESTS)]
        item, price = _nearest(setting, category, tier[k :: len(_TESTS)],
                               lines["price"].to_numpy()[own], year)  # fmt: skip
        changed.loc[own, "item"], changed.loc[own, "price"] = item, price
    # Nobody honest is tested twice a day for the same.
    twice = changed.duplicated(["event", "day", "item"], keep=False).to_numpy()
    changed.loc[twice, ["item", "price"]] = lines.loc[twice, ["item", "price"]]
    return changed


def _nearest(setting: Setting, category: str, tier, price, year: int):
    """Return the items of a category that cost nearest to prices, and what they do."""
    grid = setting.catalogue.grids[category]
    table = setting.catalogue.price(grid[None, :], np.asarray(tier)[:, None], year)
    spot = np.abs(table - np.asarray(price)[:, None]).argmin(axis=1)
    return grid[spot], table[np.arange(len(spot)), spot]
