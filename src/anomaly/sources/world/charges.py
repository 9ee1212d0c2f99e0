"""Fee lines of outpatient visits and purchases.

Prices are those of the catalogue, so a visit's intended fee is met in expectation:
quantities and the choice between two neighbouring items are rounded at random.
"""

import numpy as np
import pandas as pd

from anomaly.sources.world.catalogue import Catalogue
from anomaly.sources.world.setting import CANCER, DIALYSIS, Setting
from anomaly.sources.world.streams import round_fairly
from anomaly.sources.world.visits import CHRONIC_VISIT

CATEGORIES = ("03", "04", "05", "08")
# How often each department's second line is a scan, a test, a treatment, a supply.
_MIX = np.array(
    [
        [0.3, 0.42, 0.18, 0.1],
        [0.3, 0.15, 0.33, 0.22],
        [0.38, 0.37, 0.15, 0.1],
        [0.14, 0.5, 0.28, 0.08],
        [0.1, 0.12, 0.68, 0.1],
    ]
)
LINE_COLUMNS = ("event", "item", "day", "sec", "cnt", "price", "order", "supply",
                "takehome", "local", "category")  # fmt: skip


class Pricer:
    """Turns intended amounts into items and quantities of one month."""

    def __init__(self, rng: np.random.Generator, catalogue: Catalogue, year: int):
        self.rng, self.catalogue, self.year = rng, catalogue, year

    def price(self, item: np.ndarray, tier: np.ndarray) -> np.ndarray:
        """Return the unit price in fen."""
        return self.catalogue.price(item, tier, self.year)

    def service(self, category: str, tier: np.ndarray, amount: np.ndarray):
        """Choose one of two neighbouring items so that the expectation is right."""
        grid = self.catalogue.grids[category]
        item = np.empty(len(amount), dtype=np.int64)
        for one in np.unique(tier):
            mask = tier == one
            prices = self.price(grid, np.full(len(grid), one)).astype(float)
            wanted = amount[mask].clip(prices[0], prices[-1])
            upper = np.searchsorted(prices, wanted).clip(1, len(grid) - 1)
            low, high = prices[upper - 1], prices[upper]
            rise = self.rng.random(len(wanted)) < (wanted - low) / (high - low)
            item[mask] = grid[np.where(rise, upper, upper - 1)]
        return item

    def drug(self, choice: np.ndarray, tier: np.ndarray, amount: np.ndarray):
        """Choose a drug that the amount can pay for; return items and quantities."""
        prices = self.catalogue.prices[choice, 1, 6].astype(float)
        affordable = np.searchsorted(prices, amount * 0.7).clip(1, len(choice))
        weight = np.cumsum(1.0 + 2.0 * (np.arange(len(choice)) % 3 == 0))
        spots = self.rng.random(len(amount)) * weight[affordable - 1]
        item = choice[np.searchsorted(weight, spots, "right").clip(0, len(choice) - 1)]
        return item, self.count(item, tier, amount)

    def count(self, item: np.ndarray, tier: np.ndarray, amount: np.ndarray):
        """Return a quantity of at least one whose cost is near the amount."""
        return round_fairly(self.rng, amount / self.price(item, tier)).clip(1)


def lines_of(event: np.ndarray, **columns: object) -> pd.DataFrame:
    """Return fee lines for events, with defaults for what is not given."""
    base = {"cnt": 1, "order": 1, "supply": -1, "takehome": 0, "local": -1,
            "category": -1}  # fmt: skip
    data = {**base, "event": event, **columns}
    return pd.DataFrame(
        {name: data[name] for name in LINE_COLUMNS}, index=pd.RangeIndex(len(event))
    )


