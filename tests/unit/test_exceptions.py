"""Justified exceptions: who is spared what, until when; what cannot be understood."""

import json
from datetime import date

import pandas as pd
import pytest
from drawn_indicators import load_world, worlds
from typer.testing import CliRunner

from anomaly.cli.main import app
from anomaly.errors import PolicyError
from anomaly.leads.exceptions import FILE, exceptions, honoured, without

HEADER = "unit_kind,unit_id,what,reason,owner,expires\n"
LINE = "doctor,D1,drug_share,血液透析门诊,张三,2026-06-30\n"


@pytest.fixture
def root(tmp_path):
    (tmp_path / FILE).write_text(HEADER + LINE, encoding="utf-8")
    return tmp_path


def test_without_a_file_nobody_is_spared(tmp_path):
    assert exceptions(tmp_path).empty
    assert honoured(tmp_path, "doctor", date(2026, 6, 1)).empty


def test_an_exception_holds_until_the_month_it_expires_in(root):
    assert len(honoured(root, "doctor", date(2026, 6, 1))) == 1
    assert honoured(root, "doctor", date(2026, 7, 1)).empty
    assert honoured(root, "pharmacy", date(2026, 6, 1)).empty


@pytest.mark.parametrize(
    ("what", "kept"),
    [
        ("drug_share", ["visits", "drug_share"]),
        ("all", ["drug_share"]),
        ("R22", ["drug_share", "drug_share_change", "visits", "drug_share"]),
    ],
)
def test_an_exception_spares_an_indicator_and_its_change(what, kept):
    rows = pd.DataFrame(
        {
            "unit_id": ["D1", "D1", "D1", "D2"],
            "indicator": ["drug_share", "drug_share_change", "visits", "drug_share"],
        }
    )
    spared = pd.DataFrame({"unit_id": ["D1"], "what": [what]})
    assert without(rows, spared, "indicator")["indicator"].tolist() == kept


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("doctor,D1,drug_share,透析,,2026-06-30", "line 2: no owner"),
        ("nurse,D1,drug_share,透析,张三,2026-06-30", "unit_kind 'nurse'"),
        ("doctor,D1,drugs,透析,张三,2026-06-30", "'drugs' is no indicator and no rule"),
        ("doctor,D1,R22,透析,张三,30.6.2026", "expires '30.6.2026'"),
    ],
)
def test_a_line_that_cannot_be_understood_spares_nobody(tmp_path, line, words):
    (tmp_path / FILE).write_text(HEADER + line, encoding="utf-8")
    with pytest.raises(PolicyError, match=words):
        exceptions(tmp_path)


def test_the_command_lists_them_with_whether_they_hold(tmp_path):
    root = load_world(tmp_path, worlds()["care"])
    (root / FILE).write_text(HEADER + LINE, encoding="utf-8")
    told = ["lines", "exceptions", "--store", str(root), "--json", "--month"]
    for month, holds in (("2026-06", True), ("2026-07", False)):
        done = CliRunner().invoke(app, [*told, month])
        assert done.exit_code == 0, done.output
        (row,) = json.loads(done.output)["exceptions"]
        assert (row["owner"], row["holds"]) == ("张三", holds)
