"""What goes in: every row has a fate, and amounts add up to the cent."""

from decimal import Decimal

import pytest
from drawn import bill, write_bills, write_export, write_table

from anomaly.errors import DataRefusedError, StoreError, UsageError
from anomaly.sources.mapping import load_mapping
from anomaly.store.account import FATES
from anomaly.store.ingest import load
from anomaly.store.rehome import unmatched
from anomaly.store.store import Store
from anomaly.store.verify import verify
from anomaly.workspace import open_store


def assert_reconciled(report):
    for account in report.accounts.values():
        assert account.read == sum(getattr(account, fate) for fate in FATES)
        if account.amount_read is not None:
            amounts = [getattr(account, f"amount_{fate}") for fate in FATES]
            assert account.amount_read == sum(amounts)


def ids(store, table="settlement"):
    key = f"{table}_id" if table != "charge" else "line_id"
    return store.sql(f"SELECT {key} FROM {table} ORDER BY 1").iloc[:, 0].tolist()


def test_rows_are_accepted_quarantined_ignored_or_duplicate(tmp_path, loaded):
    bills = [
        bill(1, fee="100.10"),
        bill(2, fee="abc"),
        bill(3, vali_flag="0"),
        bill(4, settl="", psn_no=""),
    ]
    bills.append({name: dict(row) for name, row in bills[0].items()})
    store, report = loaded(write_bills(tmp_path / "x", bills))
    book = report.accounts["settlement"]
    assert (book.read, book.accepted, book.quarantined) == (5, 1, 2)
    assert (book.duplicate, book.ignored, book.unreadable_amounts) == (1, 1, 1)
    assert book.amount_accepted == Decimal("100.10")
    assert_reconciled(report)
    assert ids(store) == ["S1"]


def test_lines_share_the_fate_of_their_settlement(tmp_path, loaded):
    bills = [bill(1), bill(2, fee="abc"), bill(3, vali_flag="0")]
    store, report = loaded(write_bills(tmp_path / "x", bills))
    book = report.accounts["charge"]
    assert (book.accepted, book.quarantined, book.ignored) == (1, 1, 1)
    reasons = store.engine.frame(
        f"SELECT reason FROM {store.show('quarantine')} WHERE table_name = 'charge'"
    )
    assert reasons["reason"].tolist() == ["type:line_amount"]


def test_a_line_without_settlement_is_quarantined(tmp_path, loaded):
    folder = write_export(
        tmp_path / "x", fee_list_d=[{}, {"feedetl_sn": "L2", "setl_id": "?"}]
    )
    _, report = loaded(folder)
    assert report.accounts["charge"].quarantined == 1


def test_the_same_key_with_other_content_is_quarantined(tmp_path, loaded):
    folder = write_bills(tmp_path / "x", [bill(1), bill(1, fee="9.00")])
    store, report = loaded(folder)
    book = report.accounts["settlement"]
    assert (book.accepted, book.quarantined) == (1, 1)
    assert store.sql("SELECT total_fee FROM settlement")["total_fee"].tolist() == [100]


def test_the_same_files_again_change_nothing(tmp_path, loaded):
    folder = write_bills(tmp_path / "x", [bill(1), bill(2)])
    store, _ = loaded(folder)
    before = store.fingerprint()
    again = load(store, [folder], load_mapping())
    assert again.accounts["settlement"].duplicate == 2
    assert_reconciled(again)
    assert store.fingerprint() == before
    assert ids(store) == ["S1", "S2"]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_encodings_are_told_apart(tmp_path, loaded, encoding):
    folder = write_export(tmp_path / "x")
    name = "甲区㐂测试医院"  # a rare character that GBK does not have
    write_table(folder, "medins_info_b", [{"medins_name": name}], encoding=encoding)
    store, _ = loaded(folder)
    found = store.sql("SELECT institution_name FROM institution")
    assert found["institution_name"].tolist() == [name]


def test_headers_may_be_chinese_or_upper_case(tmp_path, loaded):
    folder = write_export(tmp_path / "x")
    path = folder / "setl_d.csv"
    text = path.read_text("gb18030")
    text = text.replace("medfee_sumamt", "医疗费总额").replace("setl_id", "SETL_ID", 1)
    path.write_text(text, "gb18030")
    _, report = loaded(folder)
    assert report.accounts["settlement"].accepted == 1


