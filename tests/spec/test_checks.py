"""Each check: what it repairs, what it keeps out, what it only remarks on."""

from decimal import Decimal

import pandas as pd
import pytest
from drawn import bill, write_bills, write_export, write_table

from anomaly.sources.checks import all_checks
from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.quarantine import reasons, write_waiting
from anomaly.store.remarks import remarks_of
from anomaly.store.verify import verify

SEVERITIES = {"refuse", "quarantine", "repair", "note"}


def waiting(store):
    return {(row["table"], row["reason"]): row["rows"] for row in reasons(store)}


def said(report):
    return {(one.table, one.code, one.column): one.rows for one in report.remarks}


def test_every_check_has_a_severity_and_two_sentences():
    for check in all_checks().values():
        assert check.severity in SEVERITIES
        assert check.zh
        assert check.en


# Cell, what it is read as, and the repair that is remarked on.
REPAIRS = [
    ("fee_list_d", "det_item_fee_sumamt", " 100.00", "100.00", "blanks"),
    ("fee_list_d", "det_item_fee_sumamt", "１００．００", "100.00", "full_width"),
    ("fee_list_d", "det_item_fee_sumamt", "1,234.50", "1234.50", "separators"),
    ("fee_list_d", "feedetl_sn", "Ｌ７", "L7", "full_width"),
    ("fee_list_d", "feedetl_sn", "L7\u3000", "L7", "blanks"),
    ("fee_list_d", "bilg_dr_codg", "D1\u00a0", "D1", "blanks"),
    ("mdtrt_d", "endtime", "0000-00-00", "None", "zero_date"),
    ("mdtrt_d", "endtime", "0000-00-00 00:00:00", "None", "zero_date"),
]


@pytest.mark.parametrize(("name", "header", "cell", "value", "code"), REPAIRS)
def test_a_cell_of_one_meaning_is_repaired(
    tmp_path, loaded, name, header, cell, value, code
):
    folder = write_export(tmp_path / "x", **{name: [{header: cell}]})
    store, report = loaded(folder)
    table = load_mapping().table_of(name)
    column = load_mapping().match(table, (header,)).popitem()[0]
    text = f"SELECT CAST({column} AS VARCHAR) FROM {table.name}"
    assert str(store.sql(text).iloc[0, 0]) == value
    assert said(report)[table.name, code, column] == 1
    assert waiting(store) == {}


REASONS = [
    ("fee_list_d", "det_item_fee_sumamt", "1,5", "type:line_amount"),
    ("fee_list_d", "det_item_fee_sumamt", "9.40元", "type:line_amount"),
    ("fee_list_d", "det_item_fee_sumamt", "1e18", "type:line_amount"),
    ("fee_list_d", "det_item_fee_sumamt", "99999999999.00", "range:line_amount"),
    ("fee_list_d", "det_item_fee_sumamt", "nan", "type:line_amount"),
    ("fee_list_d", "cnt", "-20000000", "range:quantity"),
    ("fee_list_d", "feedetl_sn", "1.23457E+17", "digits_lost:line_id"),
    ("fee_list_d", "feedetl_sn", "\u3000", "missing:line_id"),
    ("fee_list_d", "fee_ocur_time", "0024-05-02 08:00:00", "range:charged_at"),
    ("fee_list_d", "fee_ocur_time", "2026-13-01", "type:charged_at"),
    ("fee_list_d", "fee_ocur_time", "2026-05-04 08:00:00Z", "type:charged_at"),
    ("fee_list_d", "fee_ocur_time", "2026-05-04T08:00:00-0500", "type:charged_at"),
    ("setl_d", "setl_time", "0000-00-00", "missing:settled_at"),
    ("setl_d", "setl_time", "2126-05-04 09:00:00", "range:settled_at"),
    ("mdtrt_d", "endtime", "2026-05-01 08:00:00", "order:discharged_at"),
]


@pytest.mark.parametrize(("name", "header", "cell", "reason"), REASONS)
def test_a_cell_that_cannot_be_meant_waits(
    tmp_path, loaded, name, header, cell, reason
):
    folder = write_export(tmp_path / "x", **{name: [{header: cell}]})
    store, _ = loaded(folder)
    table = load_mapping().table_of(name).name
    assert waiting(store)[table, reason] == 1


@pytest.mark.parametrize("zone", ["+08", " +0800", "+08:00", ""])
def test_a_time_of_beijing_may_say_so(tmp_path, loaded, zone):
    row = {"fee_ocur_time": f"2026-05-01 00:30:00{zone}"}
    store, _ = loaded(write_export(tmp_path / "x", fee_list_d=[row]))
    found = store.sql("SELECT CAST(charged_at AS VARCHAR) AS at FROM charge")
    assert found["at"].tolist() == ["2026-05-01 00:30:00"]


def test_full_width_letters_in_a_name_stay(tmp_path, loaded):
    row = {"medins_name": "甲区（测试）医院Ａ"}
    store, report = loaded(write_export(tmp_path / "x", medins_info_b=[row]))
    name = store.sql("SELECT institution_name FROM institution").iloc[0, 0]
    assert name == row["medins_name"]
    assert said(report) == {}


