"""Justified exceptions: who is spared which question, on whose word, until when.

A store's own `exceptions.csv` names them: unit_kind, unit_id, what (an indicator, a
rule or all), reason, owner, expires (the last day, YYYY-MM-DD).
"""

import csv
from datetime import date
from pathlib import Path

import pandas as pd

from anomaly.errors import PolicyError
from anomaly.features.indicator import UNITS, indicators
from anomaly.leads.foremost import ID as FOREMOST
from anomaly.leads.scoring import CHANGE
from anomaly.rules.rule import rules

FILE = "exceptions.csv"
COLUMNS = ("unit_kind", "unit_id", "what", "reason", "owner", "expires")
EVERYTHING = "all"


def exceptions(root: Path) -> pd.DataFrame:
    """Return every exception of a store: `COLUMNS`, expires as a date.

    PolicyError where a line lacks a cell or names what there is none of: nobody is
    spared by a line that cannot be understood.
    """
    path = root / FILE
    if not path.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = [_checked(row, f"{FILE}, line {nth}") for nth, row in enumerate(rows, 2)]
    return pd.DataFrame(found, columns=list(COLUMNS))


def _checked(row: dict, where: str) -> dict:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    missing = [name for name, cell in cells.items() if not cell]
    if missing:
        raise PolicyError(
            f"{where}: no {missing[0]}", expected=f"columns {', '.join(COLUMNS)}"
        )
    if cells["unit_kind"] not in UNITS:
        raise PolicyError(
            f"{where}: unit_kind '{cells['unit_kind']}'",
            expected=f"one of {', '.join(UNITS)}",
        )
    known = {EVERYTHING, FOREMOST, *indicators(), *rules()}
    if cells["what"] not in known:
        raise PolicyError(
            f"{where}: '{cells['what']}' is no indicator and no rule",
            expected="an id such as fee_per_visit_outpatient or R22, or all",
        )
    try:
        cells["expires"] = date.fromisoformat(cells["expires"])
    except ValueError:
        raise PolicyError(
            f"{where}: expires '{cells['expires']}'", expected="YYYY-MM-DD"
        ) from None
    return cells


def honoured(root: Path, unit_kind: str, month: date) -> pd.DataFrame:
    """Return the exceptions of a kind of unit that hold in a month."""
    found = exceptions(root)
    holds = [
        kind == unit_kind and expires >= month
        for kind, expires in zip(found["unit_kind"], found["expires"], strict=True)
    ]
    return found.loc[holds]


def without(rows: pd.DataFrame, spared: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return rows (unit_id, and what ``column`` names) that no exception spares.

    An exception from an indicator spares its change as well.
    """
    if spared.empty or rows.empty:
        return rows
    pairs = set(zip(spared["unit_id"], spared["what"], strict=True))
    names = rows[column].str.removesuffix(CHANGE)
    kept = [
        (unit, name) not in pairs and (unit, EVERYTHING) not in pairs
        for unit, name in zip(rows["unit_id"], names, strict=True)
    ]
    return rows[kept]
