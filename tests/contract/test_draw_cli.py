"""The commands of the draw, as a bureau types them."""

import json
import shutil

import pytest
from commands import refused, run
from drawn import bill, write_bills

from anomaly.inspection.draw import commitment
from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store

POOL = "institution_id,district,kind,risk\n" + "".join(
    f"H{n:02d},99010{n % 2 + 1},level {n % 3 + 1},{n / 7:.2f}\n" for n in range(24)
)
STAFF = "inspector_id,recused\nA,H00 H01\nB,\nC,H02\nD,\n"


@pytest.fixture
def lists(tmp_path):
    pool, staff = tmp_path / "pool.csv", tmp_path / "inspectors.csv"
    pool.write_text(POOL, "gb18030")
    staff.write_text(STAFF, "utf-8-sig")
    return ["--institutions", pool, "--inspectors", staff, "--count", 6]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("draw")
    store = Store.create(folder / "store")
    load(store, [write_bills(folder / "bills", [bill("1")])], load_mapping())
    store.close()
    return folder / "store"


@pytest.fixture
def store(filled, tmp_path):
    return shutil.copytree(filled, tmp_path / "store")


def test_a_draw_from_two_files_answers_with_its_hashes(lists):
    found = run("draw", "run", *lists, "--team", 2, "--seed", "S 1", "--json")
    assert found["seed_hash"] == commitment("S 1")
    assert len(found["draw"]) == 6
    assert {len(one["inspectors"]) for one in found["draw"]} == {2}
    assert sum(row["drawn"] for row in found["strata"]) == 6
    assert found == run("draw", "run", *lists, "--team", 2, "--seed", "S 1", "--json")
    assert found != run("draw", "run", *lists, "--team", 2, "--seed", "S 2", "--json")
    assert found["draw"][0]["institution_id"] in run(
        "draw", "run", *lists, "--seed", "S 1"
    )


def test_a_policy_may_weigh_by_risk(lists, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("[draw]\nrisk_weighted = true\nstrata = []\n", "utf-8")
    found = run("draw", "run", *lists, "--seed", "S", "--policy", own, "--json")
    assert [row["stratum"] for row in found["strata"]] == ["high", "low", "middle"]


def test_a_draw_is_announced_made_shown_and_verified(lists, store, tmp_path):
    here = ["--store", store, "--month", "2026-05"]
    told = run("draw", "announce", *here, *lists, "--seed", "S", "--json")
    assert (told["seed"], told["draw"]) == ("", [])
    refused("draw", "verify", *here)
    assert "not yet" in run("draw", "show", *here)
    run("draw", "run", *here, "--seed", "S")
    out = tmp_path / "draw.json"
    shown = run("draw", "show", *here, "--out", out, "--json")
    assert json.loads(out.read_text("utf-8")) == shown
    assert run("draw", "verify", out, "--json")["verified"]
    assert "yes" in run("draw", "verify", *here)
    shown["draw"][0]["inspectors"] = ["A", "B"] * 2
    out.write_text(json.dumps(shown), "utf-8")
    refused("draw", "verify", out, code=3)
    run("draw", "show", *here, "--out", tmp_path / "draw.xlsx")
    assert (tmp_path / "draw.xlsx").is_file()


def test_a_seed_may_be_bound_to_a_number_that_nobody_knows_yet(lists, store):
    here = ["--store", store, "--month", "2026-05"]
    asked = [*here, *lists, "--team", 3, "--seed-from", "lottery of 3 July"]
    assert "lottery of 3 July" in run("draw", "announce", *asked)
    wrong = refused("draw", "run", *here, "--seed", "40217", "--team", 1)
    assert "announced with the lists" in wrong
    found = run("draw", "run", *here, "--seed", "40217", "--json")
    assert {len(one["inspectors"]) for one in found["draw"]} == {3}
    told = run("draw", "verify", *here, "--json")
    assert told["verified"]
    assert "lottery of 3 July" in told["checks"][-1]["what"]


def test_what_cannot_be_asked_is_said_in_a_line(lists, store, tmp_path):
    here = ["--store", store, "--month", "2026-05"]
    both = ["--seed", "S", "--seed-hash", "0" * 64]
    assert "either" in refused("draw", "announce", *here, *lists, *both)
    odd = ["--seed-hash", "XY"]
    assert "--seed-from" in refused("draw", "announce", *here, *lists)
    assert "64 hexa" in refused("draw", "announce", *here, *lists, *odd)
    assert "neither" in refused("draw", "run", "--store", store, "--seed", "S")
    assert "--count" in refused("draw", "run", "--seed", "S")
    assert "nothing was announced" in refused("draw", "run", *here, "--seed", "S")
    assert "there is none" in refused("draw", "show", *here)
    bad = tmp_path / "x.json"
    for text in ("", "[]", "{}", '{"terms": 1}'):
        bad.write_text(text, "utf-8")
        refused("draw", "verify", bad, code=3)
