"""The command of the annual assessment, over two drawn years of seven hospitals."""

import shutil

import openpyxl
import pandas as pd
import pytest
from commands import refused, run
from drawn_indicators import load_world

import anomaly
from anomaly.casework.ledger import Draft, Ledger

HOUSES = range(1, 8)
OWN = 'least_share = "0.3"\nleast_visits = 6\n'


def bills() -> str:
    """Three visits a month of 100 yuan; in 2025 house N takes N times 10 more."""
    rows = ["id, insured_id, institution_id, settled_at, total_fee, fund_pay"]
    for year in (2024, 2025):
        for month in (10, 11, 12):
            for house in HOUSES:
                fee = 100 + (10 * house if year == 2025 else 0)
                for nth in range(3):
                    own = f"{year}{month}{house}{nth}"
                    day = f"{year}-{month}-{10 + nth} 10:0{house}:00"
                    rows.append(f"{own}, P{own}, H{house}, {day}, {fee}, {fee}")
    return "\n".join(rows)


def masters() -> dict[str, str]:
    names = [f"H{n}, 测试医院{n}, 990101, 2" for n in HOUSES]
    head = "institution_id, institution_name, district, level"
    return {"institution": "\n".join([head, *names])}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assess")
    store = load_world(folder, {"bills": bills(), "tables": masters()})
    (store / "assessment.toml").write_text(OWN, encoding="utf-8")
    anomaly.open_store(store).assess(2025)
    return store


@pytest.fixture
def store(built, tmp_path):
    return shutil.copytree(built, tmp_path / "s")


def asked(store, *more, out="year.xlsx", year="2025"):
    path = store.parent / out
    return ("assess", "--store", store, "--year", year, "--out", path, *more)


def confirmed(store, unit_id, yuan, month="2025-11"):
    """Put a past decision in the ledger."""
    body = {"unit_kind": "institution", "unit_id": unit_id, "month": month}
    body |= {"procedure": "ankang", "district": "", "tier": "", "object": "other"}
    body |= {"suspected": yuan, "parts": [], "state": "confirmed", "confirmed": yuan}
    body |= {"recovered": "0.00", "decided_on": "2025-12-01"}
    draft = Draft(f"{month}|{unit_id}", "case_imported", "me", body)
    Ledger(store).append(lambda writing: writing.add(draft))


def test_a_year_is_assessed_and_explained(store):
    done = run(*asked(store, "--json"))
    assert (done["year"], done["units"], done["not_graded"]) == (2025, 7, 0)
    assert sum(done["grades"].values()) == 7
    assert done["missing"]["confirmed_share"] == 7
    book = openpyxl.load_workbook(store.parent / "year.xlsx")
    assert book.sheetnames == ["results", "explained"]
    head, *rows = book["results"].iter_rows(values_only=True)
    results = pd.DataFrame(rows, columns=head).set_index("unit_id")
    assert results["unit_name"].tolist() == [f"测试医院{n}" for n in HOUSES]
    head, *rows = book["explained"].iter_rows(values_only=True)
    told = pd.DataFrame(rows, columns=head)
    sums = told.groupby("unit_id")["earned"].sum()
    assert sums.round(2).tolist() == results["score"].tolist()
    weights = told.groupby("unit_id")["weight"].sum()
    assert weights.round(2).tolist() == [100] * 7
    # House 7 grew by 70 %, the others' median is 35 %: beyond the cut of 30 points.
    grown = told[told["component"] == "fee_growth"].set_index("unit_id")
    assert grown.loc["H7", ["own", "peers"]].tolist() == pytest.approx([0.7, 0.35])
    assert (grown.loc["H7", "earned"], grown.loc["H1", "earned"]) == (0, 28.8)
    assert told["basis"].str.len().min() > 0
    assert results.loc["H1", "score"] > results.loc["H7", "score"]


def test_it_is_the_same_as_in_python_and_as_csv(store):
    run(*asked(store, out="year.csv"))
    cells = pd.read_csv(store.parent / "year.csv", dtype={"unit_id": str})
    found = anomaly.open_store(store).assess("2025")
    assert found["score"].tolist() == cells["score"].tolist()
    assert found["grade"].tolist() == cells["grade"].tolist()


