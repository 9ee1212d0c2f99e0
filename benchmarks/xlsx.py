"""Compare loading a worksheet with python-calamine alone, in one run.

    python benchmarks/xlsx.py [ROWS] [ROUNDS]

The sheet has twenty columns: ids, codes, amounts and times of drawn fee lines.
Loading takes the same file through detection, every check and into the store;
the settlements that the lines belong to are in the store before the clock
starts. Demanded: at most 1.6 times python-calamine alone.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import xlsxwriter
from python_calamine import CalamineWorkbook

from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store

BILLS = 5000
START = datetime(2026, 5, 1)  # noqa: DTZ001 - exports carry local time
TEXTS = {
    "feedetl_sn": "L{:014d}",
    "setl_id": "S{:012d}",
    "mdtrt_id": "V{:012d}",
    "psn_no": "P{:010d}",
    "fixmedins_code": "H9901{:04d}",
    "rx_drord_no": "R{:012d}",
    "med_list_codg": "XA{:05d}",
    "medins_list_codg": "M{:05d}",
    "medins_list_name": "测试项目{}",
    "med_chrgitm_type": "{:02d}",
    "chrgitm_lv": "{:02d}",
    "bilg_dr_codg": "D{:06d}",
    "bilg_dept_codg": "A{:02d}",
    "hi_nego_drug_flag": "{}",
}
SPREAD = {
    "feedetl_sn": 0,
    "rx_drord_no": 0,
    "med_chrgitm_type": 14,
    "chrgitm_lv": 3,
    "hi_nego_drug_flag": 2,
}
NUMBERS = ["cnt", "pric", "det_item_fee_sumamt", "fulamt_ownpay_amt", "prd_days"]


def write_book(path: Path, rows: int) -> None:
    """Write drawn fee lines as a worksheet of twenty columns."""
    drawn = random.Random(7)  # noqa: S311 - a drawing of test data
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("fee_list_d")
        stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_row(0, 0, [*TEXTS, *NUMBERS, "fee_ocur_time"])
        for row in range(1, rows + 1):
            for column, (name, text) in enumerate(TEXTS.items()):
                spread = SPREAD.get(name, BILLS)
                cell = text.format(row % spread if spread else row)
                sheet.write_string(row, column, cell)
            for column in range(len(TEXTS), 19):
                sheet.write_number(row, column, drawn.randrange(1, 10**5) / 100)
            when = START + timedelta(seconds=drawn.randrange(20 * 86400))
            sheet.write_datetime(row, 19, when, stamp)


def write_bills(folder: Path) -> None:
    """Write the settlements and visits of the lines, and one line as CSV."""
    bill = "S{0:012d},V{0:012d},P{0:010d},H99010000,2026-05-21 09:00:00,11,1,1\n"
    visit = "V{0:012d},P{0:010d},H99010000,11,2026-05-01 08:00:00\n"
    headers = {
        "setl_d": "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,med_type,"
        "medfee_sumamt,fund_pay_sumamt\n",
        "mdtrt_d": "mdtrt_id,psn_no,fixmedins_code,med_type,begntime\n",
        "fee_list_d": "feedetl_sn,setl_id,mdtrt_id,psn_no,fixmedins_code,"
        "fee_ocur_time,med_list_codg,med_chrgitm_type,cnt,pric,"
        "det_item_fee_sumamt,bilg_dr_codg\n",
    }
    lines = {"setl_d": bill, "mdtrt_d": visit, "fee_list_d": ""}
    for name, header in headers.items():
        body = "".join(lines[name].format(i) for i in range(BILLS))
        (folder / f"{name}.csv").write_text(header + body, "utf-8")


def alone(path: Path) -> None:
    """Read every row by python-calamine and do nothing with it."""
    CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(rows: int, rounds: int) -> None:
    """Print the seconds of each round and the ratio of the medians."""
    mapping = load_mapping()
    theirs, ours = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book = folder / "fee_list_d.xlsx"
        write_book(book, rows)
        bills = folder / "bills"
        bills.mkdir()
        write_bills(bills)
        for turn in range(rounds):
            with closing(Store.create(folder / f"store{turn}")) as store:
                load(store, [bills], mapping)
                theirs.append(timed(partial(alone, book)))
                ours.append(timed(partial(load, store, [book], mapping)))
                held = store.sql("SELECT count(*) FROM charge").iloc[0, 0]
            print(f"python-calamine {theirs[-1]:.2f} s, load {ours[-1]:.2f} s")
            print(f"  {held:,} of {rows:,} rows accepted")
    middle = rounds // 2
    ratio = sorted(ours)[middle] / sorted(theirs)[middle]
    print(f"{rows:,} rows x 20 columns: ratio {ratio:.2f} (demanded: at most 1.6)")


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    main(given[0] if given else 200_000, given[1] if given[1:] else 3)
