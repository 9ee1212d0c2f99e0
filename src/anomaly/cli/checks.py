"""What the checks said, as a person reads it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from anomaly.cli.output import out, show_table

if TYPE_CHECKING:
    from anomaly.store.remarks import Remark

SHOWN = ["table", "column", "rows", "amount", "severity", "what", "example"]


def remark_rows(remarks: Iterable["Remark"]) -> list[dict]:
    """Return remarks as records for JSON and tables, each with its sentences."""
    from anomaly.sources.checks import all_checks

    known = all_checks()
    return [
        vars(one)
        | {
            "amount": None if one.amount is None else str(one.amount),
            "severity": known[one.code].severity,
            "zh": known[one.code].zh,
            "en": known[one.code].en,
        }
        for one in remarks
    ]


def show_remarks(rows: list[dict]) -> None:
    """Print what was repaired or noted; nothing where there is nothing."""
    if rows:
        frame = pd.DataFrame(rows).rename(columns={"zh": "what"})
        frame["amount"] = frame["amount"].fillna("")
        show_table(frame[SHOWN], "checks")


def show_reasons(rows: list[dict]) -> None:
    """Print why rows wait in quarantine, counted by reason."""
    if not rows:
        out.print("no row waits in quarantine")
        return
    shown = ["table", "file", "reason", "rows", "first_line", "what"]
    show_table(pd.DataFrame(rows).rename(columns={"zh": "what"})[shown])
