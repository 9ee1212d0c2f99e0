"""What is worth saying of rows that went in: repaired, unknown, or not adding up.

None of it keeps a row out. Codes and sentences are those of `sources.checks`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from duckdb import DuckDBPyConnection

from anomaly.policy.read import policy
from anomaly.sources.dictionaries import Dictionary
from anomaly.store.duckdb_engine import path_list
from anomaly.store.store import Store
from anomaly.tables import Table

# Ids that should stand in a master: table -> column -> masters that may hold it.
MASTERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "settlement": {
        "institution_id": ("institution", "pharmacy"),
        "insured_id": ("insured",),
    },
    "visit": {"attending_doctor_id": ("doctor",)},
    "charge": {"doctor_id": ("doctor",), "catalog_item_code": ("catalogue",)},
    "doctor": {"institution_id": ("institution",)},
}
EXAMPLES = 3


def _rows(connection: DuckDBPyConnection, sql: str) -> list[tuple]:
    return connection.execute(sql).fetchall()


@dataclass(frozen=True)
class Remark:
    """One thing said of a load.

    ``column`` is '' where it concerns whole rows; ``rows`` counts them; ``amount``
    is in yuan where money is concerned; ``example`` shows a few codes or ids.
    """

    table: str
    file: str
    code: str
    column: str
    rows: int
    amount: Decimal | None = None
    example: str = ""


def repaired(table: Table, file: str, counts: Counter[str]) -> list[Remark]:
    """Return a remark for each kind of repair and column."""
    found = []
    for reason, rows in sorted(counts.items()):
        if rows:
            code, column = reason.split(":")
            found.append(Remark(table.name, file, code, column, rows))
    return found


def outside_dictionaries(
    connection: DuckDBPyConnection,
    table: Table,
    file: str,
    paths: Sequence[Path],
    given: Sequence[str],
    dictionaries: Mapping[str, Dictionary],
) -> list[Remark]:
    """Return a remark for each coded column that holds codes of no dictionary."""
    found = []
    for dictionary in dictionaries.values():
        for column in sorted(set(dictionary.columns) & set(given)):
            if table.column(column).type != "text":
                continue
            rows = _rows(
                connection,
                f"SELECT {column}, count(*) FROM read_parquet({path_list(paths)})"
                f" WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1",
            )
            odd = [(code, n) for code, n in rows if not dictionary.find(str(code))]
            if odd:
                example = ", ".join(str(code)[:20] for code, _ in odd[:EXAMPLES])
                count = sum(n for _, n in odd)
                found.append(
                    Remark(table.name, file, "domain", column, count, None, example)
                )
    return found


def absent_from_masters(
    connection: DuckDBPyConnection, shown: Mapping[str, str]
) -> list[Remark]:
    """Return a remark for each column with ids that no master has.

    ``shown`` names the views of what came in and, as ``master:NAME``, of the
    masters that hold anything; without any of its masters a column is not asked.
    """
    found = []
    for table, columns in MASTERS.items():
        for column, masters in columns.items():
            held = [m for m in masters if f"master:{m}" in shown]
            if table not in shown or len(held) < len(masters):
                continue
            known = " UNION ALL ".join(
                f"SELECT {_key(m)} AS id FROM {shown[f'master:{m}']}" for m in held
            )
            ((rows, ids, example),) = _rows(
                connection,
                f"SELECT count(*), count(DISTINCT {column}), min({column})"
                f" FROM {shown[table]} t ANTI JOIN ({known}) k ON t.{column} = k.id"
                f" WHERE {column} IS NOT NULL",
            )
            if rows:
                text = f"{example}, {ids} ids" if ids > 1 else str(example)
                found.append(Remark(table, "", "absent", column, rows, None, text))
    return found


def _key(master: str) -> str:
    return "catalog_item_code" if master == "catalogue" else f"{master}_id"


def sums(connection: DuckDBPyConnection, settlement: str, charge: str) -> list[Remark]:
    """Return a remark on settlements whose lines miss their total, of these views.

    A settlement without any line is not asked: its lines may come later.
    """
    tolerance = Decimal(policy("load")["sums"]["tolerance"])
    ((rows, amount, example),) = _rows(
        connection,
        "SELECT count(*), sum(abs(s.total_fee - c.lines)), min(s.settlement_id)"
        f" FROM {settlement} s JOIN (SELECT settlement_id, sum(line_amount) AS lines"
        f" FROM {charge} GROUP BY settlement_id) c USING (settlement_id)"
        f" WHERE abs(s.total_fee - c.lines) > {tolerance}",
    )
    if not rows:
        return []
    return [Remark("settlement", "", "sums", "total_fee", rows, amount, example)]


def odd_refunds(
    connection: DuckDBPyConnection, coming: str, settlement: str
) -> list[Remark]:
    """Return a remark on refunds above zero, of themselves, or beyond their original.

    ``coming`` and ``settlement`` are views of what came in and of all there is.
    """
    ((rows, amount, example),) = _rows(
        connection,
        "SELECT count(*), sum(abs(r.total_fee)), min(r.settlement_id)"
        f" FROM {coming} r LEFT JOIN {settlement} o"
        " ON r.original_settlement_id = o.settlement_id WHERE r.is_refund AND ("
        "r.total_fee > 0 OR r.original_settlement_id = r.settlement_id"
        " OR abs(r.total_fee) > o.total_fee)",
    )
    if not rows:
        return []
    return [Remark("settlement", "", "refund", "total_fee", rows, amount, example)]


def remarks_of(store: Store) -> list[Remark]:
    """Return what was remarked on all that a store holds, in the order it came."""
    return [
        Remark(table, file, code, column, rows, amount and Decimal(amount), example)
        for _, table, file, code, column, rows, amount, example in (
            store.catalog.remarks()
        )
    ]
