"""Draws in the ledger: announced, drawn once, verified by anyone."""

import json
import runpy
from pathlib import Path

import pytest

from anomaly.casework.ledger import Ledger
from anomaly.errors import DataRefusedError, UsageError
from anomaly.inspection import kept_draws
from anomaly.inspection.draw import Inspector, Institution, Terms, commitment, drawn
from anomaly.inspection.verifying import verified

REPLAY = Path(__file__).parents[2] / "docs" / "examples" / "replay_draw.py"
MONTH, SEED = "2026-05", "种子 5|8"
TERMS = Terms(
    count=4,
    team=2,
    institutions=[Institution(f"H{n}", "", f"s{n % 3}") for n in range(12)],
    inspectors=[
        Inspector(name, "", ("H1", "H2")[: n % 3]) for n, name in enumerate("ABCDE")
    ],
)


def test_an_announced_draw_is_made_with_its_seed_only(tmp_path):
    told = kept_draws.announce(tmp_path, MONTH, commitment(SEED), TERMS, "li")
    assert (told.draw, told.seed, told.drawn_at) == ((), "", "")
    assert kept_draws.kept_draw(tmp_path, MONTH) is None
    with pytest.raises(UsageError, match="it was announced on"):
        kept_draws.announce(tmp_path, MONTH, commitment("other"), TERMS, "li")
    with pytest.raises(UsageError, match="the seed's hash is"):
        kept_draws.make(tmp_path, MONTH, "other", None, "li")
    fewer = Terms(3, 2, TERMS.institutions, TERMS.inspectors)
    with pytest.raises(UsageError, match="not those announced"):
        kept_draws.make(tmp_path, MONTH, SEED, fewer, "li")
    kept = kept_draws.make(tmp_path, MONTH, SEED, None, "li")
    assert list(kept.draw) == drawn(TERMS, SEED)
    assert kept_draws.kept_draw(tmp_path, MONTH) == kept
    assert kept.recusals == 3
    with pytest.raises(UsageError, match="it stands already"):
        kept_draws.make(tmp_path, MONTH, SEED, None, "li")
    assert [e.kind for e in Ledger(tmp_path).events()] == [
        "draw_announced",
        "draw_made",
    ]
    assert Ledger(tmp_path).cases() == {}
    assert verified(kept.published())["holds"].all()


def test_a_draw_never_announced_is_kept_and_said(tmp_path):
    with pytest.raises(UsageError, match="nothing was announced"):
        kept_draws.make(tmp_path, MONTH, SEED, None)
    kept = kept_draws.make(tmp_path, MONTH, SEED, TERMS)
    checks = verified(kept.published()).set_index("check")
    assert checks.index[~checks["holds"]].tolist() == ["announced"]
    assert "announced never" in checks.loc["announced", "what"]


def test_the_order_of_the_lists_changes_nothing(tmp_path):
    turned = Terms(4, 2, TERMS.institutions[::-1], TERMS.inspectors[::-1])
    assert turned.digest == TERMS.digest
    assert drawn(turned, SEED) == drawn(TERMS, SEED)
    assert Terms.of(json.loads(json.dumps(TERMS.body()))).digest == TERMS.digest


@pytest.mark.parametrize("month", ["../../x", "2026", "2026-05/../.."])
def test_a_draw_is_kept_under_a_month_only(tmp_path, month):
    with pytest.raises(UsageError, match="YYYY-MM"):
        kept_draws.make(tmp_path, month, SEED, TERMS)


def published(tmp_path) -> dict:
    kept_draws.announce(tmp_path, MONTH, commitment(SEED), TERMS, "li")
    return kept_draws.make(tmp_path, MONTH, SEED, None, "li").published()


def other_seed(told):
    told["seed"] = "another"


def other_pool(told):
    told["terms"]["institutions"] = told["terms"]["institutions"][1:]


def other_place(told):
    told["draw"] = told["draw"][::-1]


def one_less(told):
    told["draw"] = told["draw"][:-1]


def recusal_broken(told):
    told["draw"][0] = {"institution_id": "H1", "inspectors": ["B", "A"]}


def drawn_before(told):
    told["drawn_at"] = "2020-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        (other_seed, "seed"),
        (other_pool, "terms"),
        (other_place, "list"),
        (one_less, "list"),
        (recusal_broken, "recusals"),
        (drawn_before, "announced"),
    ],
)
def test_whatever_is_changed_is_found(change, fails, tmp_path):
    told = json.loads(json.dumps(published(tmp_path)))
    assert verified(told)["holds"].all()
    change(told)
    checks = verified(told).set_index("check")["holds"]
    assert not checks[fails]


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.update(draw=[1]),
        lambda told: told["draw"][0].pop("inspectors"),
        lambda told: told.update(seed=5),
        lambda told: told.update(drawn_at=None),
        lambda told: told["terms"].update(count="4"),
        lambda told: told["terms"]["institutions"][0].update(weight=0),
        lambda told: told["terms"]["institutions"][0].update(id=None),
        lambda told: told["terms"]["institutions"].append(
            told["terms"]["institutions"][0]
        ),
        lambda told: told["terms"]["inspectors"][0].update(recused=None),
    ],
)
def test_a_file_that_is_no_draw_is_refused(change, tmp_path):
    told = json.loads(json.dumps(published(tmp_path)))
    change(told)
    with pytest.raises(DataRefusedError, match="expected a draw"):
        verified(told)


def test_a_replay_refuses_other_lists(tmp_path, capsys):
    told = json.loads(json.dumps(published(tmp_path)))
    replay = runpy.run_path(str(REPLAY))["main"]
    path = tmp_path / "draw.json"
    path.write_text(json.dumps(told), "utf-8")
    with pytest.raises(SystemExit) as ended:
        replay(path)
    assert not ended.value.code
    assert told["terms_hash"] in capsys.readouterr().err
    gone = told["draw"][0]["institution_id"]
    lists = told["terms"]["institutions"]
    told["terms"]["institutions"] = [one for one in lists if one["id"] != gone]
    told["draw"] = drawn(Terms.of(told["terms"]), told["seed"])
    path.write_text(json.dumps(told), "utf-8")
    with pytest.raises(SystemExit, match="the lists are not those"):
        replay(path)
