"""A small clean export with marked invented persons, as a draft that can be broken."""

import csv
import io
import re
from dataclasses import dataclass, field
from decimal import Decimal

# What stands in personal columns: invented, and found nowhere else.
NAME, ID_NUMBER, PHONE = "测试金丝雀", "99010119000101123X", "10000000777"
ADDRESS = "测试市金丝雀路7号"
# Shorter than the cells, so that a cell cut in two is still known.
CANARIES = ("金丝雀", ID_NUMBER[:14], PHONE[:10])
PERSON = {
    "psn_name": NAME,
    "certno": ID_NUMBER,
    "tel": PHONE,
    "addr": ADDRESS,
    "memo": f"{NAME} {PHONE}",
}
# File -> table, key and amount. Tables are loaded in this order.
TABLES = {
    "setl_d": ("settlement", "setl_id", "medfee_sumamt"),
    "mdtrt_d": ("visit", "mdtrt_id", ""),
    "fee_list_d": ("charge", "feedetl_sn", "det_item_fee_sumamt"),
    "diag_list_d": ("diagnosis", "", ""),
    "dr_info_b": ("doctor", "dr_code", ""),
    "psn_info_b": ("insured", "psn_no", ""),
}
HEADERS = {
    "setl_d": "setl_id init_setl_id mdtrt_id psn_no psn_name certno fixmedins_code"
    " setl_time med_type medfee_sumamt fund_pay_sumamt refd_setl_flag vali_flag",
    "mdtrt_d": "mdtrt_id psn_no psn_name tel fixmedins_code med_type begntime endtime"
    " chfpdr_code adm_dept_name addr vali_flag",
    "fee_list_d": "feedetl_sn setl_id mdtrt_id fee_ocur_time med_list_codg memo"
    " med_chrgitm_type cnt pric det_item_fee_sumamt bilg_dr_codg vali_flag",
    "diag_list_d": "mdtrt_id setl_id diag_srt_no diag_code diag_name diag_time",
    "dr_info_b": "dr_code dr_name certno medins_code dept_name vali_flag",
    "psn_info_b": "psn_no psn_name certno tel addr gend brdy vali_flag",
}
ROWS = 12
PLAIN_AMOUNT = re.compile(r"-?\d{1,9}\.\d\d")


@dataclass
class Row:
    """One record; ``touched`` where a corruption reached it."""

    cells: list[str]
    touched: bool = False


@dataclass
class Line:
    """One physical line, as it will be written."""

    text: str
    end: str
    encoding: str
    touched: bool = False


@dataclass
class Draft:
    """One file of an export on its way to disk; corruptions change it in place.

    ``sure``: what no corruption touched must go in as it was drawn. ``steps``
    says what was done, for who reads a failure.
    """

    name: str
    header: list[str]
    rows: list[Row]
    delimiter: str = ","
    end: str = "\r\n"
    encoding: str = "gb18030"
    packed: bool = False
    sure: bool = True
    steps: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    content: bytes = b""

    def __repr__(self) -> str:
        return f"{self.name}{self.steps}"

    def _repr_pretty_(self, printer, cycle) -> None:
        printer.text(repr(self))

    @property
    def table(self) -> str:
        return TABLES[self.name][0]

    @property
    def file_name(self) -> str:
        return f"{self.name}.csv.gz" if self.packed else f"{self.name}.csv"

    def at(self, column: str) -> int | None:
        """Return where a column stands, None where its header is gone."""
        return self.header.index(column) if column in self.header else None

    def write_lines(self) -> None:
        """Turn cells into lines."""
        records = [(self.header, False), *((r.cells, r.touched) for r in self.rows)]
        self.lines = [
            Line(record(cells, self.delimiter), self.end, self.encoding, touched)
            for cells, touched in records
        ]

    def write_bytes(self) -> None:
        """Turn lines into bytes; a file begins with its encoding's mark, if any."""
        unmarked = {"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}
        first = self.lines[0].encoding if self.lines else self.encoding
        mark = "".encode(first)
        self.content = mark + b"".join(
            (line.text + line.end).encode(
                unmarked.get(line.encoding, line.encoding), "replace"
            )
            for line in self.lines
        )


def record(cells: list[str], delimiter: str) -> str:
    """Return cells as one record of CSV without its line end."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="").writerow(cells)
    return stream.getvalue()


def fee(number: int) -> str:
    return f"{number * 37 % 1000}.{number % 100:02d}"


def record_of(name: str, number: int, bill: int) -> dict[str, str]:
    """Return the cells of a file's record; ``bill`` numbers what it hangs on."""
    time = f"2026-05-{number % 28 + 1:02d} 09:{number % 60:02d}:00"
    cells = {
        "setl_id": f"S{bill}",
        "mdtrt_id": f"V{bill}",
        "psn_no": f"P{number}",
        "feedetl_sn": f"L{number}",
        "dr_code": f"D{number}",
        "dr_name": "测试医师",
        "medins_code": "H1",
        "dept_name": "内科",
        "fixmedins_code": "H1",
        "setl_time": time,
        "begntime": time,
        "fee_ocur_time": time,
        "diag_time": time,
        "med_type": "11",
        "medfee_sumamt": fee(number),
        "fund_pay_sumamt": "1.00",
        "refd_setl_flag": "0",
        "vali_flag": "1",
        "chfpdr_code": "D1",
        "adm_dept_name": "内科,一病区",
        "med_list_codg": "XA01",
        "med_chrgitm_type": "09",
        "cnt": "1",
        "pric": fee(number),
        "det_item_fee_sumamt": fee(number),
        "bilg_dr_codg": "D1",
        "diag_srt_no": str(number),
        "diag_code": "J06.900",
        "diag_name": "急性上呼吸道感染",
        "gend": "1",
        "brdy": "1980-02-03",
    }
    known = cells | PERSON
    return {column: known.get(column, "") for column in HEADERS[name].split()}


def draft(name: str, first: int, first_bill: int) -> Draft:
    """Return a clean file whose records are numbered from ``first`` on."""
    rows = [
        Row(list(record_of(name, first + n, first_bill + n).values()))
        for n in range(ROWS)
    ]
    return Draft(name, HEADERS[name].split(), rows)


def promises(one: Draft) -> dict[str, Decimal | None]:
    """Return key -> amount of the rows that must be in the store after the load.

    Those are the untouched ones whose key no other row has.
    """
    _, key, money = TABLES[one.name]
    if not one.sure or not key or not one.lines:
        return {}
    at, paid = HEADERS[one.name].split().index(key), one.at(money)
    keys = [row.cells[at] for row in one.rows if len(row.cells) > at]
    touched = {line.text for line in one.lines if line.touched}
    whole = {line.text for line in one.lines[1:]} - touched
    return {
        row.cells[at]: Decimal(row.cells[paid]) if paid is not None else None
        for row in one.rows
        if not row.touched
        and keys.count(row.cells[at]) == 1
        and record(row.cells, one.delimiter) in whole
    }
