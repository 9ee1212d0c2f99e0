"""What the ledger says of a unit stands beside its name in the list."""

from datetime import date

import pandas as pd
from drawn_indicators import load_world, worlds

from anomaly.leads.marks import marks
from anomaly.leads.reasons import wording
from anomaly.store.store import Store


def marked(store: Store, month: date) -> dict[str, bool]:
    """Say which doctors are marked as having a prior finding."""
    frame = pd.DataFrame(
        {"has_prior_violation": False, "started_on": None, "few": False, "peers": 30}
        | {"focus": ""},
        index=["D1", "D2"],
    )
    told = marks(store, frame, "doctor", month, "en")
    return {
        unit: wording()["marks"]["en"]["prior"] in told[unit] for unit in told.index
    }


def test_a_finding_counts_once_it_was_confirmed_whatever_followed(tmp_path):
    # D1's was dismissed, D2's confirmed and the money recovered, in June.
    store = Store.open(load_world(tmp_path, worlds()["care"]))
    assert marked(store, date(2026, 5, 1)) == {"D1": False, "D2": False}
    assert marked(store, date(2026, 6, 1)) == {"D1": False, "D2": True}
