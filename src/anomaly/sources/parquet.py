"""Parquet files: typed columns become text again, in batches."""

from collections.abc import Iterator
from functools import cached_property
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from anomaly.errors import DataRefusedError
from anomaly.sources.cells import FIRST_INEXACT, Field, fields_of, refuse_lost_digits
from anomaly.sources.mapping import Mapping
from anomaly.sources.source import Found
from anomaly.sources.textfile import sha256_of

SUFFIXES = (".parquet",)
BATCH_ROWS = 1 << 16
LOST = "\ufffd".encode()


class ParquetFile:
    """One Parquet file; see `Source`. Its rows are counted from 1."""

    delimiter = ","
    first_line = 1
    numbered = False

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self.path, self.name = path, path.name
        self.stem = path.name
        try:
            with pq.ParquetFile(path) as file:
                self.header = tuple(file.schema_arrow.names)
        except (OSError, pa.ArrowException) as error:
            raise self._refusal(error) from None
        self._fields = fields_of(self.header, mapping.table_of(self.stem), mapping)

    def _refusal(self, error: Exception) -> DataRefusedError:
        return DataRefusedError(
            f"{self.name}: cannot be read as Parquet ({str(error).splitlines()[0]})",
            expected="a whole Parquet file with one value a cell",
            todo="export or copy it again",
        )

    def digest(self) -> str:
        """Return the SHA-256 of the file's bytes."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        return sha256_of(self.path)

    def chunks(self) -> Iterator[bytes]:
        """Yield CSV batch by batch; columns that are not kept stay empty."""
        kept = [field.header for field in self._fields if field.type]
        line = 1
        header = pa.table({str(i): [cell] for i, cell in enumerate(self.header)})
        yield _csv(header.to_batches()[0])
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(BATCH_ROWS, columns=kept):
                    yield _csv(self._texts(batch, line))
                    line += batch.num_rows
        except (OSError, pa.ArrowException) as error:
            raise self._refusal(error) from None

    def _texts(self, batch: pa.RecordBatch, line: int) -> pa.RecordBatch:
        blank = pa.nulls(batch.num_rows, pa.string())
        columns = []
        for field in self._fields:
            if not field.type:
                columns.append(blank)
                continue
            cells = batch.column(batch.schema.get_field_index(field.header))
            self._refuse_inexact(cells, field, line)
            if field.is_digested and pa.types.is_floating(cells.type):
                cells = pc.if_else(_has_lost(cells), None, cells)
            columns.append(text_of(cells))
        return pa.record_batch(columns, [str(i) for i in range(len(columns))])

    def _refuse_inexact(self, cells: pa.Array, field: Field, line: int) -> None:
        if not (field.is_id and pa.types.is_floating(cells.type)):
            return
        lost = _has_lost(cells)
        if pc.any(lost).as_py():
            refuse_lost_digits(self.name, field, line + pc.index(lost, True).as_py())


def _has_lost(cells: pa.Array) -> pa.Array:
    """Say which floating numbers are too long to be exact."""
    return pc.fill_null(pc.greater_equal(pc.abs(cells), float(FIRST_INEXACT)), False)


def text_of(cells: pa.Array) -> pa.Array:
    """Return a column as text that casts back to the same values.

    Instants are shown by Beijing's clock; a whole double has no '.0'.
    """
    kind = cells.type
    if pa.types.is_dictionary(kind):
        return text_of(cells.dictionary_decode())
    if pa.types.is_floating(kind):
        exact = pc.cast(cells, pa.float64())
        return pc.replace_substring_regex(pc.cast(exact, pa.string()), r"\.0$", "")
    if pa.types.is_timestamp(kind):
        if kind.tz:
            cells = pc.local_timestamp(
                pc.cast(cells, pa.timestamp(kind.unit, "Asia/Shanghai"))
            )
        cells = pc.cast(cells, pa.timestamp("us"), safe=False)
    return _one_line(pc.cast(cells, pa.string()))


def _one_line(cells: pa.Array) -> pa.Array:
    """Return text with blanks for line ends, so that a record is one line."""
    for mark in ("\r\n", "\r", "\n"):
        if pc.any(pc.match_substring(cells, mark)).as_py():
            cells = pc.replace_substring(cells, mark, " ")
    return cells


def _csv(batch: pa.RecordBatch) -> bytes:
    out = BytesIO()
    options = pa_csv.WriteOptions(include_header=False)
    pa_csv.write_csv(batch, out, options)
    return out.getvalue().replace(b"\0", LOST)


def open_parquet(path: Path, mapping: Mapping) -> Found:
    """Return a Parquet file as a source, if the mapping knows its name."""
    if mapping.table_of(path.name) is None:
        return Found(not_recognised=[path.name])
    return Found([ParquetFile(path, mapping)])
