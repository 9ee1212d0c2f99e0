"""The commands of inspections and campaigns, as the pages show them."""

import csv
import shlex
import shutil
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from commands import run
from commands import told as everything
from drawn import bill, write_bills

import anomaly
from anomaly.assessment.campaign_frame import COLUMNS as CAMPAIGN
from anomaly.assessment.campaign_frame import RECHECK
from anomaly.errors import AnomalyError
from anomaly.inspection.coverage import COLUMNS as PLAN
from anomaly.inspection.night import COLUMNS as NIGHT
from anomaly.inspection.visits import COLUMNS as VISITS
from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 12, 1)
DONE = (
    "unit_kind,unit_id,inspected_on,how,inspectors\npharmacy,P1,2026-05-06,draw,张三\n"
)
UNITS = (
    "unit_kind,unit_id,district,kind,risk\ninstitution,H1,990101,,.2\npharmacy,P1,,,\n"
)


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def commands(name: str) -> list[list[str]]:
    """Return the commands that a page shows, as a shell would take them."""
    text = page(name).replace("\\\n", " ")
    shown = [line.strip() for line in text.splitlines() if "    anomaly " in line]
    return [shlex.split(line)[1:] for line in shown]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inspect")
    bills = [
        bill(
            n,
            psn_no=f"P{n}",
            fixmedins_code=f"H{n % 3 + 1}",
            fix_blng_admdvs=f"99010{n % 2 + 1}",
            med_type="21" if n % 4 == 0 else "11",
        )
        for n in range(24)
    ]
    store = Store.create(folder / "store")
    load(store, [write_bills(folder / "x", bills)], load_mapping())
    store.close()
    anomaly.open_store(folder / "store").hits("2026-05")
    return folder / "store"


@pytest.fixture
def bureau(filled, tmp_path, monkeypatch):
    """A store under the name that the pages use, in the folder where we stand."""
    for room in ("workspace.visits", "workspace.campaigns"):
        monkeypatch.setattr(f"anomaly.{room}.today", lambda: TODAY)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(filled, "bureau")
    Path("visits.csv").write_text(DONE, encoding="utf-8")
    Path("units.csv").write_text(UNITS, encoding="utf-8")
    text = page("campaigns.md").split('    id = "2026-self-check"')[1].split("\n\n")[0]
    own = "".join(line.strip() + "\n" for line in text.splitlines())
    Path("bureau/campaign.toml").write_text(f'id = "own"\n{own}', encoding="utf-8")
    return Path("bureau")


@pytest.fixture
def risky(monkeypatch):
    """Ranked lists take long, and are tested elsewhere: here H3 is the riskiest."""
    rows = [("institution", f"H{n}", n / 10) for n in (3, 2, 1)]
    leads = pd.DataFrame(rows, columns=["unit_kind", "unit_id", "risk"])

    def ranked(_, unit, month):
        assert month == "2026-05"
        return leads[leads["unit_kind"] == unit]

    monkeypatch.setattr("anomaly.workspace.Workspace.leads", ranked)


def header(path: str) -> list[str]:
    if path.endswith(".csv"):
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            return next(csv.reader(stream))
    rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    return list(next(rows))


def test_the_page_of_inspections_says_what_runs(bureau, risky):
    shown = commands("coverage.md")
    assert {line[1] for line in shown} == {
        *("record", "import", "visits", "plan", "night", "cross")
    }
    for line in shown:
        run(*line)
    assert header("visits-done.xlsx") == list(VISITS)
    assert header("plan.xlsx") == list(PLAN)
    assert header("night.xlsx") == list(NIGHT)


def test_the_page_of_campaigns_says_what_runs(bureau):
    shown = commands("campaigns.md")
    assert {line[1] for line in shown} == {
        *("show", "report", "list", "recheck", "rectify")
    }
    for line in shown:
        run(*line)
    assert header("campaign.xlsx") == list(CAMPAIGN)
    assert header("recheck.csv") == list(RECHECK)
    told = run("campaign", "show", "--store", bureau, "--on", "2026-07-20", "--json")
    running = [one["id"] for one in told["phases"] if one["state"] == "running"]
    assert running == ["mobilise", "self_check"]
    assert (told["id"], told["reported_yuan"]) == ("own", "1200.00")
    assert (told["rechecked_yuan"], told["rectified"]) == ("200.00", 1)