def test_rows_that_cannot_be_split_keep_their_line(tmp_path, loaded):
    folder = write_export(tmp_path / "x")
    path = folder / "dr_info_b.csv"
    with path.open("a", encoding="gb18030") as stream:
        stream.write("D2,too,many,cells,in,this,row\n")
    store, report = loaded(folder)
    assert report.accounts["doctor"].quarantined == 1
    rows = store.engine.frame(f"SELECT * FROM {store.show('quarantine')}")
    assert rows["reason"].tolist() == ["columns"]
    assert rows["line"].tolist() == [3]
    assert rows["raw"].isna().all()


def test_personal_columns_never_enter_the_store(tmp_path, loaded):
    folder = write_bills(tmp_path / "x", [bill(1), bill(2, begntime="never")])
    store, report = loaded(folder)
    assert report.accounts["visit"].quarantined == 1
    for path in store.root.rglob("*.parquet"):
        assert "测试甲".encode() not in path.read_bytes()
    raw = store.engine.frame(f"SELECT raw FROM {store.show('quarantine')}")
    assert "测试甲" not in raw["raw"].iloc[0]


def test_a_refund_belongs_to_the_month_of_its_original(tmp_path, loaded):
    refund = bill(
        2,
        fee="-100.00",
        refd_setl_flag="1",
        init_setl_id="S1",
        setl_time="2026-07-01 10:00:00",
    )
    store, _ = loaded(write_bills(tmp_path / "x", [bill(1), refund]))
    months = store.sql("SELECT DISTINCT month FROM settlement")["month"]
    assert [str(month)[:7] for month in months] == ["2026-05"]


def test_a_missing_required_table_is_refused(tmp_path, loaded):
    folder = write_export(tmp_path / "x")
    (folder / "fee_list_d.csv").unlink()
    with pytest.raises(DataRefusedError, match="table 'charge'"):
        loaded(folder)


def test_a_missing_required_column_is_refused_by_its_own_name(tmp_path, loaded):
    folder = write_export(tmp_path / "x")
    path = folder / "setl_d.csv"
    path.write_text(path.read_text("gb18030").replace("medfee_sumamt", "x"), "gb18030")
    with pytest.raises(
        DataRefusedError, match=r"setl_d\.csv.*total_fee.*medfee_sumamt"
    ):
        loaded(folder)


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02PK", b"\x1f\x8b broken"])
def test_an_unreadable_file_is_refused_and_nothing_is_written(
    tmp_path, loaded, content
):
    folder = write_export(tmp_path / "x")
    name = "mdtrt_d.csv.gz" if content.startswith(b"\x1f") else "mdtrt_d.csv"
    (folder / "mdtrt_d.csv").unlink()
    (folder / name).write_bytes(content)
    with pytest.raises(DataRefusedError, match="mdtrt_d"):
        loaded(folder)
    store = Store.create(tmp_path / "store")
    assert store.months() == []
    assert not list(store.root.rglob("*.parquet"))
    store.close()


def test_a_path_that_does_not_exist(tmp_path, loaded):
    with pytest.raises(UsageError, match="does not exist"):
        loaded(tmp_path / "nowhere")


def test_a_second_writer_is_refused_at_once(tmp_path, loaded):
    folder = write_export(tmp_path / "x")
    store, _ = loaded(folder)
    with store.locked(), pytest.raises(StoreError, match="another process"):
        load(Store.open(store.root), [folder], load_mapping())


def test_what_a_killed_writer_left_is_swept(tmp_path, loaded):
    store, _ = loaded(write_export(tmp_path / "x"))
    stray = store.part_path("settlement", "2026-05", "stray")
    stray.write_bytes(b"half")
    (store.scratch / "half").mkdir()
    with store.locked():
        assert not stray.exists()
        assert not list(store.scratch.iterdir())


def test_a_masters_later_row_supersedes_the_earlier_one(tmp_path, loaded):
    store, _ = loaded(write_export(tmp_path / "x"))
    for number, name in enumerate(("测试医师改", "测试医师")):
        folder = tmp_path / f"later{number}"
        folder.mkdir()
        later = write_table(folder, "dr_info_b", [{"dr_name": name}])
        later.write_text(later.read_text("gb18030") + "\n" * number, "gb18030")
        report = load(store, [later], load_mapping())
        assert report.accounts["doctor"].accepted == 1
        assert store.sql("SELECT doctor_name FROM doctor")["doctor_name"].tolist() == [
            name
        ]


