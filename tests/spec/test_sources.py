"""Whatever the format of an export, the same rows go in."""

import gzip
import os
from datetime import date, datetime, timedelta

import formats
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from drawn import SETTLEMENT, write_export

from anomaly.errors import DataRefusedError, UsageError
from anomaly.sources.mapping import load_mapping
from anomaly.sources.source import TextOptions
from anomaly.store.ingest import load
from anomaly.store.store import Store

NINE = datetime.fromisoformat("2026-05-04 09:00")


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "export"
    path.mkdir()
    return path


@pytest.mark.parametrize("delimiter", [",", "\t", "|"])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"],
)
def test_text_in_every_encoding_and_delimiter(
    same_as_plain, drawn_tables, folder, encoding, delimiter
):
    formats.as_text(drawn_tables, folder, encoding=encoding, delimiter=delimiter)
    same_as_plain([folder])


def test_gzip(same_as_plain, drawn_tables, folder):
    same_as_plain([formats.as_gzip(drawn_tables, folder)])


def test_a_workbook_of_several_sheets(same_as_plain, drawn_tables, folder):
    formats.as_workbook(drawn_tables, folder)
    store, report = same_as_plain([folder])
    again = load(store, [folder], load_mapping())
    assert again.accounts["settlement"].duplicate == 5
    assert report.not_recognised == []


def test_parquet(same_as_plain, drawn_tables, folder):
    same_as_plain([formats.as_parquet(drawn_tables, folder)])


def test_xls(same_as_plain, drawn_tables, folder):
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    stamp = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm:ss")
    for name, rows in drawn_tables.items():
        sheet = book.add_sheet(name)
        for column, header in enumerate(rows[0]):
            sheet.write(2, column, header)
            for at, row in enumerate(rows, 3):
                value = formats.typed(header, row[header])
                if isinstance(value, datetime):
                    sheet.write(at, column, value, stamp)
                elif value is not None:
                    sheet.write(at, column, value)
    book.save(folder / "export.xls")
    same_as_plain([folder])


# --- text -------------------------------------------------------------------


def settlement_file(folder, text, encoding="gb18030"):
    path = folder / "setl_d.csv"
    path.write_text(text, encoding, newline="")
    return path


def test_delimiters_inside_quotes_do_not_mislead(tmp_path, taken):
    folder = write_export(tmp_path / "x")
    cells = SETTLEMENT | {"dise_name": "a|b|c|d", "setl_type": "1"}
    header = "|".join(f'"{c}"' if i else '"setl_id"' for i, c in enumerate(cells))
    values = "|".join(
        f'"{v},,,,,,,,,,,,,,"' if n == "dise_name" else f'"{v}"'
        for n, v in cells.items()
    )
    settlement_file(folder, f"{header}\n{values}\n")
    store, report = taken([folder])
    assert report.accounts["settlement"].accepted == 1
    assert store.sql("SELECT disease_name FROM settlement").iloc[0, 0] == (
        "a|b|c|d,,,,,,,,,,,,,,"
    )


def test_one_damaged_byte_does_not_change_the_encoding(taken, drawn_tables, folder):
    formats.as_text(drawn_tables, folder, encoding="utf-8", delimiter=",")
    path = folder / "mdtrt_d.csv"
    path.write_bytes(
        path.read_bytes().replace("内科".encode(), "内科".encode()[:-1], 1)
    )
    store, report = taken([folder])
    assert report.accounts["visit"].quarantined == 1
    assert set(store.sql("SELECT admit_dept FROM visit").iloc[:, 0]) == {"内科"}


def test_the_first_chinese_letter_may_come_late(tmp_path, taken):
    folder = write_export(tmp_path / "x")
    path = folder / "medins_info_b.csv"
    lines = "".join(f"H{i},{'x' * 100},990101,A,2\n" for i in range(12_000))
    header = "medins_code,medins_name,admdvs,medins_type,medinslv\n"
    path.write_text(f"{header}{lines}HZ,测试医院,990101,A,2\n", "gb18030")
    store, _ = taken([folder])
    name = "SELECT institution_name FROM institution WHERE institution_id = 'HZ'"
    assert store.sql(name).iloc[0, 0] == "测试医院"


def test_encoding_and_delimiter_may_be_told(same_as_plain, drawn_tables, folder):
    formats.as_text(drawn_tables, folder, encoding="gbk", delimiter="\t")
    options = TextOptions(encoding="GBK", delimiter="tab")
    same_as_plain([folder], options=options)


@pytest.mark.parametrize("option", [{"encoding": "klingon"}, {"delimiter": "#"}])
def test_an_unknown_option_is_refused(option):
    with pytest.raises(UsageError, match="is not known; expected one of"):
        TextOptions(**option)