class _Visits:
    """The columns of events that lines need, as arrays."""

    def __init__(self, setting: Setting, events: pd.DataFrame) -> None:
        self.event = events.index.to_numpy()
        self.tier = setting.providers.units["tier"].to_numpy()[events["unit"]]
        self.fee = events["fee"].to_numpy() * 100
        self.share = events["share"].to_numpy()
        self.dept = events["dept"].to_numpy()
        self.item = events["item"].to_numpy()
        self.style = events["style"].to_numpy()
        self.day = events["day"].to_numpy()
        self.sec = events["sec"].to_numpy() + 300
        self.chronic = (events["med"] == CHRONIC_VISIT).to_numpy()
        self.supply = events["supply"].to_numpy()

    def lines(self, pricer: Pricer, mask: np.ndarray, item, **more) -> pd.DataFrame:
        """Return one line for each chosen event."""
        price = pricer.price(item, self.tier[mask])
        return lines_of(
            self.event[mask], item=item, day=self.day[mask], sec=self.sec[mask],
            price=price, **more,
        )  # fmt: skip


def outpatient_lines(
    rng: np.random.Generator, setting: Setting, events: pd.DataFrame, year: int
) -> pd.DataFrame:
    """Return the lines of outpatient visits: consultation, drugs, one or two more."""
    pricer = Pricer(rng, setting.catalogue, year)
    visits = _Visits(setting, events)
    kidney = visits.style == DIALYSIS
    parts = _dialysis_lines(pricer, setting.catalogue, visits, kidney)
    usual = ~kidney
    consult = np.full(int(usual.sum()), setting.catalogue.singles["consult"])
    parts.append(visits.lines(pricer, usual, consult, order=0))
    fee = np.maximum(visits.fee[usual] - parts[-1]["price"].to_numpy(), 400)
    drug = np.minimum(visits.fee[usual] * visits.share[usual], fee)
    rest = fee - drug
    scale = np.zeros(len(events))
    # Too little for a line of its own: the drugs take it.
    small = rest < 350
    drug, rest = np.where(small, fee, drug), np.where(small, 0.0, rest)
    amount, other = scale.copy(), scale.copy()
    amount[usual], other[usual] = drug, rest
    parts += _drug_lines(rng, pricer, setting.catalogue, visits, amount)
    parts += _other_lines(pricer, setting, visits, other, events)
    return pd.concat(parts, ignore_index=True)


def _dialysis_lines(pricer, catalogue: Catalogue, visits: _Visits, mask) -> list:
    size = int(mask.sum())
    return [
        visits.lines(pricer, mask, np.full(size, catalogue.singles[name]), order=2)
        for name in ("dialysis", "tubing")
    ]


def _supply_days(rng, visits: _Visits, mask: np.ndarray) -> np.ndarray:
    days = rng.integers(3, 8, int(mask.sum()))
    days = np.where(visits.chronic[mask], 30, days)
    return np.where(visits.supply[mask] > 0, visits.supply[mask], days)


def _drug_lines(rng, pricer, catalogue: Catalogue, visits: _Visits, amount) -> list:
    """One or two drugs a prescription; the forced one first."""
    has = amount > 200
    second = has & (amount > 2500) & (rng.random(len(amount)) < 0.35)
    part = np.where(second, rng.uniform(0.35, 0.65, len(amount)), 1.0)
    first, count = _choose_drugs(pricer, catalogue, visits, has, amount * part)
    forced = has & (visits.item >= 0) & (visits.style != CANCER)
    first[forced] = visits.item[forced]
    wanted = (amount * part)[forced]
    count[forced] = pricer.count(first[forced], visits.tier[forced], wanted)
    other, more = _choose_drugs(pricer, catalogue, visits, second, amount * (1 - part))
    second &= other != first
    return [
        visits.lines(
            pricer,
            mask,
            item[mask],
            cnt=number[mask],
            supply=_supply_days(rng, visits, mask),
        )
        for mask, item, number in ((has, first, count), (second, other, more))
    ]


