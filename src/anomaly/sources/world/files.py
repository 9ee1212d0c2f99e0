"""Writing the exports: GB18030, gzip, the same bytes for the same seed."""

import gzip
import io
import os
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from anomaly.sources.world.columns import Columns

_ROWS = 100_000


class Exports:
    """Files under temporary names until everything is written."""

    def __init__(self, out: Path, level: int) -> None:
        self.out, self.level = out, level
        self.rows: dict[str, int] = {}
        self._open: dict[str, tuple[gzip.GzipFile, io.BufferedWriter]] = {}
        self._done: list[tuple[Path, Path]] = []
        out.mkdir(parents=True, exist_ok=True)

    def _temporary(self, name: str) -> Path:
        return self.out / f".{name}.part"

    def _start(self, name: str, header: list[str]) -> gzip.GzipFile:
        raw = self._temporary(name).open("wb")
        # No name and no time in the header: the bytes depend on the seed alone.
        packed = gzip.GzipFile("", "wb", self.level, raw, mtime=0)
        self._open[name] = (packed, raw)
        self.rows[name] = 0
        packed.write((",".join(header) + "\n").encode("gb18030"))
        return packed

    def write(self, name: str, columns: Columns) -> None:
        """Append rows to the file of a table."""
        table = pa.table(columns)
        file = f"{name}.csv.gz"
        packed = self._open[file][0] if file in self._open else None
        packed = packed or self._start(file, table.column_names)
        options = csv.WriteOptions(include_header=False, quoting_style="none")
        for start in range(0, table.num_rows, _ROWS):
            buffer = io.BytesIO()
            csv.write_csv(table.slice(start, _ROWS), buffer, options)
            packed.write(_transcoded(buffer.getvalue()))
        self.rows[file] += table.num_rows

    def write_text(self, name: str, text: str, rows: int) -> None:
        """Write a small UTF-8 file."""
        self._temporary(name).write_text(text, encoding="utf-8", newline="")
        self._done.append((self._temporary(name), self.out / name))
        self.rows[name] = rows

    def finish(self) -> None:
        """Give every file its real name."""
        for name, (packed, raw) in self._open.items():
            packed.close()
            raw.close()
            self._done.append((self._temporary(name), self.out / name))
        self._open.clear()
        for temporary, final in self._done:
            os.replace(temporary, final)

    def abandon(self) -> None:
        """Remove what was begun."""
        for name, (_, raw) in self._open.items():
            raw.close()
            self._temporary(name).unlink(missing_ok=True)
        for temporary, _ in self._done:
            temporary.unlink(missing_ok=True)


def _transcoded(data: bytes) -> bytes:
    return data if data.isascii() else data.decode("utf-8").encode("gb18030")
