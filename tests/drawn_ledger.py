"""Drawn cases: a policy with names in it, openings and steps, for tests."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from anomaly.casework.case import Part, Step
from anomaly.casework.opening import Opening
from anomaly.policy.casework import Casework, casework

NAMES = """
[deciders]
leaders = ["王局"]
deputies = ["李副局"]
members = ["张三", "赵四", "钱五", "孙六", "周七"]
"""


def named(policy: Casework | None = None) -> Casework:
    """Return the shipped policy with names of those who may decide."""
    policy = policy or casework()
    deciders = replace(
        policy.deciders,
        leaders=["王局"],
        deputies=["李副局"],
        members=["张三", "赵四", "钱五", "孙六", "周七"],
    )
    return replace(policy, deciders=deciders)


def write_names(root: Path) -> Path:
    """Write a store's own casework.toml with those names."""
    path = root / "casework.toml"
    path.write_text(NAMES, encoding="utf-8")
    return path


def opening(unit_id: str = "D1", amount: str = "1000.01", **more) -> Opening:
    """Return the opening of a case behind which two rules stand."""
    yuan = Decimal(amount)
    first = (yuan / 3).quantize(Decimal("0.01"))
    parts = (Part("R02", "", first), Part("", "visits", yuan - first))
    cells = {"unit_kind": "doctor", "unit_id": unit_id, "month": "2026-05"}
    cells |= {"district": "990101", "tier": "orange", "parts": parts}
    return Opening(**(cells | {"suspected": yuan} | more))


def decision(amount: str | None = "400.00", votes: str = "yyn", **more) -> Step:
    """Return a decision by a deputy with as many members as votes are given."""
    members = tuple(
        (name, vote == "y")
        for name, vote in zip(
            ["张三", "赵四", "钱五", "孙六", "周七"], votes, strict=False
        )
    )
    cells = {"state": "decided", "by": "张三", "presiding": "李副局"}
    cells |= {"members": members, "amount": Decimal(amount) if amount else None}
    return Step(**(cells | more))
