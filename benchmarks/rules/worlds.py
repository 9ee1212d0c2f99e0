"""What the rules catch of what is planted, and whom they trouble for nothing.

Sample prefectures of seeds that were not used while the rules were written are drawn,
loaded and built. A unit counts as hit if it ever is, in any month.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from anomaly.rules.rule import rules
from anomaly.sources.mapping import load_mapping
from anomaly.sources.world import write_world
from anomaly.store.ingest import load
from anomaly.store.store import Store
from anomaly.workspace import open_store

# The rules that are there for a scheme; a planted unit is found if one of them hits.
MEANT_FOR = {
    "hung_beds": ["R01"],
    "split_admissions": ["R02"],
    "duplicate_charges": ["R06"],
    "swapped_items": ["R32"],
    "card_trains": ["R20"],
    "small_round_tickets": ["R43"],
    "swaps": ["R30", "R31"],
    "minute_crowd": ["R22"],
    "pharmacy_hopping": ["R19"],
    "excess_supply": ["R14"],
    "outpatient_during_stay": ["R24"],
    "impersonation": ["R45", "R21"],
}
KINDS = ("doctor", "institution", "pharmacy", "insured")
MOST_HONEST = 0.05
EXTREME = ["scheme", "rule", "why"]


def world(seed: int, scale: float) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Return hits of all months, truth, and the number of units of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "export"
        write_world(data, seed=seed, scale=scale)
        truth = pd.read_csv(data / "truth.csv", dtype={"unit_id": str})
        store = Store.create(Path(folder) / "store")
        load(store, [data], load_mapping(), key=b"guards nothing: all is invented")
        store.close()
        workspace = open_store(store.root)
        months = workspace.months()
        workspace.prepare(months[-1])
        found = pd.concat([workspace.hits(month) for month in months])
        units = {kind: _units(workspace, kind) for kind in KINDS}
        workspace.store.close()
    return found, truth, pd.Series(units)


def _units(workspace, kind: str) -> int:
    workspace.store.show(kind)
    found = workspace.sql(f"SELECT count(DISTINCT {kind}_id) AS units FROM {kind}")
    return int(found["units"].iloc[0])


def caught(found: pd.DataFrame) -> pd.DataFrame:
    """Return each rule's units that no exclusion lifts."""
    sound = found[~found["excluded"].astype(bool)]
    return sound[["rule", "unit_kind", "unit_id"]].drop_duplicates()


def by_rule(hit: pd.DataFrame, truth: pd.DataFrame, units: pd.Series) -> pd.DataFrame:
    """Return a row a rule: unit_kind, units, planted, honest_share."""
    planted = set(truth.loc[~truth["benign"].astype(bool), "unit_id"])
    rows = []
    for rule, record in rules().items():
        mine = set(hit.loc[hit["rule"] == rule, "unit_id"])
        honest = int(units.get(record.unit_kind, 0)) - len(planted)
        rows.append(
            {
                "rule": rule,
                "name": record.en,
                "unit_kind": record.unit_kind,
                "units": len(mine),
                "planted": len(mine & planted),
                "honest": len(mine - planted),
                "of_honest": max(honest, int(units.get(record.unit_kind, 0)) // 2),
            }
        )
    return pd.DataFrame(rows)


def by_scheme(hit: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return a row a scheme: rules, planted, found."""
    rows = []
    for scheme, meant in MEANT_FOR.items():
        planted = set(truth.loc[truth["scheme"] == scheme, "unit_id"])
        found = planted & set(hit.loc[hit["rule"].isin(meant), "unit_id"])
        rows.append(
            {
                "scheme": scheme,
                "rules": " ".join(meant),
                "planted": len(planted),
                "found": len(found),
            }
        )
    return pd.DataFrame(rows)


def by_extreme(found: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return the honest extremes that a rule catches: EXTREME, units."""
    honest = truth.loc[truth["benign"].astype(bool), ["unit_kind", "unit_id", "scheme"]]
    rows = found.merge(honest, on=["unit_kind", "unit_id"])
    rows["why"] = rows["exclusion_en"].fillna("counted")
    return rows.groupby(EXTREME, as_index=False).agg(units=("unit_id", "nunique"))


def table(frame: pd.DataFrame) -> str:
    """Return a frame as a table in Markdown."""
    lines = [frame.columns, ["---"] * frame.shape[1], *frame.astype(str).to_numpy()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def say(seeds: Sequence[int], scale: float) -> None:
    """Print, for every rule, whom it hits; for every scheme, how much is found.

    Then which honest extremes any rule catches, counted or excluded and why.
    """
    of_rules, of_schemes, of_extremes = [], [], []
    for seed in seeds:
        found, truth, units = world(seed, scale)
        hit = caught(found)
        of_rules.append(by_rule(hit, truth, units))
        of_schemes.append(by_scheme(hit, truth))
        of_extremes.append(by_extreme(found, truth))
    keys = ["rule", "name", "unit_kind"]
    whole = pd.concat(of_rules).groupby(keys, as_index=False).sum()
    precision = whole["planted"] / whole["units"]
    share = whole.pop("honest") / whole.pop("of_honest")
    whole["precision"] = precision.map("{:.2f}".format).where(whole["units"] > 0, "-")
    whole["of honest"] = share.map("{:.2%}".format)
    whole["verdict"] = (share <= MOST_HONEST).map({True: "", False: "no rule"})
    print(table(whole), end="\n\n")
    schemes = pd.concat(of_schemes).groupby(["scheme", "rules"], as_index=False).sum()
    schemes["recall"] = (schemes["found"] / schemes["planted"]).map("{:.2f}".format)
    print(table(schemes), end="\n\n")
    print(table(pd.concat(of_extremes).groupby(EXTREME, as_index=False).sum()))
