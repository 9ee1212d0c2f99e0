"""Abnormal growth: whose visits, fee per visit or total fee outgrew the peers'."""

from dataclasses import replace
from datetime import date

import pandas as pd

from anomaly.errors import UsageError
from anomaly.features.frames import features
from anomaly.features.growth import derived, months_with_before
from anomaly.features.indicator import indicators
from anomaly.leads.exceptions import honoured, without
from anomaly.leads.money import in_yuan, totals
from anomaly.leads.pooling import before, pooled, present
from anomaly.leads.scoring import BEFORE, CHANGE, Test, peopled, score, tested
from anomaly.periods import month_text
from anomaly.policy.read import policy
from anomaly.store.store import Store

UNITS = ("institution", "doctor")
GROWN = ("visits", "fee_per_visit_outpatient")
CONTEXT = ("visits", "fee_per_visit", "total_fee")
TOTAL = "total_fee"
COLUMNS = (
    "unit_kind",
    "unit_id",
    "unit_name",
    "institution_id",
    "institution_name",
    "department",
    "district",
    "month",
    "indicator",
    "growth",
    "peers_growth",
    "group",
    "peers",
    "p",
    "expected_by_chance",
    "amount_beyond",
    "amount_lower",
    "amount_upper",
    *(f"{name}_yoy" for name in CONTEXT),
    "suggestion",
    "basis",
)
MONEY = ["amount_beyond", "amount_lower", "amount_upper"]
TOLD = [
    "unit_id",
    "indicator",
    "growth",
    "peers_growth",
    "group",
    "peers",
    "p",
    "expected_by_chance",
    *MONEY,
]


def abnormal_growth(store: Store, month: date, language: str = "zh") -> pd.DataFrame:
    """Return institutions and doctors that have grown beyond their peers.

    A row a unit and indicator (columns `COLUMNS`), the most yuan beyond first: changes
    on the own past of one to two years ago whose p lies below policy's. ``growth`` and
    ``peers_growth`` are relative; ``amount_beyond`` is yuan a month beyond what the
    peers' growth would give, shrunk as every excess; rows of a unit overlap and do
    not add up. The ``_yoy`` are that month alone on the same one last year. The
    features of the months must be built.
    """
    if language not in ("zh", "en"):
        raise UsageError(f"language '{language}'", expected="zh or en")
    found = [_of_unit(store, unit, month, language) for unit in UNITS]
    whole = pd.concat([rows for rows in found if len(rows)] or found[:1])
    whole = whole.sort_values(
        ["unit_kind", "amount_beyond", "unit_id", "indicator"],
        ascending=[False, False, True, True],
    )
    return whole.reset_index(drop=True)


def _of_unit(store: Store, unit: str, month: date, language: str) -> pd.DataFrame:
    people = peopled(store, unit, month)
    rows = _grown(store, unit, month, people)
    rows = without(rows, honoured(store.root, unit, month), "indicator")
    who = people.drop(columns=["group"]).merge(rows, on="unit_id")
    who = who.merge(_context(store, unit, month), on="unit_id", how="left")
    said = policy("growth")["suggestion"][unit]
    who = who.assign(
        unit_kind=unit,
        month=month_text(month),
        suggestion=said[language],
        basis=said["basis"],
    )
    return who.reindex(columns=list(COLUMNS)).round(
        dict.fromkeys(MONEY, 2) | {"p": 8, "expected_by_chance": 4}
    )


def _grown(store: Store, unit: str, month: date, people: pd.DataFrame) -> pd.DataFrame:
    """Return what evidence says has grown, with yuan a month beyond the peers."""
    names = [f"{name}{CHANGE}" for name in GROWN]
    rows = score(store, unit, month)
    rows = rows[rows["indicator"].isin(names)]
    parts = [rows, total_fee_change(store, unit, month, people)]
    rows = pd.concat([part for part in parts if len(part)] or parts[:1])
    rows = rows.dropna(subset=["p"]).reset_index(drop=True)
    asked = rows.groupby("indicator")["p"].transform("size")
    money = in_yuan(rows, totals(store, unit, month)).set_axis(MONEY, axis=1)
    told = rows.rename(columns={"value": "growth", "expected": "peers_growth"})
    told = told.assign(**money, expected_by_chance=rows["p"] * asked)
    grown = (told["growth"] > 0) & (told["growth"] > told["peers_growth"])
    return told.loc[grown & (told["p"] < policy("growth")["p"]), TOLD]


def total_fee_change(
    store: Store, unit: str, month: date, people: pd.DataFrame
) -> pd.DataFrame:
    """Return evidence of how total fee a month has changed on each unit's own past.

    A sum of n fees scatters as their mean does, and as n does.
    """
    earlier = before(store, month)
    if not earlier:
        return pd.DataFrame(columns=["unit_id", "indicator", "p"])
    rows = features(
        store,
        unit,
        [*present(store, month), *earlier],
        only=["fee_per_visit", "visits"],
    )
    now, then = (_sums(rows, months) for months in (present(store, month), earlier))
    both = now.merge(then, on="unit_id", suffixes=("", "_before"))
    rate = both["numerator"] / both["denominator"]
    was = both["numerator_before"] / both["denominator_before"]
    record = replace(indicators()[TOTAL], direction="high")
    test = Test(f"{TOTAL}{CHANGE}", record, "growth_amount", True)
    found = tested(people, test, unit, both.assign(value=rate / was - 1), dict)
    money = ["excess", "lower", "upper"]
    return found.assign(**found[money] / len(present(store, month)))


def _sums(rows: pd.DataFrame, months: list[date]) -> pd.DataFrame:
    """Return `BEFORE` of total fee over some months: yuan over months."""
    sums = pooled(rows, months).set_index("unit_id")
    fees = sums[sums["indicator"] == "fee_per_visit"]
    visits = sums[sums["indicator"] == "visits"]
    fees = fees[(fees["n"] >= policy("peers")["min_visits"]) & (fees["numerator"] > 0)]
    return fees.assign(
        denominator=visits["denominator"].reindex(fees.index),
        spread=fees["spread"] + 1 / fees["n"],
    )[list(BEFORE)].reset_index()


def _context(store: Store, unit: str, month: date) -> pd.DataFrame:
    """Return growth on the same month last year of `CONTEXT`, a column each."""
    records = [indicators()[name] for name in CONTEXT]
    loaded = store.months()
    months = [each for each in months_with_before([month]) if each in loaded]
    rows = features(store, unit, months, only=CONTEXT)
    names = [f"{name}_yoy" for name in CONTEXT]
    grown = derived(rows, [month], records)
    grown = grown[grown["indicator"].isin(names)]
    wide = grown.pivot_table(index="unit_id", columns="indicator", values="value")
    return wide.reindex(columns=names).astype(float).reset_index()
