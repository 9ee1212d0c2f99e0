"""How good a ranked list is, where the truth is known, beside naive lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import average_precision_score

from anomaly.errors import DataRefusedError
from anomaly.leads.marks import CONFIRMED, DISMISSED
from anomaly.periods import month_text
from anomaly.store.store import Store

# What a table of labels must and may say.
REQUIRED = ("unit_kind", "unit_id")
SCHEME = "labelled"
# Lists that any spreadsheet gives: all the money, and one ratio.
NAIVE = {"total_fee": "total amount", "fee_per_visit": "fee per visit"}
# Where ids of a kind stand, beside the master of that name: table -> column.
SEEN_IN = {
    "doctor": {"visit": "attending_doctor_id"},
    "institution": {"settlement": "institution_id"},
    "pharmacy": {"settlement": "institution_id"},
    "insured": {"settlement": "insured_id"},
}
LEVELS = (0.05, 0.01, 0.001)
RESAMPLED = 1000
SEED = 7


@dataclass(frozen=True)
class Evaluation:
    """What a list is worth.

    ``lists``: list, k, precision_at_k with lower and upper (95 %, Clopper-Pearson),
    in_2k (share of the labelled in the first 2k), average_precision with ap_lower and
    ap_upper (95 %, units drawn again). ``schemes``: scheme, labelled, in_k, in_2k,
    recall (in_2k over labelled), lower, upper. ``chance``: level, tested, expected,
    observed, ratio, among units that carry no label.
    """

    lists: pd.DataFrame
    schemes: pd.DataFrame
    chance: pd.DataFrame


def read_truth(path: Path, unit_kind: str, month: date) -> pd.DataFrame:
    """Return the labels of a CSV that hold in a month: unit_id, scheme, benign.

    Columns unit_kind and unit_id; scheme, from_month, to_month (YYYY-MM) and benign
    (true for an honest extreme) where it has them.
    """
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig").fillna("")
    except (OSError, ValueError) as error:
        raise DataRefusedError(f"{path}: {error}", expected="a CSV of labels") from None
    missing = [name for name in REQUIRED if name not in table]
    if missing:
        raise DataRefusedError(
            f"{path.name}: no column {', '.join(missing)}",
            expected=f"columns {', '.join(REQUIRED)}",
        )
    return labels(table, unit_kind, month)


def labels(table: pd.DataFrame, unit_kind: str, month: date) -> pd.DataFrame:
    """Return the labels of one kind of unit that hold in a month."""
    text = month_text(month)
    plain = {"scheme": SCHEME, "from_month": "", "to_month": "", "benign": "false"}
    for name, value in plain.items():
        if name not in table:
            table = table.assign(**{name: value})
    holds = (table["from_month"] <= text) & (
        (table["to_month"] >= text) | (table["to_month"] == "")
    )
    own = table[(table["unit_kind"] == unit_kind) & holds]
    benign = own["benign"].str.lower().isin(["true", "1"])
    return own.assign(benign=benign)[["unit_id", "scheme", "benign"]].drop_duplicates()


def decided(store: Store, unit_kind: str, month: date) -> pd.DataFrame:
    """Return what FINDINGS decided on a month's leads, as `labels` does.

    Confirmed units carry the rule or indicator as their scheme; dismissed ones are
    benign. DataRefusedError where nothing was decided.
    """
    store.show("finding")
    found = store.engine.frame(
        "SELECT unit_id, coalesce(rule, indicator, '') AS scheme, state FROM finding"
        f" WHERE unit_kind = '{unit_kind}' AND month = '{month_text(month)}'"
    )
    found = found[found["state"].isin([*CONFIRMED, *DISMISSED])]
    if found.empty:
        raise DataRefusedError(
            f"findings of {month_text(month)}: no {unit_kind} was decided on",
            expected="decisions on leads of that month",
            todo="choose an earlier month, or give a table of labels by --truth",
        )
    benign = found["state"].isin(DISMISSED)
    return found.assign(benign=benign)[["unit_id", "scheme", "benign"]]


def refuse_unknown(
    store: Store, unit_kind: str, truth: pd.DataFrame, where: str
) -> None:
    """DataRefusedError where labels name units that the store has never seen."""
    known: set[str] = set()
    for table, column in {unit_kind: f"{unit_kind}_id", **SEEN_IN[unit_kind]}.items():
        name = store.show(table)
        rows = store.engine.frame(f"SELECT DISTINCT {column} AS unit_id FROM {name}")
        known |= set(rows["unit_id"])
    unknown = sorted(set(truth["unit_id"]) - known)
    if unknown:
        shown = ", ".join(unknown[:3]) + (", ..." if len(unknown) > 3 else "")
        raise DataRefusedError(
            f"{where}: {len(unknown)} of {truth['unit_id'].nunique()} ids are not in"
            f" the store: {shown}",
            expected="ids as the store has them",
            todo="leave them out, or load what they are in",
        )


def evaluate(
    leads: pd.DataFrame,
    truth: pd.DataFrame,
    k: int | None = None,
    others: Mapping[str, pd.Series] | None = None,
) -> Evaluation:
    """Hold a ranked list against labels.

    ``leads`` as `anomaly.leads.ranking.rank` gives them, ``truth`` as `labels` does,
    ``k`` as many as are labelled unless given, ``others`` further lists by name: a
    score a unit (index unit_id), the higher the sooner. Labelled units that are not
    on the list count as missed.
    """
    bad = truth[~truth["benign"]]
    wanted = set(bad["unit_id"])
    k = k or len(wanted)
    scores = _scores(leads, others or {})
    rows = [_list_row(name, score, wanted, k) for name, score in scores.items()]
    order = leads.set_index("unit_id")["rank"]
    return Evaluation(
        lists=pd.DataFrame(rows),
        schemes=_by_scheme(bad, order, k),
        chance=_by_chance(leads, set(truth["unit_id"])),
    )


def _scores(
    leads: pd.DataFrame, others: Mapping[str, pd.Series]
) -> dict[str, pd.Series]:
    own = leads.set_index("unit_id")
    naive = {
        "total_fee": own["total_fee"],
        "fee_per_visit": own["total_fee"] / own["visits"].where(own["visits"] > 0),
    }
    found = {"risk": -own["rank"].astype(float)}
    found |= {NAIVE[name]: score for name, score in naive.items()}
    for name, score in others.items():
        found[name] = score.reindex(own.index)
    return {name: score.fillna(score.min()) for name, score in found.items()}


def _list_row(name: str, score: pd.Series, wanted: set[str], k: int) -> dict:
    # Ties in the order of ids, so that a list is the same twice.
    order = score.sort_index().sort_values(ascending=False, kind="stable").index
    hit = order.isin(wanted)
    found, first = int(hit[:k].sum()), len(order[:k])
    lower, upper = _share_interval(found, first)
    values = _average_precisions(hit, len(wanted))
    return {
        "list": name,
        "k": k,
        "precision_at_k": found / first if first else np.nan,
        "lower": lower,
        "upper": upper,
        "in_2k": hit[: 2 * k].sum() / len(wanted) if wanted else np.nan,
        "average_precision": values[0],
        "ap_lower": values[1],
        "ap_upper": values[2],
    }


def _average_precisions(hit: np.ndarray, wanted: int) -> tuple[float, float, float]:
    """Return average precision, and 95 % of it when units are drawn again.

    Labelled units that are not on the list lie behind it.
    """
    if not hit.any():
        return (np.nan,) * 3 if not wanted else (0.0, 0.0, 0.0)
    rng = np.random.default_rng(SEED)
    score = -np.arange(len(hit), dtype=float)
    listed = hit.sum() / wanted
    whole = average_precision_score(hit, score) * listed
    drawn = []
    for _ in range(RESAMPLED):
        again = hit[np.sort(rng.integers(0, len(hit), len(hit)))]
        if again.any():
            drawn.append(average_precision_score(again, score) * listed)
    lower, upper = np.quantile(drawn, [0.025, 0.975])
    return whole, lower, upper


def _share_interval(count: int, of: int) -> tuple[float, float]:
    """Return the exact (Clopper-Pearson) 95 % interval of a share."""
    if not of:
        return np.nan, np.nan
    interval = stats.binomtest(count, of).proportion_ci(0.95, method="exact")
    return float(interval.low), float(interval.high)


def _by_scheme(bad: pd.DataFrame, order: pd.Series, k: int) -> pd.DataFrame:
    columns = ["scheme", "labelled", "in_k", "in_2k", "recall", "lower", "upper"]
    rows = []
    for scheme, units in bad.groupby("scheme")["unit_id"]:
        ranks = order.reindex(units.unique())
        found = int((ranks <= 2 * k).sum())
        lower, upper = _share_interval(found, len(ranks))
        rows.append(
            (
                scheme,
                len(ranks),
                int((ranks <= k).sum()),
                found,
                found / len(ranks),
                lower,
                upper,
            )
        )
    return pd.DataFrame(rows, columns=columns)


def _by_chance(leads: pd.DataFrame, labelled: set[str]) -> pd.DataFrame:
    p = leads.loc[~leads["unit_id"].isin(labelled), "p"].dropna()
    rows = [
        (level, len(p), level * len(p), int((p < level).sum()), (p < level).mean())
        for level in LEVELS
    ]
    table = pd.DataFrame(
        rows, columns=["level", "tested", "expected", "observed", "share"]
    )
    return table.assign(ratio=table.pop("share") / table["level"])
