"""Everything one district's brief is made of, read from the store once."""

import re
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version

import pandas as pd

from anomaly.briefs.inspected import CityInspected, Inspected
from anomaly.briefs.wording import Wording
from anomaly.errors import UsageError
from anomaly.periods import MonthLike, month_text, parse_month

# What the figures and the pages hang on, beside our own code.
COMPUTED_BY = ("duckdb", "numpy", "pandas", "scipy", "scikit-learn", "typst")
WHITE = re.compile(r"[\s\x00-\x1f\x7f]+", re.ASCII)
# Kinds of unit in the order in which a brief tells of them; the first three have
# names that may be printed, persons are masked.
NAMED = ("doctor", "institution", "pharmacy")
UNITS = (*NAMED, "insured")
LISTED = 10  # leads of a kind that a brief lists
_READY: dict[tuple[str, str, str], "Facts"] = {}


@dataclass(frozen=True)
class Facts:
    """The frames behind a brief; frames that the store lacks are empty."""

    district: str
    name: str
    month: date
    words: Wording
    leads: dict[str, pd.DataFrame]
    tiers: dict[str, pd.DataFrame]
    evidence: dict[str, pd.DataFrame]
    indicators: pd.DataFrame
    course: pd.DataFrame
    repairs: pd.DataFrame
    hits: pd.DataFrame
    rules: pd.DataFrame
    coverage: pd.DataFrame
    accounts: pd.DataFrame
    weighed: dict[str, pd.DataFrame]
    items: pd.DataFrame
    stages: pd.DataFrame
    inspection: object | None
    inspected: Inspected
    versions: dict[str, str]
    fingerprint: str
    version: str
    drawn: dict = field(default_factory=dict, compare=False, repr=False)

    def listed(self, unit: str) -> pd.DataFrame:
        """Return the leads: units with a tier, or with a rule hit."""
        return listed(self.leads[unit])

    def flagged(self, unit: str) -> pd.DataFrame:
        """Return the leads with a tier: those whose figures deviate."""
        return self.leads[unit].loc[self.leads[unit]["tier"] != ""]

    def indicator(self, indicator: str) -> pd.DataFrame:
        """Return the district's months of one indicator, oldest first."""
        rows = self.course.loc[self.course["indicator"] == indicator]
        return rows.sort_values("month")

    def evidence_of(self, unit: str, *wanted: str) -> pd.DataFrame:
        """Return the evidence on the first of the indicators that there is any of."""
        frame = self.evidence[unit]
        found = [frame.loc[frame["indicator"] == name] for name in wanted]
        return next((rows for rows in found if len(rows)), found[0])

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
    district = str(district)  # papermill makes a number of 990101
    ready = _READY.get((district, month_text(month), language))
    if ready is not None and ready.fingerprint == store.fingerprint():
        return ready
    return City(store, month, language).facts(district)


def keep_ready(facts: Facts) -> None:
    """Let `gather` return these facts where it is asked for the very same.

    A run over many districts reads the whole city once and hands each report its
    part; facts of another state of the store are never taken.
    """
    key = (facts.district, month_text(facts.month), facts.words.language)
    _READY[key] = facts


