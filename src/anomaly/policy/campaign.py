"""The policy of a campaign: its five phases, its data, the share that is re-checked.

The notice's plan stands in campaign.toml; a store's own `campaign.toml` takes its
place key by key, phases by their `id`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from anomaly.errors import PolicyError
from anomaly.policy.read import as_number, as_record, check_basis, check_known, of_store

NAME = "campaign"
FILE = f"{NAME}.toml"
PHASES = ("mobilise", "self_check", "recheck", "rectification", "summary")


@dataclass(frozen=True)
class Phase:
    """A phase and its days, both included."""

    id: str
    zh: str
    en: str
    first: date
    last: date

    def __post_init__(self) -> None:
        where = f"{FILE}, phase '{self.id}'"
        check_known(self.id, PHASES, where)
        _in_order(self.first, self.last, where)


@dataclass(frozen=True)
class Campaign:
    """A campaign; ``phases`` by their id, in order, ``recheck_share`` below 1."""

    id: str
    zh: str
    en: str
    basis: str
    data_from: date
    data_to: date
    recheck_share: Decimal
    recheck_basis: str
    phases: dict[str, Phase]

    def __post_init__(self) -> None:
        _in_order(self.data_from, self.data_to, f"{FILE}, data")
        check_basis(self.basis, FILE)
        check_basis(self.recheck_basis, f"{FILE}, recheck_basis")
        begins, ends = self.data_from.day == 1, self.data_to + timedelta(days=1)
        if not begins or ends.day != 1:
            raise PolicyError(
                f"{FILE}, data: {self.data_from} to {self.data_to}",
                expected="whole months, as rules tell by the month",
            )
        share = as_number(self.recheck_share, f"{FILE}, recheck_share")
        if share > 1:
            raise PolicyError(f"{FILE}, recheck_share: {share}", expected="0 to 1")
        object.__setattr__(self, "recheck_share", share)
        for before, after in pairwise(self.phases.values()):
            if after.first < before.first:
                raise PolicyError(
                    f"{FILE}, phase '{after.id}': it begins on {after.first}, before"
                    f" '{before.id}' on {before.first}",
                    expected=f"phases in the order {', '.join(PHASES)}",
                    todo="give every phase of the campaign its own days",
                )

    @property
    def ends_on(self) -> date:
        """The last day of any phase: nothing is entered after it."""
        return max(one.last for one in self.phases.values())


def campaign_policy(root: Path | str | None = None) -> Campaign:
    """Return the campaign of a store; PolicyError where it cannot be."""
    cells = of_store(NAME, root)
    made = [
        as_record(Phase, one, f"{FILE}, phase '{one['id']}'") for one in cells["phases"]
    ]
    phases = {one.id: one for one in sorted(made, key=lambda p: PHASES.index(p.id))}
    return as_record(Campaign, cells | {"phases": phases}, FILE)


def _in_order(first: object, last: object, where: str) -> None:
    days = isinstance(first, date) and isinstance(last, date)
    if not days or last < first:
        raise PolicyError(
            f"{where}: {first} to {last}",
            expected="two days such as 2026-04-10, in order",
        )
