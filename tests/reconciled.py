"""What must hold after a load, reckoned from the bytes and from the store's files.

Nothing here calls the code that reads exports: lines are counted, cells split and
amounts added by the tests themselves.
"""

import csv
import gzip
import json
import re
import sqlite3
import zlib
from collections import Counter
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from clean_export import CANARIES, HEADERS, PERSON, PLAIN_AMOUNT, TABLES, Draft

from anomaly.errors import AnomalyError
from anomaly.store.account import FATES, Account
from anomaly.tables import tables

LINE_END = re.compile(r"\r\n|\r|\n")
KEYS = {
    "settlement": ["settlement_id"],
    "visit": ["visit_id"],
    "charge": ["line_id"],
    "diagnosis": ["visit_id", "settlement_id", "diagnosis_order"],
    "doctor": ["doctor_id"],
    "insured": ["insured_id"],
}
QUARANTINE = ["table_name", "file", "line", "reason", "raw"]
UNSPLIT = ("quote", "columns")
MONEY = {"settlement": "total_fee", "charge": "line_amount"}


def plain_bytes(content: bytes) -> bytes:
    """Return the content unpacked, as far as it goes."""
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return b""


def readings(one: Draft) -> list[list[str]]:
    """Return the physical lines of a file, in every way its bytes can be meant.

    Line ends are told from the bytes, but in UTF-16; where a corruption leaves
    it open which of both a file is, both are meant.
    """
    content = plain_bytes(one.content)
    names = {one.encoding}
    if b"\0" in content or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        names |= {"utf-16", "utf-16-le", "utf-16-be", "gb18030"}
    found = []
    for name in sorted(names):
        text = content.decode(name, "replace").removeprefix("\ufeff")
        found.append(LINE_END.split(text.removeprefix("\ufeff")))
    return found


def blank(line: str) -> bool:
    """Say whether a line holds nothing: spaces only, or the mark DOS ends files by."""
    return not line.strip(" \x1a")


def records(lines: list[str]) -> int:
    """Return how many lines hold anything, the header left out."""
    return max(0, sum(not blank(line) for line in lines) - 1)


def split(one: Draft, lines: list[str]) -> list[list[str]]:
    """Return the cells of each record, each line by itself; the header first."""
    csv.field_size_limit(1 << 24)
    rows = (next(csv.reader([x], delimiter=one.delimiter)) for x in lines if x.strip())
    return list(rows)


def misled(one: Draft) -> bool:
    """Say whether the file itself puts a person under a header that is kept."""
    for lines in readings(one):
        header, *rows = split(one, lines) or [[]]
        names = [cell.strip().lower() for cell in header]
        for cells in rows:
            if len(cells) == len(names) and any(
                canary in cell and name in HEADERS[one.name] and name not in PERSON
                for name, cell in zip(names, cells, strict=True)
                for canary in CANARIES
            ):
                return True
    return False


def amount_of(one: Draft) -> Decimal | None:
    """Return the sum of all amounts of a file, None where one is not plain."""
    money = TABLES[one.name][2]
    header, *rows = split(one, readings(one)[0]) or [[]]
    if not one.sure or money not in header:
        return None
    at = header.index(money)
    if any(len(cells) != len(header) for cells in rows):
        return None
    amounts = [cells[at] for cells in rows]
    if not all(PLAIN_AMOUNT.fullmatch(amount) for amount in amounts):
        return None
    return sum(map(Decimal, amounts), Decimal(0))


def of_file(store, one: Draft):
    """Return the catalog's entry of a file."""
    digest = sha256(one.content).hexdigest()
    (found,) = (f for f in store.catalog.source_files() if f.sha256 == digest)
    return found


def rows_from(store, dataset: str, names: list[str], part_key: str = "") -> list[dict]:
    """Return the rows of a dataset that one source file gave, from its Parquet."""
    return [
        row
        for part in store.parts(dataset)
        if part.key.startswith(part_key)
        for row in pq.ParquetFile(store.root / part.path).read(names).to_pylist()
    ]


def held(store, table: str, part_key: str = "") -> dict[tuple, Decimal | None]:
    """Return key -> amount of the rows a store holds; a visit in two months once."""
    money = [MONEY[table]] if table in MONEY else []
    rows = rows_from(store, table, KEYS[table] + money, part_key)
    keys = [tuple(row[name] for name in KEYS[table]) for row in rows]
    if not tables()[table].latest and tables()[table].month:
        assert not [key for key, n in Counter(keys).items() if n > 1]
    return {
        key: row.get(MONEY.get(table, "")) for key, row in zip(keys, rows, strict=True)
    }


