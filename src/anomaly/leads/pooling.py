"""Months added up: the window that evidence looks at, and a unit's own past."""

from collections.abc import Iterable
from datetime import date

import pandas as pd

from anomaly.errors import PolicyError
from anomaly.features.frames import features
from anomaly.features.indicator import indicators
from anomaly.periods import shift
from anomaly.policy.read import policy
from anomaly.store.store import Store


def window(month: date) -> list[date]:
    """Return the months that a month's evidence pools: itself and those before."""
    return [shift(month, -back) for back in range(policy("peers")["window_months"])]


def present(store: Store, month: date) -> list[date]:
    """Return the months of a window that the store holds."""
    loaded = store.months()
    return [each for each in window(month) if each in loaded]


def own_past(store: Store, month: date) -> list[date]:
    """Return the months before a window that a unit with few peers is held to."""
    first, last = policy("peers")["window_months"], policy("peers")["own_past_months"]
    wanted = {shift(month, -back) for back in range(first, last)}
    return [each for each in store.months() if each in wanted]


def before(store: Store, month: date) -> list[date]:
    """Return the months that a unit's change is measured from, none where none are.

    The furthest `change_months` that are loaded, at least a year and less than two
    before: what has crept in for a year and a half is still a change.
    """
    rule = policy("peers")
    first, last = rule["change_from"], rule["change_to"]
    wanted = {shift(month, -back) for back in range(first, last)}
    return [each for each in store.months() if each in wanted][: rule["change_months"]]


def pooled_past(
    store: Store, unit_kind: str, month: date, asked: list[str]
) -> pd.DataFrame:
    """Return what units were before a window, as `pooled` gives it."""
    months = own_past(store, month)
    rows = features(store, unit_kind, months or window(month), only=asked)
    return pooled(rows, months)


def pooled(rows: pd.DataFrame, months: list[date]) -> pd.DataFrame:
    """Return one row a unit and indicator: sums over the months, as FEATURES.

    PolicyError where an indicator is not additive: distinct counts and maxima of
    months do not add up. The variance of a ratio of sums follows from those of the
    months: weighted by the squared sums it is relative to.
    """
    _refuse_sums(rows["indicator"].unique())
    rows = rows[rows["month"].astype("datetime64[s]").isin(pd.DatetimeIndex(months))]
    base = _spread_base(rows)
    rows = rows.assign(weighted=rows["spread"] * base**2)
    # A month of one visit has no spread of its own: it counts like the others.
    rows["known"] = base.where(rows["spread"].notna())
    by_unit = rows.groupby(["indicator", "unit_id"])
    sums = by_unit[["numerator", "denominator", "n"]].sum()
    sums[["weighted", "known"]] = by_unit[["weighted", "known"]].sum(min_count=1)
    sums = sums.reset_index()
    share = sums["known"] / _spread_base(sums)
    return sums.assign(
        spread=sums["weighted"] / share / _spread_base(sums) ** 2,
        value=sums["numerator"] / sums["denominator"],
    )


def _refuse_sums(names: Iterable[str]) -> None:
    refused = sorted(name for name in names if not indicators()[name].additive)
    if refused:
        raise PolicyError(
            f"indicators {', '.join(refused)}: months of them are not added up",
            expected="additive = true",
        )


def _spread_base(rows: pd.DataFrame) -> pd.Series:
    """Return what a row's spread is relative to: the sum that its square scales."""
    per_visit = [
        name for name, record in indicators().items() if record.kind == "per_visit"
    ]
    of_visits = rows["indicator"].isin(per_visit)
    return rows["numerator"].where(of_visits, rows["denominator"])
