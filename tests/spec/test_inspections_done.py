"""Inspections in the ledger: one each, checked where they are written."""

import csv
from dataclasses import replace
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from drawn_ledger import opening
from drawn_visits import visit

from anomaly.casework.docket import Docket
from anomaly.errors import DataRefusedError, UsageError
from anomaly.inspection import visits as room

TODAY = date(2026, 6, 30)
DAY = date(2026, 6, 2)
HEAD = [*room.COLUMNS[1:]]
ROW = {
    "unit_kind": "institution",
    "unit_id": "H1",
    "inspected_on": "2026-06-02",
    "how": "night",
    "inspectors": "张三、李四",
    "found": "核定18张床，在床1人",
    "lead_id": "",
}


@pytest.fixture
def docket(tmp_path):
    return Docket(tmp_path)


def kept(docket):
    return room.fold_visits(docket.ledger.events())


def add(docket, *args, **more):
    return room.add(docket.ledger, visit(*args, **more), "me", TODAY)


def table(path, *rows):
    rows = [ROW | row for row in rows]
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        book.active.append(HEAD)
        for row in rows:
            day = {"inspected_on": date.fromisoformat(row["inspected_on"])}
            book.active.append([(row | day)[name] for name in HEAD])
        book.save(path)
        return path
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, HEAD)
        writer.writeheader()
        writer.writerows(rows)
    return path


def take(docket, path):
    done = room.import_visits(docket.ledger, path, "me", TODAY)
    assert done.read == done.new + done.superseded + done.unchanged
    return done


def test_inspections_are_numbered_and_come_back_as_they_were(docket):
    first = add(docket, "H1", DAY, found="无异常")
    second = add(docket, "H1", DAY, how="night")
    assert [first.visit_id, second.visit_id] == ["V1", "V2"]
    assert kept(docket) == {"V1": first, "V2": second}
    told = room.frame(kept(docket).values())
    assert tuple(told.columns) == room.COLUMNS
    assert told.loc[0, ["visit_id", "inspectors"]].tolist() == ["V1", "张三、李四"]


def test_an_inspection_may_be_noted_on_its_own_day(docket):
    assert add(docket, "H1", TODAY).inspected_on == TODAY


def test_the_tenth_is_followed_by_the_eleventh(docket):
    for day in range(1, 12):
        add(docket, "H1", date(2026, 5, day))
    assert "V11" in kept(docket)
    assert room.next_id(kept(docket)) == "V12"


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"unit_kind": "doctor"}, "doctor"),
        ({"unit_id": " "}, "no id"),
        ({"how": "by chance"}, "by chance"),
        ({"inspected_on": date(2026, 7, 1)}, "after today"),
        ({"inspectors": ()}, "inspectors"),
        ({"lead_id": "2026-05|doctor|D1"}, "there is none"),
    ],
)
def test_what_no_inspection_can_be_is_refused(docket, more, word):
    with pytest.raises(UsageError, match=word):
        room.add(docket.ledger, replace(visit("H1", DAY), **more), "me", TODAY)
    assert docket.ledger.events() == []


def test_the_same_inspection_is_not_noted_twice(docket):
    add(docket, "H1", DAY)
    with pytest.raises(UsageError, match="V1 stands"):
        add(docket, "H1", DAY, inspectors=("王五",))
    assert len(kept(docket)) == 1


def test_an_inspection_made_for_a_case_stands_in_its_history(docket):
    case = docket.open(opening(), "me")
    add(docket, "H1", DAY, lead_id=case.lead_id)
    assert docket.events_of(case.lead_id)[-1].kind == room.EVENT
    # It changes nothing of the case.
    after = docket.case(case.lead_id)
    assert (after.state, after.suspected) == ("suspected", Decimal("1000.01"))


@pytest.mark.parametrize("name", ["visits.csv", "visits.xlsx"])
def test_importing_twice_adds_nothing(docket, tmp_path, name):
    path = table(tmp_path / name, {}, {"unit_kind": "pharmacy", "unit_id": "P1"})
    assert take(docket, path).new == 2
    before = docket.ledger.path.read_bytes()
    assert take(docket, path).unchanged == 2
    assert docket.ledger.path.read_bytes() == before


def test_a_row_that_says_otherwise_takes_its_place(docket, tmp_path):
    take(docket, table(tmp_path / "a.csv", {}))
    done = take(docket, table(tmp_path / "b.csv", {"found": "在床2人"}, {"how": "tip"}))
    assert (done.superseded_visits, done.new) == (["V1"], 1)
    assert {one.found for one in kept(docket).values()} == {"在床2人", ROW["found"]}
    assert list(kept(docket)) == ["V1", "V2"]


def test_a_file_is_taken_wholly_or_not_at_all(docket, tmp_path):
    path = table(
        tmp_path / "bad.csv",
        {},
        {"inspected_on": "2026-07-01"},
        {"inspected_on": ""},
        {"inspected_on": "soon"},
        {"how": "by chance"},
        {"inspectors": "、"},
    )
    with pytest.raises(DataRefusedError) as caught:
        take(docket, path)
    for line in range(3, 8):
        assert f"line {line}" in str(caught.value)
    assert docket.ledger.events() == []


@pytest.mark.parametrize(
    ("rows", "word"),
    [([{}, {"found": "else"}], "twice"), ([{}, {"how": "tip", "lead_id": "L"}], "'L'")],
)
def test_a_row_twice_or_of_no_case_refuses_the_file(docket, tmp_path, rows, word):
    with pytest.raises(DataRefusedError, match=word):
        take(docket, table(tmp_path / "bad.csv", *rows))
    assert docket.ledger.events() == []


def test_names_are_read_however_they_are_set_apart():
    assert room.names_of("张三、李四; 王五，张 三") == ("张三", "李四", "王五")
    assert room.names_of(["张三", "李四,张三", " "]) == ("张三", "李四")
