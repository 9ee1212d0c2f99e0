"""Each rule: a hit, a near miss, an exclusion."""

import pytest
from drawn import bill, write_bills

from anomaly.workspace import open_store


def stay(number, first, last, **cells):
    """An inpatient bill from one day of May 2026 to another."""
    return bill(
        number,
        med_type="21",
        begntime=f"2026-05-{first:02d} 09:00:00",
        endtime=f"2026-05-{last:02d} 11:00:00",
        setl_time=f"2026-05-{last:02d} 12:00:00",
        **cells,
    )


@pytest.fixture
def caught(tmp_path, loaded):
    def run(bills, rule):
        store, _ = loaded(write_bills(tmp_path / "x", bills))
        store.close()
        found = open_store(store.root).hits("2026-05", rule)
        return list(zip(found["unit_id"], found["excluded"], strict=True))

    return run


@pytest.fixture(autouse=True)
def with_diagnosis(monkeypatch):
    monkeypatch.setitem(__import__("drawn").VISIT, "dscg_maindiag_code", "I10.x00")
    monkeypatch.setitem(__import__("drawn").VISIT, "dscg_way", "1")


def test_split_admission_hits(caught):
    assert caught([stay(1, 1, 5), stay(2, 9, 12)], "R02") == [("H1", False)]


def test_split_admission_spares_another_diagnosis_and_a_later_return(caught):
    other = stay(2, 9, 12, dscg_maindiag_code="J18.900")
    late = stay(3, 28, 30)
    assert caught([stay(1, 1, 5), other, late], "R02") == []


def test_split_admission_excludes_chemotherapy(caught):
    cycle = {"dscg_maindiag_code": "Z51.100"}
    bills = [stay(1, 1, 5, **cycle), stay(2, 9, 12, **cycle)]
    assert caught(bills, "R02") == [("H1", True)]


def outpatient(number, day, **cells):
    return bill(
        number,
        begntime=f"2026-05-{day:02d} 08:00:00",
        endtime=f"2026-05-{day:02d} 08:20:00",
        setl_time=f"2026-05-{day:02d} 08:30:00",
        **cells,
    )


def test_outpatient_visit_during_a_stay_hits(caught):
    assert caught([stay(1, 1, 9), outpatient(2, 4)], "R24") == [("P1", False)]


def test_outpatient_visit_on_the_day_of_admission_or_discharge_is_spared(caught):
    assert caught([stay(1, 1, 9), outpatient(2, 1), outpatient(3, 9)], "R24") == []


def test_dialysis_during_a_stay_is_excluded(caught):
    dialysis = outpatient(2, 4, dscg_maindiag_code="Z49.100")
    assert caught([stay(1, 1, 9), dialysis], "R24") == [("P1", True)]


def swipe(number, minute, person):
    return bill(
        number,
        med_type="41",
        fixmedins_code="R1",
        chfpdr_code="",
        psn_no=person,
        setl_time=f"2026-05-04 09:{minute:02d}:00",
    )


def test_five_cards_in_five_minutes_hit(caught):
    bills = [swipe(n, n, f"P{n}") for n in range(5)]
    assert caught(bills, "R20") == [("R1", False)] * 5


def test_five_cards_in_an_hour_are_spared(caught):
    assert caught([swipe(n, n * 10, f"P{n}") for n in range(5)], "R20") == []


def test_one_card_swiped_five_times_is_no_train(caught):
    assert caught([swipe(n, n, "P1") for n in range(5)], "R20") == []


def test_a_discharge_way_left_blank_excludes_nobody(caught):
    bills = [stay(1, 1, 5, dscg_way=""), stay(2, 9, 12, dscg_way="")]
    assert caught(bills, "R02") == [("H1", False)]


def test_a_rule_sees_the_month_before_without_being_asked(tmp_path, loaded):
    first = stay(1, 20, 30)
    second = bill(
        2,
        med_type="21",
        begntime="2026-06-03 09:00:00",
        endtime="2026-06-05 09:00:00",
        setl_time="2026-06-05 12:00:00",
    )
    store, _ = loaded(write_bills(tmp_path / "x", [first, second]))
    store.close()
    assert len(open_store(store.root).hits("2026-06", "R02")) == 1
