"""A year of decisions, simulated, and what it does to the next month's list.

    python benchmarks/feedback.py STORE [--unit doctor]

Works on a copy of a store with built months. Every month of the last twelve, three
leads of other, invented units are confirmed on the rule of a planted scheme, and three
are dismissed that had rested on one indicator. Printed is where the units caught by
the rule, and those whose foremost indicator it is, stood before and stand after; p, q
and tier must not have moved.
"""

import argparse
import csv
import json
import shutil
import tempfile
from pathlib import Path

import pandas as pd

import anomaly
from anomaly.leads.feedback import of_record
from anomaly.periods import month_text, shift

A_MONTH = 3
HEAD = (
    "lead_id unit_kind unit_id district month state amount recovered decided_on by"
    " rule indicator"
).split()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("store", type=Path)
    parser.add_argument("--unit", default="doctor")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "store"
        shutil.copytree(asked.store, copy)
        print(json.dumps(simulated(copy, asked.unit), ensure_ascii=False, indent=1))


def simulated(path: Path, unit: str) -> dict:
    """Return where the two groups stood before and stand after, medians."""
    store = anomaly.open_store(path)
    month = store.months()[-1]
    before = store.leads(unit, month)
    scheme = before["rules"].str.split().explode().dropna().mode().iloc[0]
    pattern, odd = _pattern(store, unit, month, before)
    write_year(path / "year.csv", unit, month, scheme, pattern)
    done = store.import_cases(path / "year.csv")
    after = anomaly.open_store(path).leads(unit, month)
    caught = before.loc[before["rules"].str.split().map(lambda r: scheme in r)]
    groups = {f"rule {scheme}, confirmed": set(caught["unit_id"])}
    groups[f"indicator {pattern}, dismissed"] = odd - set(caught["unit_id"])
    told = {"decisions": done["new"], "tests unmoved": _same(before, after)}
    for name, units in groups.items():
        told[name] = {"units": len(units)}
        for when, list_ in (("before", before), ("after", after)):
            rows = list_[list_["unit_id"].isin(units)]
            told[name][f"median rank {when}"] = float(rows["rank"].median())
            told[name][f"median risk {when}"] = float(rows["risk"].median())
    return told


def _pattern(store, unit: str, month, leads: pd.DataFrame) -> tuple[str, set[str]]:
    """Return the most frequent foremost indicator among leads by figures alone."""
    plain = leads.loc[(leads["tier"] != "") & (leads["rules"] == ""), "unit_id"]
    rows = store.evidence(unit, month).dropna(subset=["p"])
    rows = rows[rows["unit_id"].isin(plain)].sort_values(["p", "indicator"])
    first = rows.drop_duplicates("unit_id")
    records = first["indicator"].map(of_record)
    pattern = records.mode().iloc[0]
    return pattern, set(first.loc[records == pattern, "unit_id"])


def write_year(path: Path, unit: str, month, scheme: str, pattern: str) -> None:
    """Write twelve months of decisions on units that the store does not know."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEAD)
        for back in range(12, 0, -1):
            when = shift(month, -back)
            day = shift(when, 1).replace(day=5).isoformat()
            for n in range(2 * A_MONTH):
                yes = n < A_MONTH
                rest = [scheme, ""] if yes else ["", pattern]
                state = "confirmed" if yes else "dismissed"
                own = f"{month_text(when)}-{n}"
                cells = [own, unit, f"X{own}", "990101", month_text(when), state]
                writer.writerow([*cells, "1000", "", day, "invented", *rest])


def _same(before: pd.DataFrame, after: pd.DataFrame) -> bool:
    names = ["unit_id", "p", "q", "tier"]
    rows = [
        one[names].sort_values("unit_id", ignore_index=True) for one in (before, after)
    ]
    return rows[0].equals(rows[1])


if __name__ == "__main__":
    main()
