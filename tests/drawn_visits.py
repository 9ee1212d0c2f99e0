"""Drawn units, inspections and hits, for tests of inspections and campaigns."""

from datetime import date

import pandas as pd

from anomaly.inspection.units import COLUMNS
from anomaly.inspection.visits import Visit

LONG_AGO = date(2020, 1, 1)
HIT = {
    "rule": "R01",
    "unit_kind": "institution",
    "unit_id": "H1",
    "institution_id": "H1",
    "settlement_id": "S1",
    "line_id": None,
    "month": "2026-05",
    "amount": 100.0,
    "excluded": False,
}


def units(*ids: str, kind: str = "institution", since: date = LONG_AGO, **more):
    """Return units of one kind by their ids."""
    rows = [(kind, name, f"{name}测试", "990101", "", since) for name in ids]
    return pd.DataFrame(rows, columns=list(COLUMNS)).assign(**more)


def visit(unit_id: str, day: date, kind: str = "institution", **more) -> Visit:
    """Return an inspection by two persons."""
    cells = {"visit_id": "", "unit_kind": kind, "unit_id": unit_id}
    cells |= {"inspected_on": day, "how": "routine", "inspectors": ("张三", "李四")}
    return Visit(**(cells | more))


def hits(*rows: dict) -> pd.DataFrame:
    """Return hits of rules with what the rows say, the rest by default."""
    return pd.DataFrame([HIT | row for row in rows], columns=list(HIT))
