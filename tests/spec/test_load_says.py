"""What `anomaly load` and `anomaly store` print of what came in."""

import json

import pytest
from drawn import bill, write_bills
from typer.testing import CliRunner

from anomaly.cli.main import app


@pytest.fixture
def loaded_by_hand(tmp_path):
    bills = [bill(1, fee="1,234.50"), bill(2, cnt="many"), bill(3)]
    bills[2]["fee_list_d"]["det_item_fee_sumamt"] = "90.00"
    export = write_bills(tmp_path / "x", bills)
    (export / "fee_list_d_2.csv").write_bytes((export / "fee_list_d.csv").read_bytes())
    store = str(tmp_path / "store")
    wide = {"COLUMNS": "240"}
    run = CliRunner().invoke(app, ["load", str(export), "--store", store], env=wide)
    assert run.exit_code == 0, run.output
    return store, run.output


def test_a_load_prints_accounts_by_table_and_file_and_what_it_found(loaded_by_hand):
    _, text = loaded_by_hand
    for part in ("fee_list_d", "千分位", "费用明细"):
        assert part in text


def test_status_gives_the_remarks_as_json(loaded_by_hand):
    store, _ = loaded_by_hand
    run = CliRunner().invoke(app, ["store", "status", "--store", store, "--json"])
    found = {one["code"]: one for one in json.loads(run.stdout)["remarks"]}
    assert found["sums"]["amount"] == "10.00"
    assert found["separators"]["severity"] == "repair"


def test_the_quarantine_is_shown_and_written_out(loaded_by_hand, tmp_path):
    store, _ = loaded_by_hand
    out = str(tmp_path / "repair")
    command = ["store", "quarantine", "--store", store, "--out", out]
    run = CliRunner().invoke(app, command)
    assert run.exit_code == 0, run.output
    assert "type:quantity" in run.output
    assert "charge.csv: " in run.output.replace("\n", "")
    run = CliRunner().invoke(app, [*command, "--json"])
    assert run.exit_code != 0
    assert "is there already" in str(run.exception)
