"""A few bills in, the value out; also what the screen leaves out first."""

import pytest
from drawn import bill, write_bills

from anomaly.workspace import open_store

MONTH = "2026-05"


@pytest.fixture
def values(tmp_path, loaded):
    """Load bills, return {unit_id: value} of an indicator."""

    def compute(bills, indicator, unit="doctor", **tables):
        store, _ = loaded(write_bills(tmp_path / "x", bills, **tables))
        store.close()
        rows = open_store(store.root).features(unit, MONTH)
        rows = rows[rows["indicator"] == indicator]
        return dict(zip(rows["unit_id"], rows["value"], strict=True))

    return compute


def test_visits_count_visits_not_settlements(values):
    assert values([bill(1), bill(2), bill(3, mdtrt_id="V2")], "visits") == {"D1": 2}


def test_patients_are_distinct_persons(values):
    bills = [bill(1), bill(2), bill(3, psn_no="P2")]
    assert values(bills, "patients") == {"D1": 2}


def test_fee_per_visit_is_a_ratio_of_sums(values):
    bills = [bill(1, fee="100.00"), bill(2, fee="50.00")]
    assert values(bills, "fee_per_visit") == {"D1": 75}


def test_drug_share_takes_western_chinese_and_patent_medicine(values):
    bills = [
        bill(1, fee="30.00", med_chrgitm_type="09"),
        bill(2, fee="20.00", med_chrgitm_type="10"),
        bill(3, fee="10.00", med_chrgitm_type="11"),
        bill(4, fee="40.00", med_chrgitm_type="03"),
    ]
    assert values(bills, "drug_share") == {"D1": pytest.approx(0.6)}


def test_a_visit_belongs_to_the_attending_doctor(values):
    bills = [bill(1, chfpdr_code="D1", bilg_dr_codg="D9")]
    assert values(bills, "visits") == {"D1": 1}


def test_without_attending_doctor_to_the_largest_line_sum(values):
    bills = [bill(1, chfpdr_code="", bilg_dr_codg="D1")]
    assert values(bills, "visits") == {"D1": 1}


def test_a_full_refund_leaves_no_visit(values):
    refund = bill(
        2, fee="-100.00", mdtrt_id="V1", refd_setl_flag="1", init_setl_id="S1"
    )
    assert values([bill(1), refund, bill(3)], "visits") == {"D1": 1}


def test_a_partial_refund_leaves_the_rest(values):
    refund = bill(2, fee="-40.00", mdtrt_id="V1", refd_setl_flag="1", init_setl_id="S1")
    assert values([bill(1), refund], "fee_per_visit") == {"D1": 60}


def test_pharmacies_are_units_of_their_own(values):
    bills = [bill(1), bill(2, med_type="41", fixmedins_code="R1", chfpdr_code="")]
    assert values(bills, "visits", "pharmacy") == {"R1": 1}


def test_placeholder_doctors_are_screened(values):
    bills = [bill(1), bill(2, chfpdr_code="99999"), bill(3, chfpdr_code="D00000")]
    assert values(bills, "visits") == {"D1": 1}


def test_an_unknown_id_of_two_institutions_is_nobody(values):
    bills = [
        bill(1),
        bill(2, chfpdr_code="D7"),
        bill(3, chfpdr_code="D7", fixmedins_code="H2"),
    ]
    assert values(bills, "visits") == {"D1": 1}


def test_a_batch_uploaded_twice_counts_once(values):
    day = "2026-05-05 10:0{}:00"
    first = [bill(n, psn_no=f"P{n}", setl_time=day.format(n)) for n in range(6)]
    again = [bill(n + 10, psn_no=f"P{n}", setl_time=day.format(n)) for n in range(6)]
    assert values(first + again, "visits") == {"D1": 6}


def test_one_visit_is_not_paid_twice_in_a_second(values):
    assert values([bill(1), bill(2, mdtrt_id="V1")], "total_fee") == {"D1": 100}


def test_a_single_repeat_of_another_visit_is_no_batch(values):
    assert values([bill(1), bill(2)], "visits") == {"D1": 2}


def test_the_repair_list_names_the_institution_and_the_amount(tmp_path, loaded):
    bills = [bill(1), bill(2, chfpdr_code="99999", fee="12.50")]
    store, _ = loaded(write_bills(tmp_path / "x", bills))
    store.close()
    listed = open_store(store.root).repairs(MONTH)
    row = listed.iloc[0]
    assert (row["artefact"], row["institution_id"]) == ("placeholder_doctor", "H1")
    assert (row["settlements"], float(row["amount"])) == (1, 12.5)
