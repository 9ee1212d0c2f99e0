"""The city in one month: its districts' facts side by side, and all of them as one."""

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from anomaly.briefs import fund
from anomaly.briefs.facts import LISTED, UNITS, City, Facts
from anomaly.briefs.wording import Wording
from anomaly.periods import MonthLike

WORDS = "overview.toml"
# Ratios of the whole are ratios of its sums, never means of the districts' ratios.
RATIOS = ("fee_per_visit", *fund.SHARES)
COMPARED = ("fee_per_visit", "drug_share")
FINISHED = ("confirmed", "dismissed")


@dataclass(frozen=True)
class Overview:
    """The districts' facts in the order of their codes, and the whole city's."""

    month: date
    words: Wording
    districts: tuple[Facts, ...]
    whole: Facts

    @property
    def all(self) -> tuple[Facts, ...]:
        """The districts, the whole city last."""
        return (*self.districts, self.whole)

    def uneven(self) -> list[date]:
        """Return the months of the course in which a district has no figures."""
        counts = self._months()
        return sorted(counts.index[counts < counts.max()])

    def _months(self) -> pd.Series:
        rows = [one.indicator("total_fee")["month"] for one in self.districts]
        return pd.to_datetime(pd.concat(rows)).dt.date.value_counts()


class _Lean(City):
    """A city of which no lead is told in full: what speaks for it is not looked up."""

    def _weighed(self, unit: str, leads: pd.DataFrame) -> pd.DataFrame:
        del unit
        return leads.head(LISTED)[["unit_id"]].set_index("unit_id")


def gather_city(store, *, month: MonthLike, language: str = "zh") -> Overview:
    """Read what the overview of one month needs: every district's facts.

    Parameters
    ----------
    store : the store as `anomaly.open_store` returns it
    month : str or date
        'YYYY-MM' or any date in the month.
    language : {'zh', 'en'}

    Raises UsageError where the store knows no such month.
    """
    city = _Lean(store, month, language)
    codes = sorted(str(code) for code in store.districts()["district"])
    words = Wording(language, WORDS)
    districts = tuple(replace(city.facts(code), words=words) for code in codes)
    return Overview(
        month=city.month,
        words=words,
        districts=districts,
        whole=_whole(districts, store.funnel(month=city.month), words),
    )


def _whole(districts: tuple[Facts, ...], stages, words: Wording) -> Facts:
    """Return the districts as one: lists joined, numbers summed."""

    def joined(name: str) -> pd.DataFrame:
        return _stacked([getattr(one, name) for one in districts])

    def by_unit(name: str) -> dict[str, pd.DataFrame]:
        frames = {u: [getattr(one, name)[u] for one in districts] for u in UNITS}
        return {unit: _stacked(parts) for unit, parts in frames.items()}

    return replace(
        districts[0],
        district="",
        name=words["city_name"],
        words=words,
        leads=by_unit("leads"),
        evidence=by_unit("evidence"),
        tiers={unit: _summed(rows) for unit, rows in by_unit("tiers").items()},
        course=_course(joined("course")),
        repairs=joined("repairs"),
        hits=joined("hits"),
        items=joined("items"),
        stages=stages,
        weighed={},
        drawn={},
    )


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def _summed(tiers: pd.DataFrame) -> pd.DataFrame:
    if tiers.empty:
        return tiers
    numbers = ["leads", "expected_by_chance", "tested"]
    return tiers.groupby("tier", sort=False, as_index=False)[numbers].sum()


def _course(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the city's months of what the overview shows (month, indicator, value)."""
    rows = rows[rows["indicator"].isin(fund.TABLE)]
    sums = rows.groupby(["indicator", "month"], as_index=False)[
        ["numerator", "denominator", "value"]
    ].sum()
    ratio = sums["numerator"] / sums["denominator"].where(sums["denominator"] > 0)
    value = ratio.where(sums["indicator"].isin(RATIOS), sums["value"])
    return sums.assign(value=value, unit_id="")


def beside_past(facts: Facts, indicator: str) -> dict:
    """Return a district's value and the range its own past leads one to expect.

    value, lower, upper and side: 'above', 'below', 'within', '' without a range.
    """
    row = {"value": facts.value(indicator, facts.month)}
    row |= {"lower": float("nan"), "upper": float("nan"), "side": ""}
    table = fund.series(facts, indicator)
    now = table[table["is_report_month"]]
    if now.empty or now["upper"].isna().iloc[0]:
        return row
    row |= {name: float(now[name].iloc[0]) for name in ("lower", "upper")}
    row["side"] = "within"
    if row["value"] > row["upper"]:
        row["side"] = "above"
    elif row["value"] < row["lower"]:
        row["side"] = "below"
    return row


def hit_counts(facts: Facts) -> tuple[int, float, int]:
    """Return hits counted, their yuan, and hits excluded."""
    excluded = facts.hits["excluded"].astype(bool)
    amount = float(facts.hits.loc[~excluded, "amount"].sum())
    return int((~excluded).sum()), amount, int(excluded.sum())


def leads_and_chance(facts: Facts, *units: str) -> tuple[int, float]:
    """Return the leads with a tier, and how many chance alone would give."""
    leads = sum(int(facts.tiers[unit]["leads"].sum()) for unit in units)
    chance = sum(facts.tiers[unit]["expected_by_chance"].sum() for unit in units)
    return leads, float(chance)
