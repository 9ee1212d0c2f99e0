"""What a year is assessed by: one value a unit and component, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from anomaly.assessment.beside import peers_median
from anomaly.casework.case import CONFIRMED
from anomaly.periods import shift
from anomaly.policy.assessment import AssessmentPolicy

# Rows that a hit's own kinds count for: what an insured person did is no unit's doing.
BLAMED = ("institution", "pharmacy", "doctor")
READ = ("total_fee", "fee_per_visit", "visits", "fund_pay", "fee_oe")
DONE = ("rectified", "restored")
COLUMNS = ("unit_kind", "unit_id", "component", "value", "own", "peers", "missing")
VISITS = ("unit_kind", "unit_id", "inspected_on")


@dataclass(frozen=True)
class Year:
    """The frames a year is assessed from, of one kind of unit.

    ``people`` is a row a unit with the attributes of its peer chain, group and
    fallback; ``features`` the long rows of this year's and last year's months; ``hits``
    this year's; ``cases`` as `anomaly.casework.listing.COLUMNS` with their days left
    on the day of the assessment; ``houses`` the institution of each doctor; ``visits``
    has `VISITS`. ``months`` are those loaded, of both years.
    """

    year: int
    unit_kind: str
    months: list[date]
    people: pd.DataFrame
    features: pd.DataFrame
    hits: pd.DataFrame
    cases: pd.DataFrame
    houses: Mapping[str, str]
    visits: pd.DataFrame

    @property
    def own_months(self) -> list[date]:
        return [month for month in self.months if month.year == self.year]

    @property
    def shared_months(self) -> list[date]:
        """This year's months whose like is loaded of last year too."""
        return [m for m in self.own_months if shift(m, -12) in self.months]

    def sums(self, indicator: str, months: list[date]) -> pd.DataFrame:
        """Return numerator and denominator summed over some months, by unit."""
        rows = self.features
        stamps = pd.to_datetime(pd.Series(months, dtype=object))
        chosen = rows["month"].isin(stamps) & (rows["indicator"] == indicator)
        summed = rows[chosen].groupby("unit_id")[["numerator", "denominator"]].sum()
        return summed.reindex(self.people["unit_id"], fill_value=0.0)


def gathered(year: Year, policy: AssessmentPolicy) -> pd.DataFrame:
    """Return the values of every unit and component for its kind (`COLUMNS`).

    ``own`` and ``peers`` are a growth and the peers' median behind ``value``; a value
    that is not known has its reason in ``missing``, as policy names them.
    """
    found = {
        "confirmed_share": _confirmed(year),
        "hits_per_1000": _hits(year, policy),
        "coverage": _coverage(year, policy),
        "rectification": _rectification(year),
        "fee_growth": _growth(year, policy, "total_fee"),
        "visit_fee_growth": _growth(year, policy, "fee_per_visit"),
        "fee_oe": _oe(year, policy),
    }
    wanted = [one.id for one in policy.of(year.unit_kind)]
    rows = [
        frame.rename_axis("unit_id").reset_index().assign(component=name)
        for name, frame in found.items()
        if name in wanted
    ]
    whole = pd.concat(rows).assign(unit_kind=year.unit_kind)
    whole = whole.reindex(columns=list(COLUMNS))
    known = whole["value"].notna()
    return whole.assign(missing=whole["missing"].fillna("").mask(known, ""))


def _values(year: Year, value, missing: str) -> pd.DataFrame:
    """Return values by unit; where there is none, why."""
    values = pd.Series(value, index=pd.Index(year.people["unit_id"]), dtype=float)
    return pd.DataFrame({"value": values, "missing": missing})


def _held(year: Year) -> pd.DataFrame:
    """Return the year's confirmed cases by the unit that answers for them."""
    cases = year.cases[year.cases["month"].str.startswith(f"{year.year}-")]
    cases = cases[cases["state"].isin(CONFIRMED)]
    own = cases["unit_id"].where(cases["unit_kind"] == year.unit_kind)
    if year.unit_kind == "institution":
        doctors = cases["unit_kind"] == "doctor"
        own = own.where(~doctors, cases["unit_id"].map(year.houses))
    return cases.assign(unit=own).dropna(subset=["unit"])


