"""The drug that a doctor favours most, held against what the peers favour most."""

import pandas as pd
import pytest

from anomaly.leads.foremost import _against_peers


def test_a_share_is_held_against_what_the_others_take():
    used = pd.DataFrame(
        [("D1", "A", 30.0, 40.0), ("D2", "A", 4.0, 40.0), ("D3", "B", 8.0, 40.0)],
        columns=["unit_id", "code", "numerator", "denominator"],
    )
    people = pd.DataFrame(
        {"unit_id": ["D1", "D2", "D3"], "group": "g", "fallback": 0, "few": False}
    )
    found = _against_peers(used, people).set_index(["unit_id", "code"])
    # Of the 80 patients of the others four took it; half an event steadies that.
    assert found.loc[("D1", "A"), "rate"] == pytest.approx(4.5 / 81)
    assert found.loc[("D1", "A"), "over"] == pytest.approx(0.75 - 4.5 / 81)
    # Nobody else takes B.
    assert found.loc[("D3", "B"), "rate"] == pytest.approx(0.5 / 81)
