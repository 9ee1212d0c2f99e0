"""Everything one district's brief is made of, read from the store once."""

import re
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from anomaly.briefs.wording import Wording
from anomaly.errors import UsageError
from anomaly.periods import MonthLike, month_text, parse_month

WHITE = re.compile(r"[\s\x00-\x1f\x7f]+", re.ASCII)
UNITS = ("doctor", "institution")
INDICATORS = ("fee_per_visit", "drug_share")


@dataclass(frozen=True)
class Facts:
    """The frames behind a brief; frames that the store lacks are empty."""

    district: str
    name: str
    month: date
    words: Wording
    leads: dict[str, pd.DataFrame]
    tiers: dict[str, pd.DataFrame]
    evidence: dict[tuple[str, str], pd.DataFrame]
    course: pd.DataFrame
    repairs: pd.DataFrame
    coverage: pd.DataFrame
    accounts: pd.DataFrame
    fingerprint: str
    version: str
    drawn: dict = field(default_factory=dict, compare=False, repr=False)

    def listed(self, unit: str) -> pd.DataFrame:
        """Return the leads: units with a tier, or with a rule hit."""
        leads = self.leads[unit]
        return leads.loc[(leads["tier"] != "") | (leads["rules"] != "")]

    def flagged(self, unit: str) -> pd.DataFrame:
        """Return the leads with a tier: those whose figures deviate."""
        return self.leads[unit].loc[self.leads[unit]["tier"] != ""]

    def indicator(self, indicator: str) -> pd.DataFrame:
        """Return the district's months of one indicator, oldest first."""
        rows = self.course.loc[self.course["indicator"] == indicator]
        return rows.sort_values("month")

    def value(self, indicator: str, month: date) -> float:
        """Return the district's value of a month, NaN where there is none."""
        rows = self.indicator(indicator)
        found = rows.loc[pd.to_datetime(rows["month"]) == pd.Timestamp(month), "value"]
        return float(found.iloc[0]) if len(found) else float("nan")


def gather(store, *, district: str, month: MonthLike, language: str = "zh") -> Facts:
    """Read what the brief of one district and month needs.

    Parameters
    ----------
    store : the store as `anomaly.open_store` returns it
    district : str
        Six-digit code of the division, as in `store.districts()`.
    month : str or date
        'YYYY-MM' or any date in the month.
    language : {'zh', 'en'}

    Raises UsageError where the store knows no such month or district.
    """
    words = Wording(language)
    month = parse_month(month)
    name = known_district(store, district)
    known_month(store, month)
    leads = {unit: _leads(store, unit, month, district, language) for unit in UNITS}
    return Facts(
        district=district,
        name=printable(name),
        month=month,
        words=words,
        leads=leads,
        tiers={u: store.tiers(u, month=month, district=district) for u in UNITS},
        evidence={
            (unit, indicator): _evidence(store, unit, month, indicator, district)
            for unit in UNITS
            for indicator in INDICATORS
        },
        course=_of_district(store.features("district"), "unit_id", district),
        repairs=store.repairs(month=month, district=district),
        coverage=store.coverage(),
        accounts=store.accounts(),
        fingerprint=store.fingerprint(),
        version=code_version(),
    )


def code_version() -> str:
    """Return the version of the code, as the run record and the PDF state it."""
    import anomaly

    return anomaly.__version__


def known_month(store, month: date) -> None:
    """Raise UsageError where the store holds no such month."""
    months = [parse_month(known) for known in store.months()]
    if month in months:
        return
    span = "none"
    if months:
        span = f"one of {month_text(min(months))} to {month_text(max(months))}"
    raise UsageError(f"month: found '{month_text(month)}'", expected=span)


def known_district(store, district: str) -> str:
    """Return the district's name; raise UsageError where the store has none such."""
    names = store.districts().set_index("district")["name"]
    if district not in names.index:
        known = ", ".join(names.index[:8])
        raise UsageError(
            f"district: found '{district}'",
            expected=f"one of {known}" + (", ..." if len(names) > 8 else ""),
        )
    return str(names[district] or district)


def _leads(store, unit: str, month: date, district: str, language: str):
    leads = store.leads(unit, month=month, district=district, language=language)
    text = ["tier", "rules", "marks", "reasons", "line", "unit_name"]
    text += ["institution_name", "department", "unit_id"]
    filled = {column: leads[column].fillna("").map(printable) for column in text}
    return leads.assign(**filled).sort_values("rank")


def _evidence(store, unit: str, month: date, indicator: str, district: str):
    frame = store.evidence(unit, month=month, indicator=indicator)
    frame = _of_district(frame, "district", district)
    return frame.assign(unit_name=frame["unit_name"].fillna("").map(printable))


def _of_district(frame: pd.DataFrame, column: str, district: str) -> pd.DataFrame:
    return frame.loc[frame[column].astype(str) == district]


def printable(value) -> str:
    """Return the text with each character that the shipped font lacks spelt out.

    A rare surname or a stray control character then neither stops a brief nor
    leaves a hole in it: U+2B7F9 prints as 〔U+2B7F9〕.
    """
    from anomaly.plots import missing_glyphs

    text = WHITE.sub(" ", str(value)).strip()
    for character in missing_glyphs([text]):
        text = text.replace(character, f"〔U+{ord(character):04X}〕")
    return text
