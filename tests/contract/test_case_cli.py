"""The commands of cases and tips, end to end, as an analyst types them."""

import csv
import shutil
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from commands import refused, run
from drawn import bill, write_bills
from drawn_ledger import write_names
from typer.testing import CliRunner

import anomaly
from anomaly.casework.ledger import FILE
from anomaly.cli.main import app
from anomaly.errors import AnomalyError
from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store

LEAD = "2026-05|doctor|D1"
HEADER = (
    "lead_id unit_kind unit_id district month state amount recovered decided_on by"
).split()
PANEL = ["--by", "张三", "--presiding", "李副局"]
PANEL += ["--member", "张三=yes", "--member", "赵四=yes", "--member", "钱五=no"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("case")
    bills = [
        bill(n, psn_no=f"P{n}", chfpdr_code=f"D{n % 3}", fee=f"{50 + n}.00")
        for n in range(30)
    ]
    store = Store.create(folder / "store")
    load(store, [write_bills(folder / "x", bills)], load_mapping())
    store.close()
    anomaly.open_store(folder / "store").leads("doctor", "2026-05")
    return folder / "store"


@pytest.fixture
def store(filled, tmp_path):
    shutil.copytree(filled, tmp_path / "s")
    write_names(tmp_path / "s")
    return tmp_path / "s"


def opened(store, unit_id="D1", amount="1000.00"):
    asked = ("case", "open", "--store", store, "--month", "2026-05", "--json")
    return run(*asked, "--unit", "doctor", "--id", unit_id, "--amount", amount)


def step(store, state, *more, lead=LEAD):
    return run("case", "step", lead, state, "--store", store, "--json", *more)


def findings(store):
    rows = anomaly.open_store(store).sql("SELECT * FROM finding ORDER BY ALL")
    return rows.drop(columns="source_line").astype(str).values.tolist()


def table(path: Path, rows, encoding="utf-8-sig", header=HEADER) -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def past(lead="K1", state="confirmed", amount="100.00", recovered="0", unit="D1"):
    cells = [lead, "doctor", unit, "990101", "2024-05", state, amount, recovered]
    return [*cells, "2024-06-05", "李副局"]


def test_a_case_from_the_list_to_its_end(store):
    found = opened(store)
    assert found["lead_id"] == LEAD
    assert (found["state"], found["suspected"]) == ("suspected", "1000.00")
    assert found["next"] == ["notified"]
    assert "it is open already" in refused(
        *("case", "open", "--store", store, "--month", "2026-05"),
        *("--unit", "doctor", "--id", "D1"),
    )
    step(store, "notified", "--note", "=1+1")
    step(store, "appealed")
    step(store, "reviewed")
    run("case", "recuse", LEAD, "孙六", "--store", store)
    votes = ["--member", "孙六=yes", *PANEL]
    words = refused("case", "step", LEAD, "decided", "--store", store, *votes)
    assert "'孙六' is recused" in words
    step(store, "decided", "--amount", "600.50", "--action", "refusal", *PANEL)
    step(store, "confirmed")
    step(store, "recovered", "--recovered", "600")
    words = refused(
        *("case", "step", LEAD, "recovered", "--store", store, "--recovered", "1")
    )
    assert "at most the 0.50 yuan still owed" in words
    found = step(store, "rectified")
    assert (found["confirmed"], found["lifted"]) == ("600.50", "399.50")
    told = run("case", "show", LEAD, "--store", store, "--json")
    states = [event["body"].get("state", "") for event in told["events"]]
    assert states[-4:] == ["decided", "confirmed", "recovered", "rectified"]
    assert told["events"][1]["body"]["note"] == "=1+1"
    funnel = run("case", "funnel", "--store", store, "--json")
    assert funnel["recovered"] == {"count": 1, "amount": "600.00"}
    assert (funnel["appeals"], funnel["appeal_success"]) == (1, 1.0)
    whole = run("store", "verify", "--store", store, "--json")
    assert (whole["whole"], whole["ledger"]["events"]) == (True, 9)
    assert sum(Decimal(row[7]) for row in findings(store)) == Decimal("600.50")


def test_nothing_enters_the_ledger_but_by_case(store):
    workspace = anomaly.open_store(store)
    workspace.leads("doctor", "2026-05")
    workspace.cases()
    workspace.case_funnel()
    workspace.publish_cases()
    assert not (store / FILE).exists()


def test_a_unit_off_the_list_needs_an_amount(store):
    asked = ("case", "open", "--store", store, "--month", "2026-05", "--unit")
    assert "give --amount" in refused(*asked, "doctor", "--id", "D77")
    assert "expected one of doctor" in refused(*asked, "dentist", "--id", "D77")
    found = run(*asked, "agency", "--id", "A1", "--amount", "5", "--json")
    assert found["lead_id"] == "2026-05|agency|A1"


def test_python_does_what_commands_do(store):
    workspace = anomaly.open_store(store)
    case = workspace.open_case("doctor", "D1", "2026-05", amount="10.00", by="me")
    assert case.parts
    workspace.step_case(case.lead_id, "notified", by="me", note="told")
    assert workspace.cases(state="notified")["lead_id"].tolist() == [case.lead_id]
    assert workspace.case_history(case.lead_id)["by"].tolist() == ["me", "me"]
    assert workspace.case_funnel("kind")["groups"][0]["kind"] == "doctor"


def test_findings_that_came_by_load_stay(store):
    header = ["unit_kind", "unit_id", "month", "rule", "state", "amount"]
    rows = [["doctor", "D2", "2026-04", "R02", "confirmed", "7.00"]]
    path = table(store.parent / "findings.csv", rows, header=header)
    opening = Store.open(store)
    load(opening, [path], load_mapping())
    opening.close()
    opened(store)
    assert [row[1] for row in findings(store)].count("D2") == 1
    before = findings(store)
    again = run("case", "publish", "--store", store, "--json")
    assert (again, findings(store)) == ({"changed": False}, before)
    step(store, "notified")
    step(store, "accepted")
    after = findings(store)
    assert len(after) == len(before)
    assert {row[6] for row in after if row[1] == "D1"} == {"accepted"}
    assert run("store", "verify", "--store", store, "--json")["whole"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_past_decisions_come_in_once(store, encoding):
    path = table(store.parent / "past.csv", [past(), past("K2", unit="D999")], encoding)
    asked = ("case", "import", path, "--store", store, "--json")
    done = run(*asked)
    assert (done["new"], done["unknown_units"]) == (2, ["doctor D999"])
    assert run(*asked)["unchanged"] == 2
    table(path, [past(), past("K2", unit="D999", recovered="50.00")], encoding)
    done = run(*asked)
    assert (done["unchanged"], done["superseded_leads"]) == (1, ["K2"])
    funnel = run("case", "funnel", "--store", store, "--json")
    assert funnel["suspected"] == {"count": 2, "amount": "200.00"}
    assert funnel["recovered"] == {"count": 1, "amount": "50.00"}
    assert run("case", "list", "--store", store, "--json")["cases"][0]["imported"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (past("K2", state="guilty"), "line 3, column 'state': 'guilty'"),
        (past("K2", amount="-3"), "line 3, column 'amount': '-3'"),
        (past("K2", amount="1,0"), "line 3, column 'amount': '1,0'"),
        (past("K2", recovered="101"), "column 'recovered': 101.00"),
        (past("K2", state="dismissed", recovered="1"), "column 'recovered': 1.00"),
        (past("K1"), "'K1' stands twice, first in past.csv, line 2"),
        (past(""), "line 3, column 'lead_id'"),
        (past("K2", unit=""), "line 3, column 'unit_id'"),
        (past(LEAD), "is handled in the ledger (suspected)"),
    ],
)
def test_a_bad_row_refuses_the_whole_file(store, row, words):
    opened(store)
    path = table(store.parent / "past.csv", [past(), row])
    assert words in refused("case", "import", path, "--store", store, code=3)
    assert len(run("case", "list", "--store", store, "--json")["cases"]) == 1


def test_steps_go_out_and_come_back_as_a_workbook(store):
    for unit in ("D1", "D2"):
        opened(store, unit)
    step(store, "notified", lead=LEAD)
    path = store.parent / "steps.xlsx"
    assert run("case", "export", path, "--store", store, "--json")["rows"] == 2
    assert path.stat().st_mode & 0o777 == 0o600
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet.freeze_panes == "B2"
    offered = [one.formula1 for one in sheet.data_validations.dataValidation]
    assert '"accepted,appealed"' in offered
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    head = [cell.value for cell in sheet[1]]
    rows = {row[0].value: row[0].row for row in sheet.iter_rows(min_row=2)}

    def fill(lead, **given):
        for name, value in given.items():
            sheet.cell(rows[lead], head.index(name) + 1, value)
        book.save(path)

    other = "2026-05|doctor|D2"
    fill(LEAD, next="accepted", note="同意")
    fill(other, next="confirmed")
    asked = ("case", "import", path, "--store", store, "--json")
    words = refused(*asked, code=3)
    assert f"row {rows[other]}: case {other}, confirmed: it is suspected" in words
    assert len(run("case", "show", LEAD, "--store", store, "--json")["events"]) == 2
    fill(other, next="notified")
    assert run(*asked) == {"steps": 2}
    assert "expected notified, as when the file was exported" in refused(*asked, code=3)


def test_a_text_that_looks_like_a_formula_stays_a_text(store):
    odd = past("=1+1", "notified", unit="@SUM(A1)")
    run("case", "import", table(store.parent / "p.csv", [odd]), "--store", store)
    path = store.parent / "odd.xlsx"
    run("case", "export", path, "--store", store)
    sheet = openpyxl.load_workbook(path).active
    assert [sheet["A2"].value, sheet["A2"].data_type] == ["=1+1", "s"]
    sheet.cell(2, [cell.value for cell in sheet[1]].index("next") + 1, "accepted")
    sheet.parent.save(path)
    run("case", "import", path, "--store", store)
    found = run("case", "list", "--store", store, "--json")["cases"][0]
    assert (found["lead_id"], found["unit_id"]) == ("=1+1", "@SUM(A1)")
    assert found["state"] == "accepted"


@pytest.mark.parametrize("content", [b"", b"lead_id,next\n", b"\xff\xfe\x00", b"a\n"])
def test_a_file_without_a_row_changes_nothing(store, content):
    path = store.parent / "empty.csv"
    path.write_bytes(content)
    try:
        done = run("case", "import", path, "--store", store, "--json")
    except AnomalyError:
        done = {"steps": 0}
    assert done == {"steps": 0}
    assert run("case", "list", "--store", store, "--json")["cases"] == []
    workbook = path.with_suffix(".xlsx")
    workbook.write_bytes(content)
    assert "a workbook" in refused("case", "import", workbook, "--store", store, code=3)


def test_a_decision_may_stand_in_a_workbook(store):
    opened(store)
    for state in ("notified", "accepted"):
        step(store, state)
    header = ["lead_id", "next", "amount", "presiding", "member", "action"]
    rows = [
        [LEAD, "decided", "12.30", "李副局", "张三=是；赵四=yes；钱五=no", "refusal"]
    ]
    path = table(store.parent / "steps.csv", rows, header=header)
    run("case", "import", path, "--store", store, "--by", "张三")
    assert step(store, "confirmed")["confirmed"] == "12.30"


def test_evidence_is_copied_and_asked_for(store):
    asked = ("case", "open", "--store", store, "--month", "2026-05", "--unit", "agency")
    run(*asked, "--id", "A1", "--amount", "5", "--procedure", "longmatan")
    lead = "2026-05|agency|A1"
    asked = ("case", "step", lead, "notified", "--store", store)
    assert "no evidence is attached" in refused(*asked)
    assert "does not exist" in refused(*asked, "--attach", store / "none.pdf")
    path = store.parent / "笔录.pdf"
    path.write_bytes(b"record")
    assert "结果告知" in run(*asked, "--attach", path)
    (kept,) = (store / "attachments").iterdir()
    assert kept.read_bytes() == b"record"
    kept.write_bytes(b"Record")
    result = CliRunner().invoke(app, ["store", "verify", "--store", str(store)])
    assert result.exit_code == 3
    assert "笔录.pdf" in result.stderr


def test_tips_are_kept_within_the_policy_and_published(store):
    opened(store)
    asked = ("tip", "add", "--store", store, "--channel", "电话", "--received-on")
    found = run(*asked, "2026-05-09", "--unit", "doctor", "--id", "D1", "--json")
    assert found["tip_id"] == "T1"
    link = ("tip", "link", "T1", LEAD, "--store", store, "--amount", "1000")
    assert "at most 50.00" in refused(*link, "--reward", "50.01")
    run(*link, "--reward", "50")
    big = (*link[:-1], "9000000", "--reward")
    assert "at most 100000.00" in refused(*big, "100000.01")
    rows = run("tip", "list", "--store", store, "--json")["tips"]
    assert (rows[0]["lead_id"], rows[0]["reward"]) == (LEAD, "50.00")
    tips = anomaly.open_store(store).sql("SELECT tip_id, amount FROM tip")
    assert tips.values.tolist() == [["T1", 1000]]
    assert "there is none" in refused("tip", "link", "T9", LEAD, "--store", store)


def test_verify_finds_what_happened_to_the_ledger(store):
    opened(store)
    path = store / FILE
    path.write_bytes(path.read_bytes().replace(b"1000.00", b"1000.09"))
    result = CliRunner().invoke(app, ["store", "verify", "--store", str(store)])
    assert result.exit_code == 3
    assert f"event 1 of {LEAD}" in result.stderr.replace("\n", "")


def test_overdue_cases_are_told(store):
    opened(store)
    asked = ("case", "list", "--store", store, "--json", "--overdue", "--on")
    assert run(*asked, "2020-01-01")["cases"] == []
    late = run(*asked, "2099-01-01")["cases"]
    assert [one["days_left"] < 0 for one in late] == [True]


def test_what_cannot_be_is_one_clear_line(store, tmp_path):
    assert "there is none" in refused("case", "show", "X", "--store", store)
    assert "--on 'May'" in refused("case", "list", "--store", store, "--on", "May")
    words = refused("case", "list", "--store", store, "--state", "guilty")
    assert "expected one of suspected" in words
    assert "ends in .xlsx" in refused("case", "export", "x.csv", "--store", store)
    assert "does not exist" in refused("case", "import", "no.csv", "--store", store)
    (store / "casework.toml").write_text("[panel]\nfewest = 2\n")
    assert "unknown key 'fewest'" in refused("case", "list", "--store", store)
