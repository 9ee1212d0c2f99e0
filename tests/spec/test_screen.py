"""What is an artefact of recording, drawn: out of everything, and to be repaired."""

from datetime import date

import engines
import pytest
from drawn_indicators import load_world

from anomaly.store.store import Store
from anomaly.workspace import open_store

MAY = "2026-05"
DOCTORS = "doctor_id, doctor_name, institution_id\n" + "\n".join(
    f"D{n}, 测试医师{n}, H1" for n in range(1, 10)
)
PLACES = "institution_id, institution_name, district\nH1, 甲, 990101\nH2, 乙, 990101"


def store(tmp_path, bills: list[str], lines: list[str] = (), **tables: str):
    """Open a store of bills: id, doctor, institution, name of the doctor."""
    head = "id, attending_doctor_id, institution_id, attending_doctor_name, settled_at"
    rows = [f"{bill}, 2026-05-06 10:{n:02d}:00" for n, bill in enumerate(bills)]
    world = {"bills": "\n".join([head, *rows]), "tables": tables}
    if lines:
        columns = "bill, national_item_code, local_item_name, quantity, line_amount"
        world["lines"] = "\n".join([f"{columns}, fee_category", *lines])
    return open_store(load_world(tmp_path, world))


def ranked(workspace) -> set[str]:
    return set(workspace.features("doctor", MAY)["unit_id"])


def listed(workspace) -> dict[str, int]:
    rows = workspace.repairs(MAY)
    return rows.groupby("artefact")["settlements"].sum().to_dict()


ORDINARY = [f"b{n}, D{n % 9 + 1}, H1, " for n in range(18)]


def test_a_doctor_whom_a_whole_master_lacks_is_repaired_and_not_ranked(tmp_path):
    found = store(
        tmp_path, [*ORDINARY, "odd, DX, H1, "], doctor=DOCTORS, institution=PLACES
    )
    assert listed(found) == {"unknown_doctor": 1}
    assert "DX" not in ranked(found)


def test_a_master_that_lacks_many_is_a_gap_and_takes_nobody_out(tmp_path):
    few = "doctor_id, doctor_name, institution_id\nD1, 测试医师1, H1"
    found = store(tmp_path, ORDINARY, doctor=few, institution=PLACES)
    assert listed(found) == {}
    assert "D2" in ranked(found)


def test_a_place_that_the_masters_lack(tmp_path):
    found = store(
        tmp_path, [*ORDINARY, "odd, D1, HX, "], doctor=DOCTORS, institution=PLACES
    )
    assert listed(found) == {"unknown_institution": 1}
    assert "HX" not in set(found.features("institution", MAY)["unit_id"])


@pytest.mark.parametrize(("names", "shared"), [(3, True), (2, False)])
def test_a_code_under_many_names_is_an_account_that_several_use(
    tmp_path, names, shared
):
    several = [f"s{n}, D2, H1, 测试{'甲乙丙'[n % names]}" for n in range(6)]
    plain = [f"b{n}, D1, H1, 测试丁" for n in range(6)]
    found = store(tmp_path, several + plain, doctor=DOCTORS, institution=PLACES)
    assert listed(found) == ({"shared_code": 6} if shared else {})
    assert ("D2" in ranked(found)) is not shared


def test_tablets_counted_for_boxes(tmp_path):
    # The same ten yuan a line, but ten tablets at one yuan instead of a box at ten.
    bills = [f"b{n}, D1, H{1 + n // 6}, " for n in range(12)]
    lines = [f"b{n}, XA10B1, 甲片, {1 if n < 6 else 10}, 10, 09" for n in range(12)]
    found = store(tmp_path, bills, lines, doctor=DOCTORS, institution=PLACES)
    rows = found.repairs(MAY)
    # Two places cannot tell which of them is wrong: both are asked.
    assert set(rows["artefact"]) == {"count_unit_error"}
    assert set(rows["institution_id"]) == {"H1", "H2"}


def test_dearer_is_no_error_of_units(tmp_path):
    bills = [f"b{n}, D1, H{1 + n // 6}, " for n in range(12)]
    lines = [f"b{n}, XA10B1, 甲片, 1, {10 if n < 6 else 90}, 09" for n in range(12)]
    found = store(tmp_path, bills, lines, doctor=DOCTORS, institution=PLACES)
    assert listed(found) == {}


@pytest.mark.parametrize(
    ("code", "expected"), [("XA10B1X2", {"neighbour_code": 1}), ("XC09A1", {})]
)
def test_the_next_line_of_a_drop_down(tmp_path, code, expected):
    bills = [f"b{n}, D1, H1, " for n in range(26)]
    codes = ["XA10B1X1"] * 25 + [code]
    lines = [f"b{n}, {one}, 甲片, 1, 10, 09" for n, one in enumerate(codes)]
    found = store(tmp_path, bills, lines, doctor=DOCTORS, institution=PLACES)
    assert listed(found) == expected


STEPS = ("unknown_id", "shared_code", "count_unit", "neighbour_code")


@pytest.mark.spark
@pytest.mark.usefixtures("spark")
def test_both_engines_screen_the_same(tmp_path):
    bills = [*ORDINARY, "odd, DX, H1, "]
    bills += [f"s{n}, D2, H1, 测试{'甲乙丙'[n % 3]}" for n in range(6)]
    bills += [f"u{n}, D1, H{1 + n // 6}, " for n in range(12)]
    bills += [f"n{n}, D1, H1, " for n in range(21)]
    lines = [f"u{n}, XC09A1, 乙片, {1 if n < 6 else 10}, 10, 09" for n in range(12)]
    lines += [f"n{n}, XA10B1X{1 + n // 20}, 甲片, 1, 10, 09" for n in range(21)]
    made = store(tmp_path, bills, lines, doctor=DOCTORS, institution=PLACES)
    made.store.close()
    own = Store.open(made.store.root)
    twin = engines.copy(own, tmp_path / "spark")
    for one in (own, twin):
        engines.build(one, [date(2026, 5, 1)], ["screened"])
    engines.assert_same_store(own, twin)
    assert all(own.parts(step)[0].row_count for step in STEPS)