def _confirmed(year: Year) -> pd.DataFrame:
    """Confirmed yuan over what the fund paid; a year without cases tells nothing."""
    if not year.cases["month"].str.startswith(f"{year.year}-").any():
        return _values(year, None, "no_cases")
    held = _held(year)
    yuan = held["confirmed"].astype(float).groupby(held["unit"]).sum()
    paid = year.sums("fund_pay", year.own_months)["numerator"]
    share = yuan.reindex(paid.index, fill_value=0.0) / paid.where(paid > 0)
    return _values(year, share, "nothing_paid")


def _hits(year: Year, policy: AssessmentPolicy) -> pd.DataFrame:
    """A rule counts once a bill: a bill of many lines is one question."""
    rows = year.hits[
        ~year.hits["excluded"].astype(bool) & year.hits["unit_kind"].isin(BLAMED)
    ]
    known = rows.dropna(subset=["settlement_id"])
    known = known.drop_duplicates(["rule", "institution_id", "settlement_id"])
    rows = pd.concat([known, rows[rows["settlement_id"].isna()]])
    counts = rows.groupby("institution_id").size()
    visits = year.sums("visits", year.own_months)["numerator"]
    enough = visits >= policy.least_visits
    rate = 1000 * counts.reindex(visits.index, fill_value=0) / visits.where(enough)
    return _values(year, rate, "few_visits")


def _coverage(year: Year, policy: AssessmentPolicy) -> pd.DataFrame:
    """The share of the periods past, as planned, in which it was visited."""
    planned = getattr(policy.plan, year.unit_kind)
    visits = year.visits[year.visits["unit_kind"] == year.unit_kind]
    days = pd.to_datetime(visits["inspected_on"])
    visits = visits.assign(day=days)[days.dt.year == year.year]
    last = max(year.own_months)
    past = [n for n in range(planned) if last.month * planned >= 12 * (n + 1)]
    if visits.empty or not past:
        return _values(year, None, "no_checks")
    period = ((visits["day"].dt.month - 1) * planned) // 12
    seen = period[period.isin(past)].groupby(visits["unit_id"]).nunique()
    share = seen.reindex(year.people["unit_id"], fill_value=0) / len(past)
    return _values(year, share, "")


def _rectification(year: Year) -> pd.DataFrame:
    """Overdue cases; who had nothing to put right has none, where cases are kept."""
    cases = year.cases[year.cases["month"].str.startswith(f"{year.year}-")]
    # Past decisions that were imported have no deadline: nothing is known of them.
    if cases["imported"].astype(bool).all():
        return _values(year, None, "no_deadlines")
    held = _held(year)
    late = (held["days_left"].astype("Int64") < 0).fillna(False)
    late &= ~held["state"].isin(DONE)
    counts = late.astype(int).groupby(held["unit"]).sum()
    return _values(year, counts.reindex(year.people["unit_id"], fill_value=0), "")


def _growth(year: Year, policy: AssessmentPolicy, indicator: str) -> pd.DataFrame:
    """Growth on the like months of last year, less the peers' median."""
    now, before = year.shared_months, [shift(m, -12) for m in year.shared_months]
    if len(now) < policy.least_months:
        return _values(year, None, "few_months")
    late, early = (year.sums(indicator, months) for months in (now, before))
    if indicator == "total_fee":
        rates = [frame["numerator"] for frame in (late, early)]
    else:
        rates = [frame["numerator"] / frame["denominator"] for frame in (late, early)]
    seen = [year.sums("visits", months)["numerator"] for months in (now, before)]
    enough = (seen[0] >= policy.least_visits) & (seen[1] >= policy.least_visits)
    growth = (rates[0] / rates[1] - 1).where(enough & (rates[1] > 0))
    peers = peers_median(year.people, year.unit_kind, growth, policy.least_peers)
    found = _values(year, growth - peers, "few_to_compare")
    return found.assign(own=growth, peers=peers)


def _oe(year: Year, policy: AssessmentPolicy) -> pd.DataFrame:
    sums = year.sums("fee_oe", year.own_months)
    visits = year.sums("visits", year.own_months)["numerator"]
    expected = sums["denominator"].where(sums["denominator"] > 0)
    ratio = (sums["numerator"] / expected).where(visits >= policy.least_visits)
    return _values(year, ratio, "few_visits")


def last_day(year: int) -> date:
    """Return the last day of a year."""
    return date(year, 12, 31)
