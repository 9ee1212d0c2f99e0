"""How good the ranked lists are on prefectures of seeds that were not used in tuning.

    python benchmarks/leads worlds FOLDER [--first 97000] [--seeds 10]
    python benchmarks/leads null FOLDER [--first 97000] [--seeds 3]

Each world is drawn, loaded and built once, under FOLDER. Printed are medians over the
worlds: precision at K (as many as are planted; joint mild apart), the share of the
planted in the top 2K, average precision, beside naive lists and, for doctors, beside
detectors on the same features; false alarms among units with nothing planted; which
honest extremes stand in the top 20, and their marks. `null` is the same worlds with
nothing planted. PyOD's lists are left out where it is not installed.
"""

import argparse
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest
from worlds import opened, world

from anomaly.detectors import RobustZScore
from anomaly.leads.evaluation import Evaluation, evaluate, labels

UNITS = ("doctor", "institution", "pharmacy", "insured")
# Three faint signs at once: told apart in everything that is said of doctors.
APART = "joint_mild"
TOP = 20
# What the screen takes out is never on a list. Of a batch uploaded twice or an item
# mapped wrongly the bills are out; the institution stands there with its others.
SCREENED = ("placeholder_id",)
PYOD = {"ECOD": "ecod", "COPOD": "copod"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("worlds", "null"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--first", type=int, default=97_000)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--units", default=",".join(UNITS))
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    planted = asked.what == "worlds"
    found = {unit: [] for unit in asked.units.split(",")}
    for seed in seeds:
        home = world(asked.folder, seed, planted)
        for unit, results in found.items():
            results.append(measured(home, unit))
        print(f"world {seed}", flush=True)
    for unit, results in found.items():
        say(unit, results, planted)


def measured(home: Path, unit: str) -> tuple[Evaluation, pd.DataFrame]:
    """Return how good one list of one world is, and its honest extremes at the top."""
    workspace, table = opened(home)
    month = workspace.months()[-1]
    truth = labels(table, unit, month)
    apart = set(truth.loc[truth["scheme"] == APART, "unit_id"])
    leads = workspace.leads(unit, month)
    leads = leads[~leads["unit_id"].isin(apart)]
    leads = leads.assign(rank=range(1, len(leads) + 1))
    truth = truth[truth["scheme"] != APART]
    others = rivals(workspace.evidence(unit, month)) if unit == "doctor" else {}
    result = evaluate(leads, truth, others=others)
    workspace.store.close()
    return result, extremes(leads, table)


def extremes(leads: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the honest extremes among the first, and whatever was screened."""
    honest = table[table["benign"] == "true"]
    names = honest.drop_duplicates("unit_id").set_index("unit_id")["scheme"]
    told = leads.assign(honest=leads["unit_id"].map(names)).dropna(subset=["honest"])
    told = told[(told["rank"] <= TOP) | told["honest"].isin(SCREENED)]
    return told[["honest", "rank", "p", "rules", "marks"]]


def rivals(evidence: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the scores of detectors on the values that evidence is asked about."""
    values = evidence.pivot_table(
        index="unit_id", columns="indicator", values="value", aggfunc="first"
    )
    values = values.replace([np.inf, -np.inf], np.nan)
    filled = values.fillna(values.median()).dropna(axis="columns")
    z = RobustZScore().fit(filled).z(filled)
    forest = IsolationForest(n_estimators=500, random_state=0).fit(filled)
    found = {
        "robust z, largest": pd.Series(np.asarray(z).max(axis=1), index=filled.index),
        "isolation forest": pd.Series(-forest.score_samples(filled), filled.index),
    }
    for name, module in PYOD.items():
        try:
            kind = getattr(import_module(f"pyod.models.{module}"), name)
        except ImportError:
            continue
        fitted = kind().fit(filled.to_numpy())
        found[name] = pd.Series(fitted.decision_scores_, index=filled.index)
    return found


def say(unit: str, results: list, planted: bool) -> None:
    """Print the medians of one kind of unit."""
    print(f"\n## {unit}")
    chance = pd.concat([one.chance for one, _ in results])
    sums = chance.groupby("level", as_index=False)[
        ["tested", "expected", "observed"]
    ].sum()
    if planted:
        lists = pd.concat([one.lists for one, _ in results])
        keys = ["precision_at_k", "in_2k", "average_precision"]
        print(table(lists.groupby("list", sort=False)[keys].median().reset_index()))
        schemes = pd.concat([one.schemes for one, _ in results])
        counts = schemes.groupby("scheme", as_index=False)[
            ["labelled", "in_k", "in_2k"]
        ].sum()
        print(table(counts))
        top = pd.concat([told for _, told in results])
        screened = int(top["honest"].isin(SCREENED).sum())
        print(f"screened units on a list: {screened}")
        top = top[~top["honest"].isin(SCREENED)]
        bare = int((top["marks"] == "").sum())
        print(f"honest extremes in the top {TOP}: {len(top)}, without a mark: {bare}")
        if len(top):
            print(top.groupby(["honest", "marks"]).size().to_string())
    print(table(sums.assign(ratio=sums["observed"] / sums["expected"])))


def table(frame: pd.DataFrame) -> str:
    """Return a frame as a table in Markdown."""
    cells = frame.map(lambda x: f"{x:.3f}" if isinstance(x, float) else str(x))
    lines = [frame.columns, ["---"] * frame.shape[1], *cells.to_numpy()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