def test_findings_points_and_checks_count(store):
    confirmed(store, "H1", "49.50")
    visits = store.parent / "visits.csv"
    rows = ["unit_kind,unit_id,inspected_on", "institution,H1,2025-03-01"]
    rows += ["institution,H1,2025/10/1", "institution,H2,2025-10-01"]
    visits.write_text("\n".join(rows), "utf-8")
    give = ("points", "add", "--store", store, "--unit", "institution", "--id", "H1")
    run(*give, "--points", 13, "--on", "2025-05-01", "--clause", "c")
    done = run(*asked(store, "--visits", visits, "--json"))
    assert "confirmed_share" not in done["missing"]
    assert {"coverage", "points"}.isdisjoint(done["missing"])
    one = anomaly.open_store(store)
    seen = pd.DataFrame([line.split(",") for line in rows[1:]])
    seen = seen.set_axis(rows[0].split(","), axis=1).replace("2025/10/1", "2025-10-01")
    found = one.assessment(2025, seen)
    results = found.results.set_index("unit_id")
    assert results.loc["H1", "budget_change"] == -2
    assert results.loc["H2", "points_deducted"] == 0
    assert results.loc["H1", "points_deducted"] == 13
    told = found.explained.set_index(["unit_id", "component"])
    # 49.50 of 9 x 110 yuan is 5 %: beyond the cut of 2 %.
    assert told.loc[("H1", "confirmed_share"), "value"] == pytest.approx(0.05)
    assert told.loc[("H1", "confirmed_share"), "earned"] == 0
    shares = [told.loc[(f"H{n}", "coverage"), "value"] for n in (1, 2, 3)]
    assert shares == [1, 0.5, 0]


def test_a_second_failed_year_ends_the_agreement(store):
    text = OWN + '[[grades]]\nid = "pass"\nfrom = "75"\n'
    (store / "assessment.toml").write_text(text, encoding="utf-8")
    first = run(*asked(store, "--record", "--by", "me", "--json"))
    failed = first["grades"]["fail"]
    assert (first["recorded"], first["ends_agreement"]) == (7, [])
    assert failed >= 1
    # Recorded again it adds nothing, and the same year is no year before.
    again = run(*asked(store, "--record", "--by", "me", "--json"))
    assert (again["recorded"], again["ends_agreement"]) == (0, [])
    kinds = [event.kind for event in Ledger(store).events()]
    assert kinds == ["assessment_recorded"] * 7
    grades = store.parent / "grades.csv"
    head = "unit_kind,unit_id,year,grade"
    grades.write_text(f"{head}\ninstitution,H7,2024,fail\n", "utf-8")
    done = run(*asked(store, "--before", grades, "--json"))
    assert done["ends_agreement"] == ["H7"]
    grades.write_text(f"{head}\ninstitution,H7,2023,fail\n", "utf-8")
    done = run(*asked(store, "--before", grades, "--json"))
    assert done["ends_agreement"] == []
    assert run("store", "verify", "--store", store, "--json")["whole"]


def test_too_little_known_is_told_and_not_recorded(store):
    (store / "assessment.toml").unlink()
    told = run(*asked(store, "--record", "--by", "me"))
    assert "7 units of 2025: no grades; 7 of which too little is known" in told
    assert "0 grades recorded" in told
    assert Ledger(store).events() == []


def test_what_cannot_be_is_one_clear_line(store):
    assert "no month of it is loaded" in refused(*asked(store, year="2023"))
    assert "a calendar year" in refused(*asked(store, year="x"))
    assert "format '.doc'" in refused(*asked(store, out="year.doc"))
    assert "zh or en" in refused(*asked(store, "--language", "fr"))
    path = store.parent / "visits.csv"
    assert "does not exist" in refused(*asked(store, "--visits", path))
    path.write_text("unit_kind,unit_id,inspected_on\ninstitution,H1,May\n", "utf-8")
    told = refused(*asked(store, "--visits", path), code=3)
    assert "column 'inspected_on': 'May'" in told
    path.write_text("unit_kind,unit_id,inspected_on\ndoctor,D1,2025-05-01\n", "utf-8")
    assert "institution or pharmacy" in refused(*asked(store, "--visits", path), code=3)
