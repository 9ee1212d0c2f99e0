"""What a case begins with: the lead as the month's list and its hits tell it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal

import pandas as pd

from anomaly.casework.amounts import NOTHING, shared, yuan
from anomaly.casework.case import Part
from anomaly.errors import UsageError
from anomaly.features.indicator import UNITS
from anomaly.policy.casework import Casework
from anomaly.store.store import Store

Read = Callable[[], pd.DataFrame]


@dataclass(frozen=True)
class Opening:
    """The first facts of a case; the body of its first event."""

    unit_kind: str
    unit_id: str
    month: str
    district: str = ""
    tier: str = ""
    object: str = "other"
    institution_id: str = ""
    unit_name: str = ""
    parts: tuple[Part, ...] = ()
    suspected: Decimal = NOTHING

    @property
    def lead_id(self) -> str:
        return f"{self.month}|{self.unit_kind}|{self.unit_id}"

    def body(self, procedure: str) -> dict:
        """Return it as the ledger keeps it: amounts as texts."""
        cells = asdict(self) | {"suspected": str(self.suspected)}
        parts = [asdict(one) | {"amount": str(one.amount)} for one in self.parts]
        return cells | {"parts": parts, "procedure": procedure}


def check_unit(unit_kind: str, unit_id: str) -> None:
    """UsageError for a kind of unit that there is none of, or no id."""
    if unit_kind not in UNITS:
        raise UsageError(f"unit '{unit_kind}'", expected=f"one of {', '.join(UNITS)}")
    if not unit_id.strip():
        raise UsageError(f"{unit_kind}: no id", expected="the unit's id in the list")


def from_list(
    leads: pd.DataFrame, evidence: Read, hits: pd.DataFrame, opening: Opening
) -> Opening | None:
    """Return the opening with what a month's list says; None where it is silent.

    ``evidence`` and ``hits`` are of that month; the suspected amount is the excess
    over the peers, borne by the foremost indicator, and each rule's counted hits.
    """
    rows = leads[leads["unit_id"] == opening.unit_id]
    mine = hits[
        (hits["unit_kind"] == opening.unit_kind)
        & (hits["unit_id"] == opening.unit_id)
        & ~hits["excluded"].astype(bool)
    ]
    if rows.empty and mine.empty:
        return None
    parts = [
        Part(rule=str(rule), amount=_cents(amount))
        for rule, amount in mine.groupby("rule")["amount"].sum().items()
    ]
    found = {"parts": tuple(parts)}
    if len(rows):
        row = rows.iloc[0]
        foremost = _foremost(evidence(), opening.unit_id)
        if foremost:
            excess = Part(indicator=foremost, amount=_cents(row["excess_amount"]))
            found["parts"] = (excess, *parts)
        for name in ("district", "tier", "institution_id", "unit_name"):
            found[name] = "" if pd.isna(row[name]) else str(row[name])
    elif "district" in mine:
        found["district"] = str(mine["district"].dropna().astype(str).min() or "")
    total = sum((part.amount for part in found["parts"]), NOTHING)
    return Opening(**{**vars(opening), **found, "suspected": total})


def _cents(amount: float) -> Decimal:
    return NOTHING if pd.isna(amount) else yuan(round(float(amount), 2), "amount")


def _foremost(evidence: pd.DataFrame, unit_id: str) -> str:
    """Return the indicator with the least p, '' where none could be computed."""
    mine = evidence[evidence["unit_id"] == unit_id].dropna(subset=["p"])
    first = mine.sort_values(["p", "indicator"]).head(1)
    return "".join(first["indicator"])


def with_amount(opening: Opening, amount: Decimal) -> Opening:
    """Return the opening with another amount, shared out as before."""
    weights = {(one.rule, one.indicator): one.amount for one in opening.parts}
    parts = tuple(Part(*key, each) for key, each in shared(amount, weights).items())
    return Opening(**{**vars(opening), "parts": parts, "suspected": amount})


def placed(store: Store, opening: Opening, policy: Casework) -> Opening:
    """Return the opening with what the masters say: district, kind of object.

    A doctor's is that of the institution.
    """
    owner = opening.institution_id or opening.unit_id
    if opening.unit_kind == "doctor" and not opening.institution_id:
        owner = _one(store, "doctor", "doctor_id", opening.unit_id, "institution_id")
    district, kind = opening.district, "other"
    if opening.unit_kind == "pharmacy":
        branch = _one(store, "pharmacy", "pharmacy_id", opening.unit_id, "is_branch")
        kind = "chain" if branch is True else "pharmacy"
        district = district or _one(
            store, "pharmacy", "pharmacy_id", opening.unit_id, "district"
        )
    elif opening.unit_kind in ("institution", "doctor", "institution_item"):
        owner = str(owner).split("|")[0]
        kind = _institution(store, owner, policy)
        district = district or _one(
            store, "institution", "institution_id", owner, "district"
        )
    return Opening(**{**vars(opening), "district": str(district or ""), "object": kind})


def _institution(store: Store, owner: str, policy: Casework) -> str:
    """Return hospital or clinic, other where the store does not know it."""
    names = [
        str(_one(store, "institution", "institution_id", owner, column) or "")
        for column in ("institution_name", "institution_type_name")
    ]
    if not any(names):
        return "other"
    words = policy.leader_from.clinic_words
    return "clinic" if any(w in name for w in words for name in names) else "hospital"


def _one(store: Store, table: str, key: str, unit_id: str, column: str):
    """Return one cell of a master's row, '' where there is none."""
    store.show(table)
    rows = store.engine.frame(f"SELECT {key} AS key, {column} AS cell FROM {table}")
    found = rows.loc[rows["key"] == str(unit_id), "cell"].dropna()
    return found.tolist()[0] if len(found) else ""
