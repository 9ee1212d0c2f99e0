"""What a case is, and what a step asks for: frozen records without any rule."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from anomaly.casework.amounts import NOTHING

# The bureau's days, whatever the clock of the machine says.
CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Event:
    """One line of the ledger; ``at`` is UTC to the second."""

    seq: int
    lead_id: str
    kind: str
    at: str
    by: str
    body: Mapping

    @property
    def day(self) -> date:
        """The day it was in China."""
        return datetime.fromisoformat(self.at).astimezone(CHINA).date()


@dataclass(frozen=True)
class Part:
    """What one rule or indicator says of a case, with its share of the amount."""

    rule: str = ""
    indicator: str = ""
    amount: Decimal = NOTHING


@dataclass(frozen=True)
class Vote:
    """The record of a panel: who presided, and how each member voted."""

    presiding: str
    members: Mapping[str, bool]
    majority: Decimal

    @property
    def confirms(self) -> bool:
        """Whether more than the majority of the votes are for it."""
        return sum(self.members.values()) > self.majority * len(self.members)


@dataclass(frozen=True)
class Case:
    """A case as its events leave it; amounts in yuan.

    ``object`` is hospital, clinic, pharmacy, chain or other, which says who must
    preside. ``confirmed`` and ``lifted`` add up to ``suspected`` once it is known
    what came of it. ``parts`` are the rules and indicators behind it. ``history``
    marks past decisions that were imported; ``stepped`` what was done since.
    """

    lead_id: str
    unit_kind: str
    unit_id: str
    month: str
    procedure: str
    opened_on: date
    state: str = "suspected"
    since: date | None = None
    district: str = ""
    tier: str = ""
    object: str = "other"
    parts: tuple[Part, ...] = ()
    suspected: Decimal = NOTHING
    agreed: Decimal | None = None
    confirmed: Decimal = NOTHING
    lifted: Decimal = NOTHING
    recovered: Decimal = NOTHING
    multiple: int = 0
    penalty_paid: Decimal = NOTHING
    actions: tuple[str, ...] = ()
    recused: frozenset[str] = frozenset()
    attachments: Mapping[str, str] = field(default_factory=dict)
    panel: Vote | None = None
    decided_on: date | None = None
    appealed: bool = False
    history: bool = False
    stepped: bool = False
    last_seq: int = 0

    @property
    def penalty(self) -> Decimal:
        """The yuan of a penalty: a multiple of what was confirmed."""
        return self.multiple * self.confirmed

    @property
    def amount(self) -> Decimal:
        """What FINDINGS say: confirmed where something is, else suspected."""
        return self.confirmed if self.state in CONFIRMED else self.suspected

    def _repr_html_(self) -> str:
        from anomaly.casework.case_card import as_html

        return as_html(self)


@dataclass(frozen=True)
class Step:
    """What somebody asks a case to do next."""

    state: str
    by: str
    amount: Decimal | None = None
    recovered: Decimal | None = None
    penalty: Decimal | None = None
    attachments: Mapping[str, str] = field(default_factory=dict)
    presiding: str = ""
    members: tuple[tuple[str, bool], ...] = ()
    actions: tuple[str, ...] = ()
    multiple: int | None = None
    note: str = ""


CONFIRMED = ("confirmed", "recovered", "rectified", "restored")
CLOSED = ("dismissed", "restored")


def person(name: str) -> str:
    """Return a name as it is compared: blanks, width and case make no other person."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()