def _choose_drugs(pricer, catalogue: Catalogue, visits: _Visits, mask, wanted):
    """Choose from the department's drugs, or from those against cancer."""
    item = np.full(len(mask), -1)
    count = np.ones(len(mask), dtype=np.int64)
    cancer = visits.style == CANCER
    choices = [
        (choice, mask & ~cancer & (visits.dept == dept))
        for dept, choice in enumerate(catalogue.drugs)
    ]
    for choice, here in [*choices, (catalogue.cancer_drugs, mask & cancer)]:
        if here.any():
            item[here], count[here] = pricer.drug(
                choice, visits.tier[here], wanted[here]
            )
    return item, count


def _other_lines(pricer, setting: Setting, visits, amount, events) -> list:
    """Scans, tests, treatments, supplies: one line, or two of different kinds."""
    rng = pricer.rng
    exam = np.zeros(len(amount))
    doctor = events["doctor"].to_numpy()
    known = setting.providers.doctors["exam"].to_numpy()
    real = (doctor >= 0) & (doctor < len(known))
    exam[real] = known[doctor[real]]
    mix = _MIX[visits.dept]
    mix = mix * np.exp(np.outer(exam, [1, 1, -0.5, -0.5]))
    cumulative = np.cumsum(mix / mix.sum(axis=1, keepdims=True), axis=1)
    pick = (rng.random(len(amount))[:, None] > cumulative).sum(axis=1).clip(0, 3)
    # A large remainder is a scan or a treatment: tests and supplies are not so dear.
    pick = np.where((amount > 40_000) & (pick % 2 == 1), pick - 1, pick)
    second = (amount > 7_000) & (rng.random(len(amount)) < 0.3)
    part = np.where(second, rng.uniform(0.4, 0.7, len(amount)), 1.0)
    another = (pick + 1 + rng.integers(0, 3, len(amount))) % 4
    parts = []
    for mask, wanted, kind in ((amount > 0, amount * part, pick),
                               (second, amount * (1 - part), another)):  # fmt: skip
        for k, category in enumerate(CATEGORIES):
            here = mask & (kind == k)
            item = pricer.service(category, visits.tier[here], wanted[here])
            parts.append(visits.lines(pricer, here, item, order=2))
    return parts


def ticket_lines(
    rng: np.random.Generator, setting: Setting, events: pd.DataFrame, year: int
) -> pd.DataFrame:
    """Return the lines of purchases: one or two drugs, or one round amount."""
    pricer = Pricer(rng, setting.catalogue, year)
    visits = _Visits(setting, events)
    visits.sec = events["sec"].to_numpy()
    flat = events["flat"].to_numpy()
    shop = setting.catalogue.shop_drugs
    round_one = flat > 0
    size = int(round_one.sum())
    item = shop[rng.integers(4, len(shop), size)]
    supply = _supply_days(rng, visits, round_one)
    parts = [visits.lines(pricer, round_one, item, supply=supply)]
    parts[0]["price"] = flat[round_one]
    usual = ~round_one
    fee = visits.fee
    second = usual & (visits.item < 0) & (fee > 3000) & (rng.random(len(fee)) < 0.4)
    part = np.where(second, rng.uniform(0.4, 0.6, len(fee)), 1.0)
    first = np.full(len(fee), -1)
    for mask, share in ((usual, part), (second, 1 - part)):
        drawn, count = pricer.drug(shop, visits.tier[mask], (fee * share)[mask])
        forced = visits.item[mask]
        drawn = np.where(forced >= 0, forced, drawn)
        count = np.where(
            forced >= 0, pricer.count(drawn, visits.tier[mask], fee[mask]), count
        )
        new = drawn != first[mask]
        first[mask] = drawn
        chosen = np.zeros(len(fee), dtype=bool)
        chosen[np.flatnonzero(mask)[new]] = True
        supply = _supply_days(rng, visits, chosen)
        parts.append(
            visits.lines(pricer, chosen, drawn[new], cnt=count[new], supply=supply)
        )
    return pd.concat(parts, ignore_index=True)
