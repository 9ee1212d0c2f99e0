"""Drawn tables in every format that a bureau exports."""

import csv
import gzip
import sqlite3
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from drawn import bill

TIMES = {"setl_time", "begntime", "endtime", "fee_ocur_time"}
AMOUNTS = {"medfee_sumamt", "fund_pay_sumamt", "det_item_fee_sumamt"}
NUMBERS = AMOUNTS | {"cnt", "pric"}
TABLES = ("settlement", "visit", "charge", "institution", "doctor")
BILLS = [
    bill(1, fee="100.10", adm_dept_name='内科,"一"病区'),
    bill(2, fee="0.30", setl_time="2026-05-31 23:59:59"),
    bill(3, fee="123456789.01", vali_flag="0"),
    bill(4, fee="9.99", setl_time="2026-06-01 00:00:00"),
    bill(5, fee="7.00", begntime="", endtime=""),
]


def read_tables(folder: Path) -> dict[str, list[dict]]:
    """Return the tables of a drawn export, every cell as text."""
    tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="gb18030", newline="") as stream:
            tables[path.stem] = list(csv.DictReader(stream))
    return tables


def typed(name: str, cell: str):
    """Return a cell as a database would hold it."""
    if cell == "":
        return None
    if name in TIMES:
        return datetime.fromisoformat(cell)
    return Decimal(cell) if name in NUMBERS else cell


def as_text(tables: dict, folder: Path, *, encoding: str, delimiter: str) -> Path:
    for name, rows in tables.items():
        path = folder / f"{name}.csv"
        with path.open("w", encoding=encoding, newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
    return folder


def as_gzip(tables: dict, folder: Path) -> Path:
    as_text(tables, folder, encoding="gb18030", delimiter=",")
    for path in sorted(folder.glob("*.csv")):
        path.with_suffix(".csv.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    return folder


def as_workbook(tables: dict, folder: Path) -> Path:
    """One book, one sheet a table; times and numbers as a spreadsheet has them."""
    with xlsxwriter.Workbook(folder / "export.xlsx") as book:
        stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for name, rows in tables.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, list(rows[0]))
            for at, row in enumerate(rows, 1):
                for column, (header, cell) in enumerate(row.items()):
                    value = typed(header, cell)
                    if isinstance(value, datetime):
                        sheet.write_datetime(at, column, value, stamp)
                    elif isinstance(value, Decimal):
                        sheet.write_number(at, column, float(value))
                    elif value is not None:
                        sheet.write_string(at, column, value)
    return folder


def as_parquet(tables: dict, folder: Path) -> Path:
    """Decimals, timestamps and a dictionary column, as engines write them."""
    for name, rows in tables.items():
        columns = {
            header: pa.array([typed(header, row[header]) for row in rows])
            for header in rows[0]
        }
        if "med_type" in columns:
            columns["med_type"] = columns["med_type"].dictionary_encode()
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    return folder


def ddl(name: str, header: list[str], schema: str = "") -> str:
    """Return SQL that makes a table, typed as the platform types it."""
    types = dict.fromkeys(NUMBERS, "NUMERIC(18, 6)")
    types |= dict.fromkeys(TIMES, "TIMESTAMP")
    columns = ", ".join(f"{c} {types.get(c, 'VARCHAR(100)')}" for c in header)
    return f"CREATE TABLE {schema}{name} ({columns})"


def as_sqlite(tables: dict, path: Path) -> str:
    """Fill a SQLite file and return its address."""
    connection = sqlite3.connect(path)
    for name, rows in tables.items():
        connection.execute(ddl(name, list(rows[0])))
        marks = ", ".join("?" for _ in rows[0])
        connection.executemany(
            f"INSERT INTO {name} VALUES ({marks})",
            [[cell or None for cell in row.values()] for row in rows],
        )
    connection.commit()
    connection.close()
    return f"sqlite:///{path}"


def assert_same_rows(store, plain) -> None:
    """Two stores hold the same rows in every drawn table."""
    for name in TABLES:
        query = f"SELECT * EXCLUDE (source_line) FROM {name} ORDER BY ALL"
        pd.testing.assert_frame_equal(store.sql(query), plain.sql(query))
