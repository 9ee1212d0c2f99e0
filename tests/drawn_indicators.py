"""Drawn worlds for indicators: bills, lines and tables in TOML, values beside them.

A file of `tests/spec/indicators` says its ``month``; ``bills``, one a line, of
settlement and visit columns; ``lines`` of charge columns, each with its bill; further
``tables`` under their canonical names; and for each kind of unit the values expected:
``indicator = {unit_id = value}``. ``keep`` narrows the columns written.
"""

import csv
import io
import tomllib
from pathlib import Path

from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store
from anomaly.tables import tables

FOLDER = Path(__file__).parent / "spec" / "indicators"
KEY = b"invented, as all of the world is"
BILL = {
    "insured_id": "P1",
    "institution_id": "H1",
    "institution_district": "990101",
    "insured_district": "990101",
    "visit_type": "11",
    "settled_at": "2026-05-06 10:00:00",
    "total_fee": "100",
    "fund_pay": "60",
    "is_refund": "0",
    "attending_doctor_id": "D1",
}
LINE = {
    "national_item_code": "XJ01",
    "fee_category": "09",
    "quantity": "1",
}


def read_world(path: Path) -> dict:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def worlds() -> dict[str, dict]:
    """Return every drawn world by the name of its file."""
    return {path.stem: read_world(path) for path in sorted(FOLDER.glob("*.toml"))}


def rows_of(text: str) -> list[dict[str, str]]:
    """Read a block of CSV; an empty cell is no cell, so that defaults stand."""
    rows = csv.DictReader(io.StringIO(text.strip()), skipinitialspace=True)
    return [{k: v.strip() for k, v in row.items() if v and v.strip()} for row in rows]


def tables_of(world: dict) -> dict[str, list[dict[str, str]]]:
    """Return the canonical tables that a world's bills and lines stand for."""
    bills = [BILL | bill for bill in rows_of(world["bills"])]
    lines = rows_of(world.get("lines", ""))
    found = {"settlement": [], "visit": [], "charge": []}
    for bill in bills:
        ids = {"settlement_id": f"S{bill['id']}", "visit_id": f"V{bill['id']}"}
        if bill["visit_type"] == "41":
            del bill["attending_doctor_id"]
        began = {"admitted_at": bill["settled_at"], "discharged_at": bill["settled_at"]}
        found["settlement"].append(bill | ids)
        found["visit"].append(began | bill | ids)
        own = [line for line in lines if line["bill"] == bill["id"]]
        found["charge"] += [
            _line(bill, line, number) | ids for number, line in enumerate(own or [{}])
        ]
    given = world.get("tables", {}).items()
    return found | {name: rows_of(text) for name, text in given}


def _line(bill: dict, line: dict, number: int) -> dict[str, str]:
    default = LINE | {
        "line_id": f"L{bill['id']}-{number}",
        "charged_at": bill["settled_at"],
        "order_no": f"O{bill['id']}",
        "line_amount": bill["total_fee"],
    }
    if "attending_doctor_id" in bill:
        default["doctor_id"] = bill["attending_doctor_id"]
    return default | line


def write_world(folder: Path, world: dict) -> Path:
    """Write a world as CSV files under canonical names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables_of(world).items():
        known = {column.name for column in tables()[name].columns}
        known &= world["keep"][name] if "keep" in world else known
        header = sorted({key for row in rows for key in row} & known)
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, header, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def load_world(folder: Path, world: dict) -> Path:
    """Load a world into a fresh store; return where it lies."""
    store = Store.create(folder / "store")
    export = write_world(folder / "export", world)
    report = load(store, [export], load_mapping(), key=KEY)
    lost = {
        name: book
        for name, book in report.accounts.items()
        if book.read > book.accepted
    }
    store.close()
    assert not lost, lost
    return folder / "store"


def expectations() -> list[tuple[str, str, str, str, float]]:
    """Return (world, unit kind, indicator, unit id, value) of every world."""
    return [
        (name, unit, indicator, unit_id, value)
        for name, world in worlds().items()
        for unit, wanted in world["expect"].items()
        for indicator, values in wanted.items()
        for unit_id, value in values.items()
    ]