def test_a_corrected_export_replaces_its_batch(tmp_path, loaded):
    store, _ = loaded(write_bills(tmp_path / "x", [bill(1), bill(2, fee="9.00")]))
    batch = store.catalog.source_files()[0].batch
    corrected = write_bills(tmp_path / "y", [bill(1), bill(2, fee="90.00")])
    report = load(store, [corrected], load_mapping(), replaces=batch)
    assert_reconciled(report)
    assert report.accounts["settlement"].accepted == 2
    fees = store.sql("SELECT total_fee FROM settlement ORDER BY settlement_id")
    assert fees["total_fee"].tolist() == [100, 90]
    assert [row[1:] for row in store.catalog.restated()] == [("2026-05", 4)]


def test_an_unknown_batch_cannot_be_replaced(tmp_path, loaded):
    folder = write_export(tmp_path / "x")
    store, _ = loaded(folder)
    with pytest.raises(UsageError, match="batch 'x': there is none"):
        load(store, [folder], load_mapping(), replaces="x")


def test_a_strict_load_refuses_poor_files_and_writes_nothing(tmp_path, loaded):
    store, _ = loaded(write_bills(tmp_path / "x", [bill(1)]))
    poor = write_bills(tmp_path / "y", [bill(2), bill(3, fee="abc")])
    with pytest.raises(DataRefusedError, match=r"1 of 2 rows.*at most 1\.0%"):
        load(store, [poor], load_mapping(), strict=True)
    assert ids(store) == ["S1"]
    with store.locked():
        assert len(list(store.root.glob("data/settlement/*/*.parquet"))) == 1


def test_a_refund_that_came_first_moves_to_its_original(tmp_path, loaded):
    late = {"setl_time": "2026-07-01 10:00:00"}
    refund = bill(
        2, fee="-40.00", mdtrt_id="V1", refd_setl_flag="1", init_setl_id="S1", **late
    )
    store, _ = loaded(write_bills(tmp_path / "x", [refund, bill(3, **late)]))
    listed = store.engine.frame(unmatched(store))
    assert listed["settlement_id"].tolist() == ["S2"]
    load(store, [write_bills(tmp_path / "y", [bill(1)])], load_mapping())
    assert store.engine.frame(unmatched(store)).empty
    rows = store.sql("SELECT settlement_id, month FROM settlement ORDER BY 1")
    assert [str(month)[:7] for month in rows["month"]] == [
        "2026-05",
        "2026-05",
        "2026-07",
    ]
    lines = store.sql("SELECT line_id, month FROM charge ORDER BY 1")
    assert [str(month)[:7] for month in lines["month"]] == [
        "2026-05",
        "2026-05",
        "2026-07",
    ]
    assert verify(store) == []


def test_a_visit_settled_twice_keeps_its_doctor(tmp_path, loaded):
    again = bill(2, mdtrt_id="V1", setl_time="2026-06-02 10:00:00")
    store, _ = loaded(write_bills(tmp_path / "x", [bill(1), again], mdtrt_d=[{}]))
    store.close()
    rows = open_store(store.root).features("doctor", "2026-06")
    assert rows.loc[rows["indicator"] == "visits", "value"].tolist() == [1]


def physical_lines(path):
    return len(path.read_bytes().splitlines())


def test_a_stray_quote_costs_its_own_line_and_nothing_is_lost(tmp_path, loaded):
    bills = [bill(n) for n in range(1, 41)]
    bills[4]["setl_d"]["psn_no"] = "?OPEN"
    bills[9]["setl_d"]["medfee_sumamt"] = "abc"
    folder = write_bills(tmp_path / "x", bills)
    path = folder / "setl_d.csv"
    path.write_bytes(path.read_bytes().replace(b"?OPEN", b'"P1'))
    store, report = loaded(folder)
    book = report.accounts["settlement"]
    assert book.read == physical_lines(path) - 1 == 40
    assert (book.accepted, book.quarantined) == (38, 2)
    rows = store.engine.frame(
        f"SELECT line, reason FROM {store.show('quarantine')}"
        " WHERE table_name = 'settlement' ORDER BY line"
    )
    assert rows["line"].tolist() == [6, 11]
    assert rows["reason"].tolist() == ["quote", "type:total_fee"]


def test_lines_are_those_of_the_file_after_a_reject(tmp_path, loaded):
    folder = write_bills(tmp_path / "x", [bill(1), bill(2), bill(3, fee="abc")])
    path = folder / "setl_d.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    lines.insert(2, b"too,few\n")
    path.write_bytes(b"".join(lines))
    store, _ = loaded(folder)
    rows = store.engine.frame(
        f"SELECT line, reason FROM {store.show('quarantine')}"
        " WHERE table_name = 'settlement' ORDER BY line"
    )
    assert rows["line"].tolist() == [3, 5]