def assert_adds_up(account: Account, money: bool) -> None:
    assert account.read == sum(getattr(account, fate) for fate in FATES)
    assert all(getattr(account, fate) >= 0 for fate in FATES)
    assert (account.amount_read is not None) == money
    if money:
        fates = [getattr(account, f"amount_{fate}") for fate in FATES]
        assert account.amount_read == sum(fates, Decimal(0))


def assert_reconciled(store, one: Draft, account: Account) -> None:
    """Hold a file's account against its bytes and against the store's rows."""
    money = one.table in MONEY
    assert_adds_up(account, money)
    ways = readings(one)
    assert account.read in {records(lines) for lines in ways}, one
    part_key = of_file(store, one).part_key
    accepted = held(store, one.table, part_key)
    assert len(accepted) == account.accepted
    # The header of a file put together from two is no row.
    assert not [key for key in accepted if key[0] in HEADERS[one.name].split()]
    quarantine = rows_from(store, "quarantine", QUARANTINE, part_key)
    assert len(quarantine) == account.quarantined
    assert_placed(one, quarantine, ways)
    if money:
        assert sum(accepted.values(), Decimal(0)) == account.amount_accepted
        expected = amount_of(one)
        # What cannot be split has no amount that could be read.
        unsplit = [row for row in quarantine if row["reason"] in UNSPLIT]
        if expected is not None and not unsplit:
            assert account.amount_read == expected


def assert_placed(one: Draft, quarantine: list[dict], ways: list[list[str]]) -> None:
    """Each quarantined row says the line at which its owner finds it."""
    places = [row["line"] for row in quarantine]
    assert len(set(places)) == len(places)
    key = KEYS[one.table][0]
    for row in quarantine:
        at = row["line"] - 1
        assert row["reason"]
        assert row["table_name"] == one.table
        assert row["file"] == one.file_name
        lines = [way[at] for way in ways if at < len(way) and not blank(way[at])]
        assert lines
        own = str(json.loads(row["raw"] or "{}").get(key) or "")
        if own.isascii() and own.isalnum():
            assert any(own in line for line in lines)
        if row["reason"] in UNSPLIT:
            assert any(not fits(one, line, ways) for line in lines)


def fits(one: Draft, line: str, ways: list[list[str]]) -> bool:
    """Say whether a line has as many cells as the header, and no quote."""
    header = next(x for x in ways[0] if any(cell.strip() for cell in x.split(",")))
    width = line.count(one.delimiter) == header.count(one.delimiter)
    return width and '"' not in line and '"' not in header


def assert_no_person(store) -> None:
    """No name, number, phone or address stands in any file of the store."""
    for path in sorted(store.root.rglob("*")):
        if path.suffix == ".parquet":
            text = parquet_text(path)
        elif path.name == "catalog.sqlite":
            text = catalog_text(path)
        elif path.is_file():
            text = readable(path)
        else:
            continue
        assert not [canary for canary in CANARIES if canary in text], path


def parquet_text(path: Path) -> str:
    """Return all cells of a Parquet file but times, which Python cannot all hold."""
    table = pq.ParquetFile(path).read()
    names = [x.name for x in table.schema if not pa.types.is_temporal(x.type)]
    return repr(table.select(names).to_pydict())


def readable(path: Path) -> str:
    content = path.read_bytes()
    return "".join(content.decode(e, "replace") for e in ("utf-8", "gb18030", "utf-16"))


def catalog_text(path: Path) -> str:
    """Return all cells of the catalog, JSON unpacked."""
    connection = sqlite3.connect(path)
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    cells = [
        cell
        for (name,) in names.fetchall()
        for row in connection.execute(f'SELECT * FROM "{name}"')
        for cell in row
    ]
    connection.close()
    return repr([unpacked(str(cell)) for cell in cells])


def unpacked(cell: str) -> object:
    try:
        return json.loads(cell)
    except ValueError:
        return cell


def assert_says_where(error: AnomalyError, drafts: list[Draft]) -> None:
    """A refusal names the file or table, says what it found and what to do."""
    text = str(error)
    assert error.found
    assert error.expected or error.todo
    assert "\n" not in text
    assert any(one.file_name in text or f"'{one.table}'" in text for one in drafts)
    assert not [canary for canary in CANARIES if canary in text]
