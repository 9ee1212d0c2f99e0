"""A day's bills: who billed since, and what rules say of these bills alone."""

from datetime import date

import pytest
from drawn_indicators import load_world
from drawn_rules import worlds
from typer.testing import CliRunner

from anomaly.cli.main import app
from anomaly.workspace import open_store


@pytest.fixture
def root(tmp_path):
    return load_world(tmp_path, worlds()["R20"])


def test_only_bills_since_the_day_count(root):
    store = open_store(root)
    # R1's row of cards was on the 4th; what came after caught nobody.
    early = store.since("pharmacy", date(2026, 5, 4)).set_index("unit_id")
    late = store.since("pharmacy", date(2026, 5, 5)).set_index("unit_id")
    assert early.index[0] == "R1"
    assert early.loc["R1", ["bills", "hits", "rules"]].tolist() == [5, 5, "R20"]
    assert early.loc["R1", ["billed", "amount"]].tolist() == [150, 150]
    assert "R1" not in late.index
    assert "R20" not in set(late["rules"])
    assert late.loc["R2", ["bills", "hits"]].tolist() == [5, 0]


def test_the_command_writes_them_and_refuses_what_is_no_day(root, tmp_path):
    out = tmp_path / "since.csv"
    plain = ["rank", "--store", str(root), "--unit", "pharmacy", "--out", str(out)]
    done = CliRunner().invoke(app, [*plain, "--since", "2026-05-04", "--json"])
    assert done.exit_code == 0, done.output
    assert '"caught": 2' in done.output
    assert "R20" in out.read_text(encoding="utf-8-sig")
    for wrong in (
        ["--since", "yesterday"],
        [],
        ["--since", "2026-05-04", "--month", "2026-05"],
    ):
        assert CliRunner().invoke(app, [*plain, *wrong]).exit_code != 0
