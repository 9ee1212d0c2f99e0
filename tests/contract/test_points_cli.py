"""The commands of credit points, as an analyst types them."""

import csv

import openpyxl
import pandas as pd
import pytest
from commands import refused, run
from drawn_indicators import load_world

from anomaly.casework.ledger import Draft, Ledger
from anomaly.workspace.year import YearDesk

MEDICAL, SHOPS = "longmatan_institution", "longmatan_pharmacy"
WORLD = {
    "bills": "id, total_fee, fund_pay\n1, 100, 60",
    "tables": {
        "institution": "institution_id, institution_name, district, level\n"
        "H1, 甲区测试医院, 990101, 2\nH2, 乙区测试医院, 990102, 1",
        "pharmacy": "pharmacy_id, pharmacy_name, district\nP1, 测试药店, 990101",
        "doctor": "doctor_id, doctor_name, institution_id\nD1, 测试医师, H2",
    },
}


@pytest.fixture
def store(tmp_path):
    return load_world(tmp_path, WORLD)


def asked(store, points="8", on="2025-03-02", unit="institution", unit_id="H1"):
    what = ("points", "add", "--store", store, "--unit", unit, "--id", unit_id)
    return (*what, "--points", points, "--on", on, "--clause", "协议第七条")


def test_points_are_given_taken_off_and_summed(store):
    found = run(*asked(store), "--json")
    assert (found["entry_id"], found["scheme"]) == ("P1", MEDICAL)
    assert (found["year"]["points"], found["year"]["band"]) == (8, "raise_2")
    assert (found["year"]["unit_name"], found["year"]["district"]) == (
        "甲区测试医院",
        "990101",
    )
    told = run(*asked(store, "6", "2025-12-31"))
    assert "P2: institution H1 (甲区测试医院)" in told
    assert "2025 in all: 14, 次均和总额预算下调2%" in told
    run(*asked(store, "20", "2026-01-01"))
    off = ("points", "reverse", "P2", "--store", store, "--on", "2026-01-05")
    found = run(*off, "--why", "repair", "--points", "3", "--json")
    assert (found["left"], found["year"]["points"]) == (3, 11)
    assert "reversed already" in refused(*off, "--why", "repair", "--points", "1")
    assert run(*off, "--why", "appeal", "--json")["left"] == 0
    assert "reversed already" in refused(*off, "--why", "appeal")
    show = ("points", "show", "--store", store, "--unit", "institution", "--id", "H1")
    rows = run(*show, "--json")["entries"]
    assert [row["points"] for row in rows] == [8, 6, -3, -3, 20]
    assert "协议第七条" in run(*show)
    found = run("points", "year", "--store", store, "--year", "2025", "--json")
    assert (found["rows"], found["units"][0]["points"]) == (1, 8)
    assert found["units"][0]["reversed"] == 6
    assert run("store", "verify", "--store", store, "--json")["whole"]


