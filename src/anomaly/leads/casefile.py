"""The case file: everything behind a lead, in frames that show themselves."""

from dataclasses import dataclass, fields
from datetime import date

import pandas as pd

from anomaly.errors import UsageError
from anomaly.leads import case_advice as advice
from anomaly.leads import case_history, case_rows, case_standing
from anomaly.periods import month_text
from anomaly.store.store import Store

UNITS = ("doctor", "institution", "pharmacy", "insured")
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class CaseFile:
    """Everything behind one lead: a question, never a finding.

    Frames, money in yuan, `insured_id` as it is: ``who``, ``peers``, ``indicators``,
    ``history``, ``items``, ``visits``, ``lines``, ``hits``, ``ordinary``, ``checks``,
    ``action``; their columns stand in `anomaly.leads`: `case_standing`, `case_history`,
    `case_rows` and `case_advice`. In a notebook it shows itself, persons masked.
    """

    unit_kind: str
    unit_id: str
    month: date
    language: str
    fingerprint: str
    reasons: tuple[str, ...]
    who: pd.DataFrame
    action: pd.DataFrame
    indicators: pd.DataFrame
    peers: pd.DataFrame
    history: pd.DataFrame
    ordinary: pd.DataFrame
    checks: pd.DataFrame
    hits: pd.DataFrame
    items: pd.DataFrame
    visits: pd.DataFrame
    lines: pd.DataFrame

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """Every frame by name, in the order in which they are read."""
        names = [field.name for field in fields(self)][6:]
        return {name: getattr(self, name) for name in names}

    def _repr_html_(self) -> str:
        from anomaly.leads.case_html import as_html

        return as_html(self)

    def __repr__(self) -> str:
        month = month_text(self.month)
        return f"CaseFile({self.unit_kind!r}, {self.unit_id!r}, month={month!r})"


def check_asked(unit_kind: str, language: str) -> None:
    """Raise UsageError for a kind of unit or a language that has no case files."""
    for name, value, known in (
        ("unit", unit_kind, UNITS),
        ("language", language, LANGUAGES),
    ):
        if value not in known:
            raise UsageError(
                f"{name} '{value}': there is no case file",
                expected=f"one of {', '.join(known)}",
            )


def case_file(
    store: Store,
    leads: pd.DataFrame,
    unit_kind: str,
    unit_id: str,
    month: date,
    language: str = "zh",
) -> CaseFile:
    """Return everything behind one unit's lead.

    Parameters
    ----------
    leads : DataFrame
        The month's list of the whole store, as `anomaly.leads.ranking.rank` gives it.
    unit_kind : {'doctor', 'institution', 'pharmacy', 'insured'}

    Raises UsageError where the month's list has no such unit.
    """
    check_asked(unit_kind, language)
    if unit_id not in set(leads["unit_id"]):
        raise UsageError(
            f"{unit_kind} '{unit_id}': none in {month_text(month)}",
            expected=f"one of the {len(leads)} that month",
            todo=f"anomaly rank --unit {unit_kind} lists them",
        )
    about = case_standing.subject(store, leads, unit_kind, unit_id, month, language)
    hits = case_rows.hits(about)
    visits = case_rows.visits(about, hits)
    return CaseFile(
        unit_kind=unit_kind,
        unit_id=unit_id,
        month=month,
        language=language,
        fingerprint=store.fingerprint(),
        reasons=case_standing.reasons_of(about),
        who=case_standing.who(about),
        action=advice.action(about),
        indicators=case_standing.standing(about),
        peers=case_standing.peers(about),
        history=case_history.history(about),
        ordinary=advice.ordinary(about, hits),
        checks=advice.checks(about, hits),
        hits=hits,
        items=case_rows.items(about),
        visits=visits,
        lines=case_rows.lines(about, visits, hits),
    )
