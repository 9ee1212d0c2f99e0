"""Months, errors, mappings, accounts."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from anomaly.errors import AnomalyError, PolicyError, UsageError
from anomaly.periods import month_text, parse_month, shift
from anomaly.sources.mapping import load_mapping
from anomaly.store.account import Account
from anomaly.tables import tables


def test_months_come_as_text_or_dates():
    assert parse_month("2026-06") == date(2026, 6, 1)
    assert parse_month(date(2026, 6, 30)) == date(2026, 6, 1)
    assert parse_month(datetime(2026, 6, 30, 8)) == date(2026, 6, 1)  # noqa: DTZ001
    assert month_text("2026-06") == "2026-06"


@pytest.mark.parametrize("text", ["2026-13", "202606", "June", "", None])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(UsageError, match="expected YYYY-MM"):
        parse_month(text)


def test_months_shift_over_years():
    assert shift(date(2026, 1, 1), -1) == date(2025, 12, 1)


def test_errors_say_what_was_found_expected_and_to_do():
    error = AnomalyError("found it", expected="that", todo="do this")
    assert str(error) == "found it; expected that; do this"


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("setl_d.csv.gz", "settlement"),
        ("SETL_D_202606.csv", "settlement"),
        ("fee_list_d-01.csv", "charge"),
        ("费用明细.csv", "charge"),
        ("truth.csv", None),
    ],
)
def test_a_table_is_known_by_its_file_name(name, table):
    found = load_mapping().table_of(name.split(".")[0])
    assert (found.name if found else None) == table


def test_a_mapping_with_an_unknown_column_is_refused(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text("[columns.settlement]\nx = 'no_such'\n", "utf-8")
    with pytest.raises(PolicyError, match="unknown column of settlement 'no_such'"):
        load_mapping(str(path))


def test_every_required_table_and_key_is_declared():
    for table in tables().values():
        names = {column.name for column in table.columns}
        assert set(table.key) <= names
        assert not table.money or table.money in names


def test_accounts_add_and_come_back_from_json():
    book = Account()
    book.add("accepted", 2, Decimal("1.10"))
    book.add("ignored", 1, Decimal("0.05"))
    total = book + book
    assert (total.read, total.amount_read) == (6, Decimal("2.30"))
    assert Account.from_json(book.as_json()) == book