def test_a_line_that_waited_for_its_settlement_goes_in_later(tmp_path, loaded):
    late = bill(2, setl_time="2026-06-02 10:00:00")
    folder = write_bills(tmp_path / "x", [bill(1)], fee_list_d=[{}, late["fee_list_d"]])
    store, report = loaded(folder)
    assert report.accounts["charge"].quarantined == 1
    load(store, [write_bills(tmp_path / "y", [late])], load_mapping())
    again = load(store, [folder / "fee_list_d.csv"], load_mapping())
    assert_reconciled(again)
    assert ids(store, "charge") == ["L1", "L2"]
    assert verify(store) == []


def test_a_repaired_mapping_lets_a_waiting_line_in(tmp_path, loaded):
    folder = write_bills(tmp_path / "x", [bill(1)], fee_list_d=[{"setl_id": "S9"}])
    store, _ = loaded(folder)
    load(store, [write_bills(tmp_path / "y", [bill(9)], fee_list_d=[])], load_mapping())
    report = load(store, [folder / "fee_list_d.csv"], load_mapping())
    assert report.accounts["charge"].accepted == 1
    waiting = store.engine.frame(f"SELECT * FROM {store.show('quarantine')}")
    assert waiting.empty


def test_an_open_stay_exported_again_keeps_its_doctor(tmp_path, loaded):
    opened = {
        "mdtrt_id": "V9",
        "med_type": "21",
        "begntime": "2026-05-28 09:00:00",
        "endtime": "",
    }
    store, _ = loaded(write_bills(tmp_path / "x", [bill(1)], mdtrt_d=[{}, opened]))
    closed = bill(
        9,
        med_type="21",
        begntime="2026-05-28 09:00:00",
        endtime="2026-06-04 09:00:00",
        setl_time="2026-06-04 10:00:00",
    )
    report = load(store, [write_bills(tmp_path / "y", [closed])], load_mapping())
    assert report.accounts["visit"].quarantined == 0
    assert store.sql("SELECT count(*) AS n FROM visit")["n"].tolist() == [2]
    store.close()
    rows = open_store(store.root).features("doctor", "2026-06")
    assert rows.loc[rows["indicator"] == "visits", "value"].tolist() == [1]


def test_a_stay_settled_in_two_loads_shows_in_both_months(tmp_path, loaded):
    store, _ = loaded(write_bills(tmp_path / "x", [bill(1)]))
    again = bill(2, mdtrt_id="V1", setl_time="2026-06-02 10:00:00")
    folder = write_bills(tmp_path / "y", [again], mdtrt_d=[])
    load(store, [folder], load_mapping())
    assert verify(store) == []
    store.close()
    rows = open_store(store.root).features("doctor", "2026-06")
    assert rows.loc[rows["indicator"] == "visits", "value"].tolist() == [1]


def test_a_refund_without_its_flag_is_told_by_sign_and_original(tmp_path, loaded):
    refund = bill(2, fee="-100.00", mdtrt_id="V1", init_setl_id="S1", refd_setl_flag="")
    store, _ = loaded(write_bills(tmp_path / "x", [bill(1), refund, bill(3)]))
    store.close()
    rows = open_store(store.root).features("doctor", "2026-05")
    assert rows.loc[rows["indicator"] == "visits", "value"].tolist() == [1]


def test_two_identical_files_in_one_folder(tmp_path, loaded):
    folder = write_export(tmp_path / "x")
    other = folder / "dr_info_b_2.csv"
    other.write_bytes((folder / "dr_info_b.csv").read_bytes())
    _, report = loaded(folder)
    book = report.accounts["doctor"]
    assert (book.accepted, book.duplicate) == (1, 1)


def test_derived_and_normalised_cells_stay_with_their_rows(tmp_path, loaded):
    """Enough rows that several threads share them."""
    kinds = {"11": "outpatient", "21": "inpatient", "41": "pharmacy"}
    codes = [list(kinds)[n * n % 3] for n in range(40_000)]
    rows = [
        {"setl_id": f"S{n}", "mdtrt_id": f"V{n}", "med_type": code}
        for n, code in enumerate(codes)
    ]
    store, _ = loaded(write_export(tmp_path / "x", setl_d=rows))
    found = store.sql("SELECT settlement_id, visit_class FROM settlement")
    expected = {f"S{n}": kinds[code] for n, code in enumerate(codes)}
    assert dict(found.itertuples(index=False, name=None)) == expected
