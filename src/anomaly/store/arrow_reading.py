"""The quick reading: text whose every cell is plainly what its column asks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from anomaly.tables import Column

TYPES = {
    "text": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "money": pa.decimal128(18, 2),
    "price": pa.decimal128(18, 6),
    "quantity": pa.decimal128(18, 4),
    "number": pa.float64(),
    "flag": pa.bool_(),
}
TRUE = ["1", "true", "True", "TRUE"]
FALSE = ["0", "false", "False", "FALSE"]
PIECE_BYTES = 1 << 22
# Text in which some cell is not plain is cut this fine, so that only a few rows
# around it need the closer look.
CUTS = 16
FINEST_BYTES = 1 << 17


@dataclass(frozen=True)
class QuickReading:
    """How to read text: its delimiter, width, and the columns wanted by position.

    A source that numbers its records has their lines in its last column.
    """

    delimiter: str
    width: int
    cells: Mapping[int, Column]
    numbered: bool

    def read(self, data: bytes) -> pa.Table:
        """Return the rows around which all is plain, with their places as ``nth``.

        Cells are typed and named after their columns, text as it came; with
        ``line`` where the source numbers its records.
        """
        buffer = pa.py_buffer(data)
        found = list(self._pieces(data, buffer, 0, len(data), 0))
        if not found:
            found = [self._table(pa.py_buffer(b""), 0)]
        return pa.concat_tables(found)

    def _pieces(
        self, data: bytes, buffer: pa.Buffer, start: int, stop: int, nth: int
    ) -> Iterator[pa.Table]:
        if start == stop:
            return
        try:
            table = self._table(buffer.slice(start, stop - start), nth)
        except pa.ArrowInvalid:
            table = None
        if table is not None and table.num_rows == data.count(b"\n", start, stop):
            yield table
            return
        pieces = list(_cut(data, start, stop))
        if stop - start <= FINEST_BYTES or len(pieces) == 1:
            return
        for first, last in pieces:
            yield from self._pieces(data, buffer, first, last, nth)
            nth += data.count(b"\n", first, last)

    def _table(self, buffer: pa.Buffer, nth: int) -> pa.Table:
        names = [f"c{i}" for i in range(self.width)]
        types = {}
        for position, column in self.cells.items():
            names[position] = column.name
            types[column.name] = TYPES[column.type]
        if self.numbered:
            names[-1] = "line"
            types["line"] = pa.int64()
        if not buffer.size:
            table = pa.schema(list(types.items())).empty_table()
        else:
            table = csv.read_csv(
                pa.BufferReader(buffer),
                csv.ReadOptions(
                    column_names=names, block_size=PIECE_BYTES, use_threads=False
                ),
                csv.ParseOptions(delimiter=self.delimiter),
                csv.ConvertOptions(
                    column_types=types,
                    include_columns=list(types),
                    null_values=[""],
                    true_values=TRUE,
                    false_values=FALSE,
                    strings_can_be_null=True,
                ),
            )
        places = np.arange(nth, nth + table.num_rows)
        return table.append_column("nth", pa.array(places))


def _cut(data: bytes, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Cut a range of whole lines into smaller ones."""
    step = -(-(stop - start) // CUTS)
    while start < stop:
        end = data.find(b"\n", min(start + step, stop) - 1) + 1
        yield start, end
        start = end


def months_of_links(
    connection: duckdb.DuckDBPyConnection, links: pa.ChunkedArray, link: str
) -> pa.Array:
    """Return the month of each link from ``link_month``, null where it has none."""
    distinct = pc.unique(links)
    asked = pa.table({"link": distinct, "nth": np.arange(len(distinct))})
    connection.register("asked", asked)
    found = connection.sql(
        f"SELECT m.month FROM asked a LEFT JOIN link_month m ON a.link = m.{link}"
        " ORDER BY a.nth"
    ).to_arrow_table()
    connection.unregister("asked")
    places = pc.index_in(links, value_set=distinct)
    return pc.take(found["month"], places)