def test_a_nul_in_a_row_costs_that_row(tmp_path, taken):
    folder = write_export(tmp_path / "x", medins_info_b=[{}, {"medins_code": "H\0"}])
    _, report = taken([folder])
    book = report.accounts["institution"]
    assert (book.accepted, book.quarantined) == (1, 1)


BINARIES = [
    b"PK\x03\x04" + bytes(range(256)),
    b"%PDF-1.7\n" + b"text " * 50,
    b"\xd0\xcf\x11\xe0" + b"\0" * 100,
    bytes(range(256)) * 20,
    b"\x89PNG\r\n\x1a\n" + b"\0\1\2\3" * 100,
]


@pytest.mark.parametrize("content", BINARIES, ids=range(len(BINARIES)))
def test_a_binary_file_is_refused(tmp_path, taken, content):
    folder = write_export(tmp_path / "x")
    (folder / "setl_d.csv").write_bytes(content)
    with pytest.raises(DataRefusedError, match=r"^setl_d\.csv: is .*export it as CSV"):
        taken([folder])


@pytest.mark.parametrize("share", [0.5, 0.999])
def test_a_cut_gzip_is_refused_and_nothing_written(tmp_path, taken, share):
    folder = write_export(tmp_path / "x")
    rows = os.urandom(2 << 20).hex()
    text = "medins_code,medins_name\n" + "".join(
        f"{rows[i : i + 60]},x\n" for i in range(0, len(rows), 60)
    )
    packed = gzip.compress(text.encode())
    (folder / "medins_info_b.csv").unlink()
    path = folder / "medins_info_b.csv.gz"
    path.write_bytes(packed[: int(len(packed) * share)])
    with pytest.raises(DataRefusedError, match=r"medins_info_b\.csv\.gz") as refusal:
        taken([folder])
    assert "\n" not in str(refusal.value)
    store = Store.open(tmp_path / "store0")
    assert store.months() == []
    assert not list((tmp_path / "store0").rglob("*.csv"))
    store.close()


# --- workbooks --------------------------------------------------------------


def book_of(folder, rows, *, sheet="setl_d", name="book.xlsx", write=None):
    """Write a workbook whose settlements are given, row by row, as they are."""
    (folder / "setl_d.csv").unlink(missing_ok=True)
    with xlsxwriter.Workbook(folder / name) as book:
        page = book.add_worksheet(sheet)
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)
        if write:
            write(book, page)
    return folder


def settlements(store):
    return store.sql("SELECT * FROM settlement ORDER BY settlement_id")


def test_a_title_above_the_header(tmp_path, taken):
    rows = [["结算明细表"], ["2026年5月", "", "单位：元"], list(SETTLEMENT)]
    folder = book_of(
        write_export(tmp_path / "x"),
        [*rows, list(SETTLEMENT.values()), [], ["S2", "", "", *[""] * 9]],
    )
    store, report = taken([folder])
    assert report.accounts["settlement"].accepted == 1
    quarantine = f"SELECT line FROM {store.show('quarantine')}"
    assert store.engine.frame(quarantine)["line"].tolist() == [6]


def test_a_header_of_two_rows_with_merged_cells(tmp_path, taken):
    header = list(SETTLEMENT)
    upper = [*header[:4], "机构", *[""] * 3, "费用", *[""] * 3]
    lower = [*[""] * 4, *header[4:]]

    def merge(book, page):
        middle = book.add_format({"align": "center"})
        for column in range(4):
            page.merge_range(0, column, 1, column, header[column], middle)
        page.merge_range(0, 4, 0, 7, "机构", middle)
        page.merge_range(0, 8, 0, 11, "费用", middle)

    folder = write_export(tmp_path / "x")
    book_of(folder, [upper, lower, list(SETTLEMENT.values())], write=merge)
    store, _ = taken([folder])
    assert settlements(store)["settlement_id"].tolist() == ["S1"]


def test_day_numbers_without_a_date_format(tmp_path, taken):
    row = SETTLEMENT | {"setl_time": 46146.375, "begndate": 46146, "enddate": 20260504}
    folder = book_of(write_export(tmp_path / "x"), [list(row), list(row.values())])
    store, _ = taken([folder])
    found = settlements(store).iloc[0]
    assert found["settled_at"] == NINE
    assert str(found["start_date"])[:10] == str(found["end_date"])[:10] == "2026-05-04"


def test_numbers_stand_as_the_cell_shows_them(tmp_path, taken):
    row = SETTLEMENT | {
        "setl_id": 12345,
        "psn_no": 100000000000001,
        "med_type": 11,
        "medfee_sumamt": 0.1 + 0.2,
        "fund_pay_sumamt": 1234567890.12,
    }
    folder = book_of(write_export(tmp_path / "x"), [list(row), list(row.values())])
    store, _ = taken([folder])
    found = settlements(store).iloc[0]
    assert found["settlement_id"] == "12345"
    assert found["insured_id"] == "100000000000001"
    assert found["visit_type"] == "11"
    amounts = "SELECT CAST(total_fee AS VARCHAR), CAST(fund_pay AS VARCHAR)"
    assert store.sql(f"{amounts} FROM settlement").iloc[0].tolist() == [
        "0.30",
        "1234567890.12",
    ]