def test_ids_in_no_master_and_codes_in_no_dictionary_are_kept_and_said(
    tmp_path, loaded
):
    bills = [bill(1), bill(2, bilg_dr_codg="D9", med_chrgitm_type="77")]
    store, report = loaded(write_bills(tmp_path / "x", bills))
    assert said(report) == {
        ("charge", "absent", "doctor_id"): 1,
        ("charge", "domain", "fee_category"): 1,
    }
    assert report.accounts["charge"].accepted == 2
    assert remarks_of(store) == report.remarks


@pytest.mark.parametrize(
    ("amount", "rows", "missed"),
    [("100.00", 0, None), ("100.01", 0, None), ("100.02", 1, Decimal("0.02"))],
)
def test_lines_are_added_up_against_their_settlement(
    tmp_path, loaded, amount, rows, missed
):
    line = {"det_item_fee_sumamt": amount}
    store, report = loaded(write_export(tmp_path / "x", fee_list_d=[line]))
    found = [one for one in report.remarks if one.code == "sums"]
    assert [(one.rows, one.amount) for one in found] == [(rows, missed)] * rows
    assert report.accounts["charge"].accepted == 1
    assert verify(store) == []


def test_lines_that_come_in_two_batches_add_up_in_the_second(tmp_path, loaded):
    bills = [bill(1, fee="100.00")]
    bills[0]["fee_list_d"]["det_item_fee_sumamt"] = "60.00"
    store, first = loaded(write_bills(tmp_path / "x", bills))
    assert said(first)["settlement", "sums", "total_fee"] == 1
    rest = {"feedetl_sn": "L2", "det_item_fee_sumamt": "40.00"}
    (tmp_path / "y").mkdir()
    path = write_table(tmp_path / "y", "fee_list_d", [rest])
    assert said(load(store, [path], load_mapping())) == {}


@pytest.mark.parametrize(
    "cells",
    [
        {"medfee_sumamt": "50.00"},
        {"medfee_sumamt": "-50.00", "init_setl_id": "S2"},
        {"medfee_sumamt": "-500.00"},
    ],
)
def test_an_odd_refund_goes_in_and_is_said(tmp_path, loaded, cells):
    refund = {"setl_id": "S2", "refd_setl_flag": "1", "init_setl_id": "S1"} | cells
    folder = write_export(tmp_path / "x", setl_d=[{}, refund])
    _, report = loaded(folder)
    assert report.accounts["settlement"].accepted == 2
    assert said(report)["settlement", "refund", "total_fee"] == 1


def test_an_ordinary_refund_is_not_worth_a_word(tmp_path, loaded):
    refund = {"setl_id": "S2", "refd_setl_flag": "1", "init_setl_id": "S1"}
    refund |= {"medfee_sumamt": "-100.00", "fund_pay_sumamt": "-60.00"}
    _, report = loaded(write_export(tmp_path / "x", setl_d=[{}, refund]))
    assert said(report) == {}


def test_waiting_rows_are_written_repaired_and_loaded(tmp_path, loaded):
    bills = [bill(1), bill(2, fee_ocur_time="0024-05-02"), bill(3, cnt="many")]
    store, _ = loaded(write_bills(tmp_path / "x", bills))
    ((path, count),) = write_waiting(store, tmp_path / "out").items()
    assert (path.name, count) == ("charge.csv", 2)
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert frame["quarantine_reason"].tolist() == ["range:charged_at", "type:quantity"]
    assert frame["quarantine_line"].tolist() == ["3", "4"]
    frame.loc[0, "charged_at"] = "2026-05-02 08:00:00"
    frame.to_csv(path, index=False, encoding="utf-8-sig")
    book = load(store, [path], load_mapping()).accounts["charge"]
    assert (book.accepted, book.quarantined) == (1, 1)
    # What has come in is not asked for again; what still waits, twice by now, is.
    ((_, rest),) = write_waiting(store, tmp_path / "again").items()
    assert rest == 2
    assert verify(store) == []


def test_an_orphan_and_a_conflict_wait_with_their_text(tmp_path, loaded):
    bills = [bill(1), bill(2)]
    bills[1]["fee_list_d"]["setl_id"] = "S9"
    bills.append(bill(1))
    bills[2]["fee_list_d"]["cnt"] = "2"
    store, _ = loaded(write_bills(tmp_path / "x", bills))
    ((path, _),) = write_waiting(store, tmp_path / "out").items()
    frame = pd.read_csv(path, dtype=str)
    found = dict(zip(frame["quarantine_reason"], frame["settlement_id"], strict=True))
    assert found == {"orphan:settlement_id": "S9", "key:line_id": "S1"}


def test_verify_finds_lines_whose_settlements_have_left(tmp_path, loaded):
    store, _ = loaded(write_bills(tmp_path / "x", [bill(1), bill(2)]))
    for part in store.parts("settlement"):
        with store.catalog.transaction():
            store.catalog.retire([part])
    found = [fault.found for fault in verify(store)]
    assert "2 lines of no settlement" in found
