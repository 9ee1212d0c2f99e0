"""Tips: who told what, what was found of it, and the reward within its bounds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from anomaly.casework.amounts import NOTHING
from anomaly.casework.case import Event
from anomaly.errors import UsageError
from anomaly.policy.casework import Casework

PREFIX = "T"


@dataclass(frozen=True)
class Tip:
    """One tip; ``amount`` is what was found of it, in yuan."""

    tip_id: str
    channel: str
    received_on: date
    unit_kind: str = ""
    unit_id: str = ""
    text: str = ""
    amount: Decimal = NOTHING
    reward: Decimal = NOTHING
    lead_id: str = ""

    def body(self) -> dict:
        """Return it as the ledger keeps it."""
        texts = {"received_on": self.received_on.isoformat()}
        texts |= {"amount": str(self.amount), "reward": str(self.reward)}
        return {**vars(self), **texts}


def fold_tips(events: Iterable[Event]) -> dict[str, Tip]:
    """Return every tip by its id, as its events leave it."""
    found: dict[str, Tip] = {}
    for event in events:
        body = event.body
        match event.kind:
            case "tip_added":
                found[body["tip_id"]] = _added(body)
            case "tip_linked":
                tip = found[body["tip_id"]]
                found[body["tip_id"]] = replace(tip, **_found(body))
    return found


def _added(body: Mapping) -> Tip:
    cells = dict(body) | {"received_on": date.fromisoformat(body["received_on"])}
    money = {name: Decimal(body[name]) for name in ("amount", "reward")}
    return Tip(**(cells | money))


def _found(body: Mapping) -> dict:
    money = {key: Decimal(body[key]) for key in ("amount", "reward") if key in body}
    return {"lead_id": body["lead_id"], **money}


def next_id(tips: Mapping[str, Tip]) -> str:
    """Return the id of the next tip: T1, T2, ..."""
    numbers = [int(name[1:]) for name in tips if name[1:].isdecimal()]
    return f"{PREFIX}{max(numbers, default=0) + 1}"


def check_reward(amount: Decimal, reward: Decimal, policy: Casework) -> None:
    """UsageError for a reward above the cap, or its share of what was found."""
    rules = policy.rewards
    most = min(rules.cap, (amount * rules.share).quantize(NOTHING, "ROUND_DOWN"))
    if reward > most:
        raise UsageError(
            f"reward {reward} of {amount} yuan found",
            expected=f"at most {most:.2f}: {rules.share:%} of it, never above"
            f" {rules.cap} ({rules.basis})",
            todo="lower the reward, or give the amount found first",
        )