def test_an_id_that_lost_digits_is_refused_by_name(tmp_path, taken):
    row = SETTLEMENT | {"psn_no": 123456789012345678}
    folder = book_of(write_export(tmp_path / "x"), [list(row), list(row.values())])
    with pytest.raises(
        DataRefusedError,
        match=r"book\.xlsx, sheet 'setl_d', column 'psn_no', row 2:.*as text",
    ):
        taken([folder])


def test_a_single_sheet_goes_by_the_name_of_its_file(tmp_path, taken):
    rows = [list(SETTLEMENT), list(SETTLEMENT.values())]
    folder = write_export(tmp_path / "x")
    book_of(
        folder,
        rows,
        sheet="Sheet1",
        name="结算_202605.xlsx",
        write=lambda book, _: book.add_worksheet("Sheet2"),
    )
    store, report = taken([folder])
    assert len(settlements(store)) == 1
    assert report.empty == ["结算_202605.xlsx, sheet 'Sheet2'"]


def test_unknown_and_empty_sheets_are_reported(tmp_path, taken):
    def more(book, _):
        book.add_worksheet("说明").write(0, 0, "导出说明")
        book.add_worksheet("dr_info_b")

    rows = [list(SETTLEMENT), list(SETTLEMENT.values())]
    _, report = taken([book_of(write_export(tmp_path / "x"), rows, write=more)])
    assert report.not_recognised == ["book.xlsx, sheet '说明'"]
    assert report.empty == ["book.xlsx, sheet 'dr_info_b'"]


def test_a_workbook_written_by_another_program(tmp_path, taken):
    folder = write_export(tmp_path / "x")
    (folder / "setl_d.csv").unlink()
    book = openpyxl.Workbook()
    book.active.title = "SETL_D"
    book.active.append(list(SETTLEMENT))
    row = SETTLEMENT | {"setl_time": NINE, "vali_flag": True}
    book.active.append(list(row.values()))
    book.save(folder / "any.xlsx")
    store, _ = taken([folder])
    assert settlements(store)["settled_at"].tolist() == [NINE]


@pytest.mark.parametrize("content", [b"", b"<html><table></table></html>", b"PK\3\4"])
@pytest.mark.parametrize("suffix", ["xlsx", "xls"])
def test_what_is_no_workbook_is_refused(tmp_path, taken, content, suffix):
    folder = write_export(tmp_path / "x")
    (folder / f"dr_info_b.{suffix}").write_bytes(content)
    with pytest.raises(DataRefusedError, match=r"dr_info_b.*as a workbook"):
        taken([folder])


# --- Parquet ----------------------------------------------------------------


def parquet_of(folder, **columns):
    (folder / "setl_d.csv").unlink()
    given = {name: pa.array([cell]) for name, cell in SETTLEMENT.items()}
    pq.write_table(pa.table(given | columns), folder / "setl_d.parquet")
    return folder


def test_parquet_types_come_back_exactly(tmp_path, taken):
    instant = pa.array([NINE - timedelta(hours=8)]).cast(pa.timestamp("ns", "UTC"))
    folder = parquet_of(
        write_export(tmp_path / "x"),
        setl_time=instant,
        setl_id=pa.array([12345.0]),
        brdy=pa.array([date(1950, 1, 2)]),
        vali_flag=pa.array([True]),
        refd_setl_flag=pa.array([False]),
        age=pa.array([76.1]),
    )
    store, report = taken([folder])
    assert report.accounts["settlement"].accepted == 1
    found = settlements(store).iloc[0]
    assert found["settled_at"] == NINE  # Beijing's clock
    assert found["settlement_id"] == "12345"
    assert str(found["birth_date"])[:10] == "1950-01-02"
    assert (found["is_valid"], found["is_refund"], found["age"]) == (True, False, 76.1)


def test_a_parquet_id_held_as_double_is_refused(tmp_path, taken):
    folder = parquet_of(write_export(tmp_path / "x"), psn_no=pa.array([1.5e17]))
    with pytest.raises(DataRefusedError, match=r"setl_d\.parquet, column 'psn_no'"):
        taken([folder])


def test_a_nested_or_broken_parquet_is_refused(tmp_path, taken):
    folder = parquet_of(write_export(tmp_path / "x"), psn_no=pa.array([["P1"]]))
    with pytest.raises(DataRefusedError, match="cannot be read as Parquet"):
        taken([folder])
    path = folder / "setl_d.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataRefusedError, match="cannot be read as Parquet"):
        taken([folder])
