"""Random worlds: the engine's indicators against plain loops over the same rows."""

import math
import tempfile
from decimal import Decimal
from pathlib import Path

from drawn import bill, write_bills
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store
from anomaly.workspace import open_store

CATEGORIES = {"09": "drug", "10": "drug", "03": "exam", "08": "consumable", "14": ""}
DOCTORS = ("D1", "D2", "D3")

fees = st.decimals("0.01", "9999.99", places=2)
bills = st.lists(
    st.tuples(
        st.sampled_from(DOCTORS),
        st.integers(1, 4),  # person
        fees,
        st.sampled_from(sorted(CATEGORIES)),
        st.sampled_from(["none", "full", "part"]),  # refunded how
    ),
    min_size=1,
    max_size=25,
)


def as_tables(rows):
    """Write drawn bills, each refund as a settlement of its own, signed."""
    made = []
    for number, (doctor, person, fee, category, refund) in enumerate(rows):
        cells = {
            "chfpdr_code": doctor,
            "psn_no": f"P{person}",
            "med_chrgitm_type": category,
            "setl_time": f"2026-05-{number % 28 + 1:02d} 09:{number:02d}:00",
        }
        made.append(bill(number, fee=str(fee), **cells))
        if refund != "none":
            back = fee if refund == "full" else min(fee, Decimal("0.01"))
            again = bill(
                number + 500,
                fee=str(-back),
                **cells,
                refd_setl_flag="1",
                init_setl_id=f"S{number}",
            )
            again["setl_d"]["mdtrt_id"] = f"V{number}"
            again["fee_list_d"]["mdtrt_id"] = f"V{number}"
            del again["mdtrt_d"]
            made.append(again)
    return made


def reference(rows):
    """Compute indicators in loops: the plain meaning of each."""
    kept = []
    for doctor, person, fee, category, refund in rows:
        back = {"none": 0, "full": fee, "part": min(fee, Decimal("0.01"))}[refund]
        if fee - back > 0:
            kept.append((doctor, person, fee - back, CATEGORIES[category]))
    found = {}
    for doctor in {row[0] for row in kept}:
        own = [row for row in kept if row[0] == doctor]
        total = sum(row[2] for row in own)
        drugs = sum(row[2] for row in own if row[3] == "drug")
        found[doctor, "visits"] = len(own)
        found[doctor, "patients"] = len({row[1] for row in own})
        found[doctor, "total_fee"] = float(total)
        found[doctor, "fee_per_visit"] = float(total / len(own))
        found[doctor, "drug_share"] = float(drugs / total)
    return found


def spread_reference(rows, doctor):
    """Return the variance of the log mean fee of a doctor's unrefunded bills."""
    fees_ = [float(row[2]) for row in rows if row[0] == doctor]
    n, mean = len(fees_), sum(fees_) / len(fees_)
    return sum((fee - mean) ** 2 for fee in fees_) / (n - 1) / n / mean**2


def computed(rows):
    with tempfile.TemporaryDirectory() as folder:
        made = as_tables(rows)
        visits = [one["mdtrt_d"] for one in made if "mdtrt_d" in one]
        for one in made:
            one.setdefault("mdtrt_d", {})
        doctors = [{"dr_code": name} for name in DOCTORS]
        export = write_bills(
            Path(folder) / "x", made, mdtrt_d=visits, dr_info_b=doctors
        )
        store = Store.create(Path(folder) / "s")
        report = load(store, [export], load_mapping())
        store.close()
        assert report.accounts["charge"].quarantined == 0
        found = open_store(store.root).features("doctor", "2026-05")
        return found.set_index(["unit_id", "indicator"])


@settings(max_examples=25, deadline=None, derandomize=True)
@given(bills)
def test_indicators_equal_the_plain_reference(rows):
    expected = reference(rows)
    found = computed(rows)["value"]
    # Lines belong to who ordered them, who may have no visit of their own.
    seen = {unit for unit, indicator in found.index if indicator == "visits"}
    assert seen == {unit for unit, _ in expected}
    for key, value in expected.items():
        assert math.isclose(found[key], value, rel_tol=1e-9), key


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.lists(fees, min_size=2, max_size=20))
def test_the_spread_is_the_variance_of_the_log_mean(amounts):
    rows = [("D1", 1, fee, "14", "none") for fee in amounts]
    found = computed(rows).loc[("D1", "fee_per_visit"), "spread"]
    assert math.isclose(found, spread_reference(rows, "D1"), rel_tol=1e-6, abs_tol=1e-9)
