"""The command line's contract: names, JSON, exit codes, one clear line."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from drawn import bill, write_bills
from typer.testing import CliRunner

from anomaly.cli.main import app

LEADS = (
    "rank unit_kind unit_id unit_name institution_id district month risk tier line p q"
    " expected_by_chance excess_amount persistence rules marks reasons"
).split()
HITS = (
    "rule unit_kind unit_id institution_id doctor_id insured_id settlement_id line_id"
    " month amount excluded reason"
).split()


def run(*args):
    """Run the program as the shell does; return (code, stdout, stderr)."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from anomaly.cli.main import main; main()",
            *map(str, args),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    bills = [
        bill(n, psn_no=f"P{n}", chfpdr_code=f"D{n % 3}", fee=f"{50 + n}.00")
        for n in range(30)
    ]
    return write_bills(tmp_path_factory.mktemp("export") / "x", bills)


@pytest.fixture(scope="module")
def store(export, tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "store"
    code, out, err = run("load", export, "--store", path, "--json")
    assert code == 0, err
    book = json.loads(out)["tables"]["settlement"]
    assert book["read"] == book["accepted"] == 30
    assert book["amount_read"] == book["amount_accepted"]
    return path


def test_every_command_has_help():
    runner = CliRunner()
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        result = runner.invoke(app, [name, "--help"])
        assert result.exit_code == 0
        assert command.callback.__doc__


def test_load_reconciles_in_json(store, export):
    _, out, _ = run("load", export, "--store", store, "--json")
    for book in json.loads(out)["tables"].values():
        fates = ("accepted", "quarantined", "duplicate", "ignored")
        assert book["read"] == sum(book[fate] for fate in fates)
        assert book["read"] == book["duplicate"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_rank_writes_the_contract_columns(store, tmp_path, suffix):
    path = tmp_path / f"leads{suffix}"
    code, out, err = run(
        "rank",
        "--store",
        store,
        "--month",
        "2026-05",
        "--unit",
        "doctor",
        "--out",
        path,
        "--json",
    )
    assert code == 0, err
    assert json.loads(out)["rows"] == 3
    if suffix == ".csv":
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        frame = pd.read_csv(path)
        assert frame.columns[: len(LEADS)].isin(LEADS).sum() > 10
        assert set(LEADS) <= set(frame.columns)
        assert frame["rank"].tolist() == [1, 2, 3]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_case_file_is_a_pdf_and_a_workbook(store, tmp_path):
    asked = ["case-file", "--store", store, "--month", "2026-05", "--unit", "doctor"]
    code, out, err = run(*asked, "--id", "D1", "--out", tmp_path, "--json")
    assert code == 0, err
    answer = json.loads(out)
    names = [path.name for path in sorted((tmp_path / "2026-05").iterdir())]
    assert names == ["doctor-D1.pdf", "doctor-D1.xlsx"]
    assert answer["rows"]["who"] == 1
    code, out, err = run(*asked, "--id", "D9", "--out", tmp_path)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith("anomaly: doctor 'D9': none in 2026-05")


def test_a_profile_is_one_file_and_an_unknown_unit_is_refused(store, tmp_path):
    asked = ["profile", "--store", store, "--month", "2026-05", "--unit", "doctor"]
    code, out, err = run(*asked, "--id", "D1", "--out", tmp_path, "--json")
    assert code == 0, err
    assert [Path(one).name for one in json.loads(out)["files"]] == [
        "doctor-D1-profile.pdf"
    ]
    code, out, err = run(*asked, "--id", "D9", "--out", tmp_path)
    assert (code, out) == (2, "")


def test_the_overview_is_a_pdf_and_a_workbook(store, tmp_path):
    asked = ["overview", "--store", store, "--month", "2026-05", "--out", tmp_path]
    code, out, err = run(*asked, "--json")
    assert code == 0, err
    names = [path.name for path in sorted((tmp_path / "2026-05").iterdir())]
    assert names == ["city.pdf", "city.xlsx"]
    assert json.loads(out)["districts"] >= 1


def test_same_store_same_list_to_the_byte(store, tmp_path):
    texts = []
    for name in ("a.csv", "b.csv"):
        run(
            "rank",
            "--store",
            store,
            "--month",
            "2026-05",
            "--unit",
            "doctor",
            "--out",
            tmp_path / name,
        )
        texts.append((tmp_path / name).read_bytes())
    assert texts[0] == texts[1]


def test_rules_write_the_contract_columns(store, tmp_path):
    path = tmp_path / "hits.csv"
    code, _, err = run(
        "rules", "run", "--store", store, "--month", "2026-05", "--out", path
    )
    assert code == 0, err
    assert set(HITS) <= set(pd.read_csv(path).columns)


def test_build_says_what_it_ran(store):
    run("build", "--store", store)
    code, out, _ = run("build", "--store", store, "--month", "2026-05", "--json")
    assert (code, json.loads(out)["steps_run"]) == (0, 0)


@pytest.mark.parametrize("command", [["features", "list"], ["rules", "list"]])
def test_lists_answer_as_one_object(command):
    code, out, _ = run(*command, "--json")
    assert code == 0
    assert len(json.loads(out)) == 1


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["rank", "--month", "2026-13"], 2, "expected YYYY-MM"),
        (["rank", "--month", "2031-01"], 2, "no settlements in the store"),
        (["rank", "--unit", "dentist"], 2, "expected one of doctor"),
        (["rank", "--unit", "district"], 2, "is not ranked"),
        (["rank", "--district", "123456"], 2, "no institution there"),
        (["rank", "--out", "x.doc"], 2, "expected a name that ends in"),
        (["rank", "--language", "fr"], 2, "expected zh or en"),
        (["rank", "--store", "nowhere"], 2, "there is none"),
        (["rules", "run", "--rule", "R99"], 2, "rule 'R99'"),
        (["brief", "--district", "123456"], 2, "no institution there"),
        (["brief"], 2, "either --all or at least one --district"),
        (["brief", "--all", "--language", "fr"], 2, "language"),
        (["build", "--month", "May"], 2, "expected YYYY-MM"),
        (["features", "show", "x"], 2, "there is none"),
    ],
)
def test_bad_input_is_one_clear_line(store, tmp_path, args, code, words):
    given = {"--store": store, "--month": "2026-05", "--out": tmp_path / "o.csv"}
    if args[0] == "rank":
        given["--unit"] = "doctor"
    if args[0] == "brief":
        given["--out"] = tmp_path / "briefs"
    if args[0] in ("build", "features"):
        del given["--out"]
        del given["--month"]
    if args[0] == "features":
        del given["--store"]
    words_given = dict(pairwise(args))
    rest = [part for k, v in given.items() if k not in words_given for part in (k, v)]
    found, out, err = run(*args, *rest)
    assert found == code, err
    assert words in " ".join(err.split())
    assert "Traceback" not in err
    assert out == ""
    assert not (tmp_path / "o.csv").exists()