class City:
    """A month of the whole store, its frames read once; districts are parts of it."""

    def __init__(self, store, month: MonthLike, language: str) -> None:
        self.store, self.month = store, parse_month(month)
        self.language = language
        words = Wording(language)
        known_month(store, self.month)
        self.evidence = {u: _tested(store, u, self.month) for u in UNITS}
        self.items = store.items(self.month)
        self.hits = store.hits(self.month)
        self.beside: dict[str, pd.DataFrame] = {}
        self.inspected = CityInspected(store, self.month, language)
        self.course = store.features("district")
        self.shared = {
            "month": self.month,
            "words": words,
            "indicators": store.indicators().set_index("indicator"),
            "rules": _rules(store, self.month),
            "coverage": store.coverage(language),
            "accounts": store.accounts(),
            "fingerprint": store.fingerprint(),
            "version": code_version(),
            "versions": versions(),
            "inspection": store.drawn(self.month),
        }

    def facts(self, district: str) -> Facts:
        """Return the facts of one district; UsageError where it is unknown."""
        name = known_district(self.store, district)
        at = {"month": self.month, "district": district}
        leads = {u: _leads(self.store, u, self.language, **at) for u in UNITS}
        return Facts(
            district=district,
            name=district_name(district, name, self.shared["words"]),
            leads=leads,
            weighed={u: self._weighed(u, leads[u]) for u in UNITS},
            items=_items(self.items, district),
            stages=self.store.funnel(**at),
            tiers={u: self.store.tiers(u, **at) for u in UNITS},
            evidence={u: _evidence(self.evidence[u], district) for u in UNITS},
            course=_of_district(self.course, "unit_id", district),
            repairs=self.store.repairs(**at),
            inspected=self.inspected.of(district),
            hits=_of_district(self.hits, "district", district),
            **self.shared,
        )

    def _weighed(self, unit: str, leads: pd.DataFrame) -> pd.DataFrame:
        """Return what is told of the leads that a brief lists, on unit_id."""
        if unit not in self.beside:
            self.beside[unit] = self._beside(unit)
        shown = listed(leads).head(LISTED)["unit_id"]
        return self.beside[unit].loc[shown.tolist()]

    def _beside(self, unit: str) -> pd.DataFrame:
        """Weigh the leads that any district's brief lists, all at once."""
        leads = self.store.leads(unit, month=self.month, language=self.language)
        texts = leads[["tier", "rules"]].fillna("")
        first = listed(leads.assign(**texts)).sort_values("rank")
        shown = first.groupby("district").head(LISTED)["unit_id"].tolist()
        found = self.store.weighed(unit, shown, self.month, self.language)
        return found.set_index("unit_id")


def listed(leads: pd.DataFrame) -> pd.DataFrame:
    """Return the leads: units with a tier, or with a rule hit."""
    return leads.loc[(leads["tier"] != "") | (leads["rules"] != "")]


def district_name(district: str, name: str, words: Wording) -> str:
    """Return the district's name; where the store has only its code, say so."""
    if name in ("", district):
        return words.say("district_unnamed", district=district)
    return printable(name)


def versions() -> dict[str, str]:
    """Return the versions of what computes and sets the brief, by package."""
    return {name: version(name) for name in COMPUTED_BY}


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


def _leads(store, unit: str, language: str, **at) -> pd.DataFrame:
    leads = store.leads(unit, language=language, **at)
    text = ["tier", "rules", "marks", "reasons", "line", "unit_name"]
    text += ["institution_name", "department", "unit_id"]
    filled = {column: leads[column].fillna("").map(printable) for column in text}
    leads = leads.assign(**filled).sort_values("rank")
    # Leads are numbered through, so that list and figures count 1, 2, 3.
    if unit == "insured":  # of the many persons only those that a brief counts
        leads = leads.loc[
            (leads["trend"] != "") | (leads["tier"] != "") | (leads["rules"] != "")
        ]
    named = (leads["tier"] != "") | (leads["rules"] != "")
    leads = leads.iloc[(~named).argsort(kind="stable")]
    return leads.assign(rank=range(1, len(leads) + 1))


def _tested(store, unit: str, month: date) -> pd.DataFrame:
    """Return the evidence on every unit; of persons only what was tested where.

    They are many, and no figure shows them.
    """
    frame = store.evidence(unit, month=month)
    if unit == "insured":
        frame = frame.drop_duplicates(["district", "indicator"])
    return frame


def _rules(store, month: date) -> pd.DataFrame:
    """Return the catalogue with how many leads of each rule were decided."""
    decided = store.decided(month)[["decided", "confirmed"]]
    found = store.rules().set_index("rule").join(decided)
    counts = found[["decided", "confirmed"]].fillna(0).astype(int)
    return found.assign(**counts)


def _items(frame: pd.DataFrame, district: str) -> pd.DataFrame:
    frame = _of_district(frame, "district", district)
    names = frame[["name", "institution_name"]].fillna("")
    return frame.assign(**{c: names[c].map(printable) for c in names})


def _evidence(frame: pd.DataFrame, district: str) -> pd.DataFrame:
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