def test_inspections_are_told_as_json(bureau):
    one = (
        "inspect",
        "record",
        "--store",
        bureau,
        "--unit",
        "institution",
        "--id",
        "H1",
    )
    told = run(*one, "--on", "2026-05-04", "--inspector", "张三、李四", "--json")
    assert (told["visit_id"], told["inspectors"]) == ("V1", ["张三", "李四"])
    done = run("inspect", "import", "visits.csv", "--store", bureau, "--json")
    assert (done["new"], done["unknown_units"]) == (1, ["pharmacy P1"])
    told = run("inspect", "visits", "--store", bureau, "--unit", "pharmacy", "--json")
    assert [one["visit_id"] for one in told["visits"]] == ["V2"]


def test_a_plan_is_told_as_json_and_written(bureau):
    plan = ("inspect", "plan", "--store", bureau, "--on", "2026-06-10", "--json")
    told = run(*plan)
    assert [one["unit_id"] for one in told["units"]] == ["H1", "H2", "H3"]
    assert told["progress"][0]["left"] == 3
    assert sum(one["visits"] for one in told["months"]) == 3
    told = run(*plan, "--units", "units.csv")
    assert {one["unit_id"]: one["risk"] for one in told["units"]} == {
        "H1": 0.2,
        "P1": None,
    }
    told = run(*plan, "--out", "plan.csv")
    assert (told["out"], told["rows"]) == ("plan.csv", 3)
    text = everything(*plan[:-1])
    assert "no inspection is on record" in text


def test_the_riskiest_of_a_months_lists_go_first(bureau, risky):
    plan = ("inspect", "plan", "--store", bureau, "--on", "2026-05-29", "--json")
    told = run(*plan, "--risk-of", "2026-05")
    assert {one["unit_id"]: one["planned_month"] for one in told["units"]} == {
        "H3": "2026-05",
        "H2": "2026-05",
        "H1": "2026-06",
    }


def test_a_campaign_is_told_as_json(bureau):
    late = ("campaign", "report", "H2", "--store", bureau, "--amount", "3.5", "--json")
    told = run(*late, "--on", "2026-09-01")
    assert (told["event"], told["amount"], told["late"]) == (
        "campaign_self_reported",
        "3.50",
        True,
    )
    told = run("campaign", "list", "--store", bureau, "--json")
    assert told["months_not_loaded"] == ["2026-04", "2026-06"]
    rows = {one["unit_id"]: one for one in told["units"]}
    assert (rows["H2"]["self_reported"], rows["H2"]["late"]) == ("3.50", True)
    assert rows["H1"]["state"] == "silent"
    told = run("campaign", "list", "--store", bureau, "--recheck", "s", "--json")
    assert (told["seed"], told["units"][-1]["unit_id"]) == ("s", "H2")


def test_cross_checks_can_be_drawn_again(bureau):
    told = run("inspect", "cross", "--store", bureau, "--seed", "s", "--json")
    assert [one["district"] for one in told["districts"]] == ["990101", "990102"]
    assert told == run("inspect", "cross", "--store", bureau, "--seed", "s", "--json")


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("inspect plan --on soon", "YYYY-MM-DD"),
        ("inspect plan --out plan.pdf", ".xlsx"),
        ("inspect night --month 2030-01", "no settlements"),
        ("inspect night --month 2026-05 --language fr", "zh or en"),
        ("inspect cross --seed s --district 990101", "at least two"),
        ("inspect record --unit doctor --id D --on 2026-05-04 --inspector A", "doctor"),
        ("campaign report H1 --amount 1 --on 2026-07-01", "has not begun"),
        ("campaign recheck H1 --amount 1 --inspector A --on 2026-08-31", "not begun"),
        ("campaign report H1 --amount -1 --on 2026-08-01", "at least 0"),
        ("campaign show --on soon", "YYYY-MM-DD"),
    ],
)
def test_refusals_are_one_line(bureau, line, word):
    with pytest.raises(AnomalyError) as caught:
        run(*line.split(), "--store", bureau)
    assert caught.value.exit_code == 2
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)
