"""What a brief tells of each lead beside its reasons: O/E, place, checks, what next.

Nothing is computed anew: it is the evidence of the list, looked at once more.
"""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from anomaly.leads.case_advice import action
from anomaly.leads.case_standing import Subject, place_among
from anomaly.leads.reasons import NOTABLE_P, name_of, wording
from anomaly.leads.scoring import peopled, score
from anomaly.rules.hits import hits as hits_of
from anomaly.screen.artefacts import repairs
from anomaly.store.store import Store

WEIGHED = (
    "unit_id",
    "indicator",
    "oe",
    "place",
    "of",
    "checked",
    "action",
    "basis",
)
# A change has no ratio: what it is measured from may be nothing, or below it.
CHANGE_KINDS = ("growth_count", "growth_per_visit", "growth_amount", "growth_share")


def weighed(
    store: Store,
    leads: pd.DataFrame,
    unit_kind: str,
    unit_ids: Sequence[str],
    month: date,
    language: str = "zh",
) -> pd.DataFrame:
    """Return a row for each unit asked for, in that order (columns `WEIGHED`).

    Parameters
    ----------
    leads : DataFrame
        The month's list of the whole store (`anomaly.leads.ranking.LEADS`).

    ``oe`` is observed over expected of the foremost indicator that stands out and has
    a ratio, NaN where none does; ``place`` of ``of`` is the unit's place among itself
    and its peers there, 0 where nothing was compared. ``checked`` is a list of texts;
    ``action`` and ``basis`` are the gravest step that the notices provide for, and
    its clause.
    """
    found = hits_of(store, month)
    found = found[found["unit_kind"] == unit_kind]
    faulty = set(repairs(store, month)["institution_id"].dropna())
    everybody = {
        "people": peopled(store, unit_kind, month),
        "evidence": score(store, unit_kind, month),
    }
    by_id = leads.set_index("unit_id", drop=False)
    rows = []
    for unit_id in unit_ids:
        about = Subject(
            store=store,
            unit_kind=unit_kind,
            unit_id=unit_id,
            month=month,
            language=language,
            lead=by_id.loc[unit_id],
            ranked=len(leads),
            **everybody,
        )
        own_hits = found[found["unit_id"] == unit_id]
        rows.append(_row(about, own_hits, faulty))
    return pd.DataFrame(rows, columns=list(WEIGHED))


def _row(about: Subject, own_hits: pd.DataFrame, faulty: set[str]) -> dict:
    foremost = _foremost(about)
    step = action(about).iloc[0]
    row = {"unit_id": about.unit_id, "indicator": "", "oe": float("nan")}
    row |= {"place": 0, "of": 0, "action": step["text"], "basis": step["basis"]}
    if foremost is not None:
        row["indicator"] = name_of(foremost["indicator"], about.language)
        row["place"], row["of"] = place_among(about, foremost)
        if _has_ratio(foremost):
            row["oe"] = foremost["value"] / foremost["expected"]
    row["checked"] = _checked(about, own_hits, faulty)
    return row


def _foremost(about: Subject) -> pd.Series | None:
    """Return the test that a reader is told of: with a ratio if one stands out."""
    own = about.own[about.own["p"].notna()]
    notable = own[own["p"] < NOTABLE_P]
    for rows in (notable[notable.apply(_has_ratio, axis=1)], notable, own):
        if len(rows):
            return rows.iloc[0]
    return None


def _has_ratio(row: pd.Series) -> bool:
    return row["kind"] not in CHANGE_KINDS and row["expected"] > 0


def _checked(about: Subject, own_hits: pd.DataFrame, faulty: set[str]) -> list[str]:
    """Return what was looked at before the unit came on the list."""
    words = wording()["weighed"][about.language]
    told = [words["repairs" if _house(about) in faulty else "no_repairs"]]
    excluded = own_hits[own_hits["excluded"].astype(bool)]
    if len(excluded):
        which = "exclusion" if about.language == "zh" else "exclusion_en"
        names = words["comma"].join(sorted(set(excluded[which].dropna())))
        told.append(words["excluded"].format(hits=len(excluded), names=names))
    own = about.own[about.own["p"].notna()]
    changes = own[own["kind"].isin(CHANGE_KINDS)]
    if changes.empty:
        told.append(words["no_past"])
    elif (changes["p"] >= NOTABLE_P).all():
        told.append(words["no_change"])
    if len(own) and own["few"].iloc[0]:
        told.append(words["few"])
    return told


def _house(about: Subject) -> str:
    if about.unit_kind in ("institution", "pharmacy"):
        return about.unit_id
    return str(about.lead["institution_id"] or "")
