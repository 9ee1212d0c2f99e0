"""What surrounds the claims: stock, scanned codes, reviews, uploads, groups."""

import numpy as np
import pandas as pd

from anomaly.periods import month_text, shift
from anomaly.sources.world.clock import day_number
from anomaly.sources.world.columns import (
    Columns,
    always,
    moments,
    money,
    texts,
    whole,
)
from anomaly.sources.world.dispensing import Codes
from anomaly.sources.world.people import DISTRICTS
from anomaly.sources.world.plan import HANDLER
from anomaly.sources.world.setting import (
    PLANTED_MANUAL,
    STAY,
    TICKET,
    Setting,
)
from anomaly.sources.world.settle import Batch
from anomaly.sources.world.stays import DAY_FEE
from anomaly.sources.world.streams import noise

OPERATORS = [f"OP{d}{n}" for d in DISTRICTS for n in range(1, 5)]
_DRUGS = ("09", "10", "11")
_PAYEES = ["PAYEE0001", "PAYEE0002"]


class Stock:
    """Purchases follow sales, so that honest shelves never run below zero."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        shape = (len(setting.providers.units), len(setting.catalogue.items))
        self.held = np.zeros(shape, dtype=np.int64)
        self.scanned = np.zeros(shape[1], dtype=np.int64)
        self.codes = Codes(setting)

    def month(self, batch: Batch, month: int) -> Columns:
        """Return the month's stock movements."""
        setting = self.setting
        rng = setting.rng("stock", month)
        lines, items = batch.lines, setting.catalogue.items
        unit = batch.settlements["unit"].to_numpy()[lines["row"].to_numpy()]
        drug = items["category"].isin(_DRUGS).to_numpy()[lines["item"].to_numpy()]
        key = (unit * len(items) + lines["item"].to_numpy())[drug]
        weights = lines["cnt"].to_numpy()[drug]
        sold = np.bincount(key, weights=weights, minlength=self.held.size)
        sold = sold.astype(np.int64).reshape(self.held.shape)
        place, item = np.nonzero(sold)
        moved, opening = sold[place, item], self.held[place, item]
        reserve = rng.poisson(0.25 * moved) + 2
        bought = np.maximum(moved + reserve - opening, 0)
        short = setting.plan.on("swaps", month, len(sold))[place]
        bought = np.where(short, moved * 45 // 100, bought)
        self.held[place, item] = np.maximum(opening + bought - moved, 0)
        units = setting.providers.units
        return {
            "institution_id": texts(units["code"], place),
            "national_item_code": texts(items["code"], item),
            "month": always(month_text(setting.months[month]), len(place)),
            "opening": whole(opening),
            "purchased": whole(bought),
            "sold": whole(moved),
        }

    def traces(self, batch: Batch, month: int) -> Columns:
        """Return the codes scanned: at pharmacies, then in hospitals.

        A planted pharmacy scans some again.
        """
        setting = self.setting
        rng = setting.rng("traces", month)
        lines, items = batch.lines, setting.catalogue.items
        table = batch.settlements.iloc[lines["row"].to_numpy()]
        packed = items["category"].isin(["09", "11"]).to_numpy()
        chosen = (table["kind"] == TICKET).to_numpy()
        chosen = chosen & packed[lines["item"].to_numpy()]
        chosen &= rng.random(len(lines)) < 0.6
        table, item = table.loc[chosen], lines["item"].to_numpy()[chosen]
        unit = table["unit"].to_numpy()
        number = self._numbers(item, unit)
        short = setting.plan.on("swaps", month, len(self.held))[unit]
        again = short & (rng.random(len(item)) < 0.4)
        # A repeated code is one that the same pharmacy has scanned just before.
        order = np.lexsort((number, unit, item))
        before = np.roll(order, 1)
        same = (item[order] == item[before]) & (unit[order] == unit[before])
        number[order] = np.where(same & again[order], number[before], number[order])
        self.scanned += np.bincount(item, minlength=len(items))
        row, dispensed, code = self.codes.month(batch)
        table = pd.concat([table, batch.settlements.iloc[row]])
        sold = 81 * 10**12 + item * 10**9 + number
        return {
            "trace_code": whole(np.concatenate([sold, code])),
            "settlement_id": whole(table["settlement"]),
            "institution_id": texts(setting.providers.units["code"], table["unit"]),
            "national_item_code": texts(
                items["code"], np.concatenate([item, dispensed])
            ),
            "scanned_at": moments(table["settle_day"], table["settle_sec"]),
        }

    def _numbers(self, item: np.ndarray, unit: np.ndarray) -> np.ndarray:
        """Count on from the codes each item has had so far."""
        order = np.lexsort((unit, item))
        rank = np.empty(len(item), dtype=np.int64)
        rank[order] = np.arange(len(item)) - np.searchsorted(item[order], item[order])
        return self.scanned[item] + rank + 1


def reviews(setting: Setting, batch: Batch, month: int) -> Columns:
    """Return the agency's reviews: by the fifth of the next month, or by hand."""
    rng = setting.rng("reviews", month)
    table = batch.settlements
    kept = (rng.random(len(table)) < 0.985) & (table["valid"] == 1).to_numpy()
    table = table.loc[kept]
    size = len(table)
    units = setting.providers.units
    district = units["home"].to_numpy()[table["unit"].to_numpy()]
    manual = table["manual"].to_numpy()
    planted = manual == PLANTED_MANUAL
    operator = district * 4 + table["unit"].to_numpy() % 4
    operator = np.where(planted, OPERATORS.index(HANDLER), operator)
    payee = np.where(planted, len(units) + rng.integers(0, 2, size), table["unit"])
    deducted = np.where(rng.random(size) < 0.008, table["fund"] // 4, 0)
    appealed = (deducted > 0) & (rng.random(size) < 0.35)
    overturned = appealed & (rng.random(size) < 0.25)
    next_first = day_number(shift(setting.months[month], 1))
    # Each handler leaves some until after the fifth; all are paid from the ninth on.
    visit = table["visit"].to_numpy()
    rate = 0.01 + 0.05 * noise(setting.seed, "behind", operator)
    late = np.where(noise(setting.seed, "late", visit) < rate, 5 + visit % 3, district)
    day = np.where(manual > 0, table["settle_day"], next_first + late)
    sec = np.where(manual > 0, table["settle_sec"], 10 * 3600)
    return {
        "settlement_id": whole(table["settlement"]),
        "agency_id": texts(DISTRICTS, district),
        "operator_id": texts(OPERATORS, operator),
        "payee_id": texts([*units["code"], *_PAYEES], payee),
        "reviewed_at": moments(day, sec),
        "sampled_on_site": whole(rng.random(size) < 0.12),
        "deducted": money(deducted),
        "appealed": whole(appealed),
        "overturned": whole(overturned),
        "paid_at": moments(
            np.full(size, next_first) + 8 + district, np.full(size, 9 * 3600)
        ),
    }


def uploads(setting: Setting, batch: Batch, month: int) -> Columns:
    """Return the settlement lists sent in: mostly in the night after."""
    rng = setting.rng("uploads", month)
    table = batch.settlements
    sent = (table["kind"] != TICKET).to_numpy() & (rng.random(len(table)) < 0.992)
    table = table.loc[sent]
    late = np.where(rng.random(len(table)) < 0.04, rng.integers(1, 4, len(table)), 0)
    return {
        "settlement_id": whole(table["settlement"]),
        "uploaded_at": moments(
            table["settle_day"] + 1 + late, np.full(len(table), 2 * 3600)
        ),
        "qc_passed": whole(rng.random(len(table)) < 0.985),
    }


def case_groups(setting: Setting, batch: Batch, month: int) -> Columns:
    """Return the payment group of each stay with its standard cost."""
    rng = setting.rng("groups", month)
    table = batch.settlements.loc[batch.settlements["kind"] == STAY]
    size = len(table)
    level = setting.providers.units["level"].to_numpy()[table["unit"].to_numpy()]
    draw = rng.random(size)
    severe = np.where(draw < 0.62, 0, np.where(draw < 0.88, 1, 2))
    diagnoses = setting.catalogue.diagnoses
    dx = table["dx"].to_numpy()
    weight = np.exp(diagnoses["effect"].to_numpy()[dx]) * (0.9 + 0.15 * severe)
    standard = np.round(DAY_FEE[level] * 6.4 * weight).astype(np.int64) * 100
    codes = [f"G{c[0]}{k % 9 + 1}" for k, c in enumerate(diagnoses["code"])]
    return {
        "settlement_id": whole(table["settlement"]),
        "group_code": texts([f"{c}{s}" for c in codes for s in "531"], dx * 3 + severe),
        "cc_level": texts(["none", "CC", "MCC"], severe),
        "standard_cost": money(standard),
    }


class Budgets:
    """Each district's budget of the month and what is left in the fund."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.balance: np.ndarray | None = None

    def month(self, batch: Batch, month: int) -> Columns:
        """Return the three districts' rows."""
        setting = self.setting
        rng = setting.rng("budget", month)
        table = batch.settlements
        home = setting.people.frame["home"].to_numpy()[table["person"].to_numpy()]
        spent = np.bincount(home, weights=table["fund"], minlength=3)
        clock = setting.clock(month)
        yearly = spent / max(clock.activity, 0.5)
        budget = np.round(yearly * (1.02 + rng.normal(0, 0.03, 3)) / 1e5) * 1e5
        budget = budget.astype(np.int64)
        if self.balance is None:
            self.balance = budget * 9
        self.balance = self.balance + budget - np.rint(spent).astype(np.int64)
        return {
            "district": texts(DISTRICTS, np.arange(3)),
            "month": always(month_text(setting.months[month]), 3),
            "budget": money(budget),
            "balance": money(self.balance),
        }