def test_a_year_is_written_with_names_and_clauses(store, tmp_path):
    run(*asked(store))
    run(*asked(store, "9", unit="doctor", unit_id="D1"))
    run(*asked(store, "2", unit="pharmacy", unit_id="P77"))
    year = ("points", "year", "--store", store, "--year", "2025")
    path = tmp_path / "year.csv"
    done = run(*year, "--all", "--language", "en", "--out", path, "--json")
    assert done == {"year": 2025, "rows": 5, "out": str(path)}
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    cells = rows[["unit_id", "unit_name", "district", "points", "budget_change"]]
    assert cells.to_numpy().tolist() == [
        ["D1", "测试医师", "990102", "9", ""],
        ["H1", "甲区测试医院", "990101", "8", "2"],
        ["H2", "乙区测试医院", "990102", "0", "5"],
        ["P1", "测试药店", "990101", "0", ""],
        ["P77", "", "", "2", ""],
    ]
    assert rows["what"].str.isascii().all()
    assert rows["basis"].str.len().min() > 0
    run(*year, "--out", tmp_path / "year.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "year.xlsx").active
    assert [cell.value for cell in sheet[1]] == list(rows.columns)
    assert sheet.max_row == 4
    assert "暂停医保支付资格1至6个月" in run(*year)
    assert "format '.doc'" in refused(*year, "--out", tmp_path / "year.doc")


def test_what_cannot_be_is_one_clear_line(store):
    assert "points 'x'" in refused(*asked(store, "x"))
    assert "points '1.5'" in refused(*asked(store, "1.5"))
    assert "1 to 31 in one entry" in refused(*asked(store, "32"))
    assert "1 to 31 in one entry" in refused(*asked(store, "0"))
    assert "expected YYYY-MM-DD" in refused(*asked(store, on="May"))
    assert "today or earlier" in refused(*asked(store, on="2999-01-01"))
    assert "one of doctor" in refused(*asked(store, unit="dentist"))
    assert "no scheme gives it points" in refused(*asked(store, unit="insured"))
    assert "scheme 'x'" in refused(*asked(store), "--scheme", "x")
    assert "not for a unit" in refused(*asked(store), "--scheme", SHOPS)
    assert "not in the ledger" in refused(*asked(store), "--lead-id", "L")
    run(*asked(store))
    assert "stand as P1" in refused(*asked(store))
    off = ("points", "reverse", "P9", "--store", store, "--on", "2025-12-01")
    assert "'P9': there is none" in refused(*off, "--why", "appeal")
    year = ("points", "year", "--store", store, "--year")
    assert "a calendar year" in refused(*year, "25")
    assert "zh or en" in refused(*year, "2025", "--language", "fr")
    assert run("points", "show", *asked(store)[2:8], "--json")["entries"]


def test_points_may_rest_on_a_confirmed_case(store):
    body = {"unit_kind": "institution", "unit_id": "H1", "month": "2025-02"}
    body |= {"procedure": "ankang", "district": "", "tier": "", "object": "other"}
    body |= {"suspected": "5.00", "parts": [], "state": "confirmed"}
    body |= {"confirmed": "5.00", "recovered": "0.00", "decided_on": "2025-03-01"}
    draft = Draft("L1", "case_imported", "me", body)
    Ledger(store).append(lambda writing: writing.add(draft))
    assert run(*asked(store), "--lead-id", "L1", "--json")["lead_id"] == "L1"
    told = run("case", "show", "L1", "--store", store, "--json")
    assert [event["kind"] for event in told["events"]] == [
        "case_imported",
        "points_added",
    ]
    assert told["state"] == "confirmed"


def test_a_file_comes_in_once(store, tmp_path):
    path = tmp_path / "points.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        head = ["unit_kind", "unit_id", "scheme", "points", "on", "clause", "lead_id"]
        rows = [["institution", "H1", "", "4", "2025-03-02", "条款", ""]]
        rows += [["pharmacy", "P1", SHOPS, "13", "2025-04-02", "条款", ""]]
        csv.writer(stream).writerows([head, *rows])
    take = ("points", "import", path, "--store", store)
    done = run(*take, "--json")
    counts = {"read": 2, "new": 2, "unchanged": 0, "entries": ["P1", "P2"]}
    assert done == counts | {"unknown_units": []}
    assert "0 new, 2 unchanged" in run(*take)
    book = openpyxl.Workbook()
    book.active.append(head)
    book.active.append(["doctor", "D1", None, 12, "2025-05-01", "条款", None])
    book.active.append(["doctor", "D8", None, 2, "2025-05-01", "条款", None])
    book.save(tmp_path / "points.xlsx")
    take = ("points", "import", tmp_path / "points.xlsx", "--store", store, "--json")
    done = run(*take)
    assert (done["entries"], done["unknown_units"]) == (["P3", "P4"], ["doctor D8"])
    book.active.append(["doctor", "D1", None, 12.5, "2025-05-01", "条款", None])
    book.save(tmp_path / "points.xlsx")
    told = refused(*take, code=3)
    assert "row 4: column 'points': '12.5'" in told
    assert "nothing of points.xlsx was taken in" in told


def test_a_store_without_the_masters_has_points_all_the_same(tmp_path):
    bare = load_world(tmp_path, WORLD | {"tables": {}})
    found = run(*asked(bare), "--json")
    assert (found["year"]["unit_name"], found["year"]["points"]) == ("", 8)
    year = ("points", "year", "--store", bare, "--year", "2025", "--all", "--json")
    assert run(*year)["rows"] == 1


def test_python_reads_the_policy_of_the_store(store):
    from anomaly.store.store import Store

    text = f'[[schemes]]\nid = "{MEDICAL}"\ngap = "before"\n'
    (store / "points.toml").write_text(text, encoding="utf-8")
    desk = YearDesk(Store.open(store))
    desk.add_points("institution", "H1", 12, "2025-03-02", "c", by="me")
    assert desk.points_year(2025)["band"].tolist() == ["raise_1"]
    assert desk.points("institution", "H1")["points"].tolist() == [12]