def test_refused_data_exit_with_three(export, tmp_path):
    (tmp_path / "setl_d.csv").write_bytes((export / "setl_d.csv").read_bytes())
    code, _, err = run("load", tmp_path, "--store", tmp_path / "s")
    assert code == 3
    assert "table 'visit'" in err


def test_draw_answers_in_json(tmp_path):
    (tmp_path / "pool.csv").write_text("institution_id\nH1\nH2\n")
    (tmp_path / "staff.csv").write_text("inspector_id,recused\nA,H1\nB,\nC,\n")
    code, out, err = run(
        "draw",
        "run",
        "--institutions",
        tmp_path / "pool.csv",
        "--inspectors",
        tmp_path / "staff.csv",
        "--count",
        "2",
        "--team",
        "2",
        "--seed",
        "x",
        "--json",
    )
    assert code == 0, err
    teams = {
        one["institution_id"]: one["inspectors"] for one in json.loads(out)["draw"]
    }
    assert sorted(teams["H1"]) == ["B", "C"]


def test_a_draw_is_kept_in_the_ledger_once(store, tmp_path):
    (tmp_path / "pool.csv").write_text("institution_id\nH1\nH2\n")
    (tmp_path / "staff.csv").write_text("inspector_id\nA\nB\n")
    lists = ("--institutions", tmp_path / "pool.csv")
    lists += ("--inspectors", tmp_path / "staff.csv")
    args = (*lists, "--count", "1", "--seed", "x", "--json", "--store", store)
    code, _, err = run("draw", "run", *args)
    assert (code, "--store and --month" in err) == (2, True)
    code, out, err = run("draw", "run", *args, "--month", "2026-05")
    assert code == 0, err
    code, shown, _ = run("draw", "show", *args[-2:], "--month", "2026-05", "--json")
    kept = json.loads(shown)
    assert len(kept["terms"]["institutions"]) == len(kept["terms"]["inspectors"]) == 2
    assert kept["draw"] == json.loads(out)["draw"]
    code, _, err = run("draw", "run", *args, "--month", "2026-05")
    assert (code, "stands already" in err) == (2, True)


def test_briefs_cannot_go_into_a_file(store, tmp_path):
    (tmp_path / "taken").write_text("")
    code, _, err = run(
        "brief",
        "--store",
        store,
        "--month",
        "2026-05",
        "--all",
        "--out",
        tmp_path / "taken",
    )
    assert code == 2
    assert "cannot be made" in err


def test_a_kind_of_unit_that_the_store_lacks_ranks_empty(store, tmp_path):
    path = tmp_path / "none.csv"
    args = ("--month", "2026-05", "--unit", "pharmacy", "--out", path)
    code, _, err = run("rank", "--store", store, *args)
    assert code == 0, err
    assert len(pd.read_csv(path)) == 0


def test_a_small_store_without_pharmacies_has_its_brief(store, tmp_path):
    args = ("--month", "2026-05", "--all", "--out", tmp_path, "--json")
    code, out, err = run("brief", "--store", store, *args)
    assert code == 0, err
    assert [one["status"] for one in json.loads(out)["reports"]] == ["done"]
