"""A list held against labels: counts that can be done by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from anomaly.errors import DataRefusedError
from anomaly.leads.evaluation import evaluate, labels, read_truth

JUNE = date(2026, 6, 1)


def leads(order: str, p: float = 0.5) -> pd.DataFrame:
    units = list(order)
    return pd.DataFrame(
        {
            "unit_id": units,
            "rank": range(1, len(units) + 1),
            "p": p,
            "visits": 10.0,
            "total_fee": np.arange(len(units), dtype=float),
        }
    )


def truth(**schemes: str) -> pd.DataFrame:
    rows = [
        (unit, scheme, False) for scheme, units in schemes.items() for unit in units
    ]
    return pd.DataFrame(rows, columns=["unit_id", "scheme", "benign"])


def test_precision_recall_and_average_precision_by_hand():
    found = evaluate(leads("abcdefgh"), truth(swap="ac", hung="x"))
    own = found.lists.set_index("list").loc["risk"]
    # Three are labelled: a and c stand first and third, x is not on the list.
    assert own["k"] == 3
    assert own["precision_at_k"] == pytest.approx(2 / 3)
    assert own["in_2k"] == pytest.approx(2 / 3)
    assert own["average_precision"] == pytest.approx((1 + 2 / 3 + 0) / 3)
    schemes = found.schemes.set_index("scheme")
    assert schemes.loc["swap", ["labelled", "in_k", "in_2k"]].tolist() == [2, 2, 2]
    assert schemes.loc["hung", "recall"] == 0
    # Clopper and Pearson for 2 of 3, as tables have it.
    assert own[["lower", "upper"]].tolist() == pytest.approx([0.0943, 0.9916], abs=1e-4)


def test_a_naive_list_stands_beside_ours():
    found = evaluate(leads("abcd"), truth(swap="d")).lists.set_index("list")
    assert found.loc["risk", "precision_at_k"] == 0
    assert found.loc["total amount", "precision_at_k"] == 1


def test_the_interval_holds_what_was_found_and_is_the_same_twice():
    order, known = "abcdefghijklmnopqrst", truth(swap="acegikn")
    first, second = (evaluate(leads(order), known).lists.loc[0] for _ in range(2))
    assert first.equals(second)
    assert first["ap_lower"] < first["average_precision"] < first["ap_upper"]


def test_chance_counts_only_those_without_a_label():
    rows = leads("abcdefghij")
    rows["p"] = [0.0001, 0.005, 0.02, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, np.nan]
    found = evaluate(rows, truth(swap="a")).chance.set_index("level")
    assert found.loc[0.05, ["tested", "observed"]].tolist() == [8, 2]
    assert found.loc[0.01, "expected"] == pytest.approx(0.08)
    assert found.loc[0.01, "ratio"] == pytest.approx(1 / 0.08)


def test_labels_hold_from_month_to_month():
    table = pd.DataFrame(
        [
            ("doctor", "D1", "visits", "2026-01", "2026-06", "false"),
            ("doctor", "D2", "visits", "2026-01", "2026-05", "false"),
            ("doctor", "D3", "dialysis", "2026-01", "", "true"),
            ("pharmacy", "R1", "swaps", "2026-01", "2026-06", "false"),
        ],
        columns=["unit_kind", "unit_id", "scheme", "from_month", "to_month", "benign"],
    )
    found = labels(table, "doctor", JUNE)
    assert found["unit_id"].tolist() == ["D1", "D3"]
    assert found["benign"].tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "words"),
    [("unit_id\nD1\n", "no column unit_kind"), ("", "No columns")],
)
def test_a_table_that_is_no_table_of_labels_is_refused(tmp_path, text, words):
    path = tmp_path / "truth.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataRefusedError, match=words):
        read_truth(path, "doctor", JUNE)
    with pytest.raises(DataRefusedError, match="absent"):
        read_truth(tmp_path / "absent.csv", "doctor", JUNE)
