"""PySpark: the engine of a province, over the same files."""

import re
import shutil
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from anomaly.errors import StoreError
from anomaly.store.duckdb_engine import DuckDBEngine, latest_rows
from anomaly.store.spark_session import session
from anomaly.store.transpile import SparkText, spark_type, to_spark

# Spark reads these in a path as a pattern.
PATTERN_SIGNS = re.compile(r"([{}\[\]*?\\])")


@dataclass(frozen=True)
class Shown:
    """What a name stands for (see `Engine.view`): files, and which rows of them."""

    paths: tuple[Path, ...]
    latest: tuple[Sequence[str], str] | None = None
    columns: tuple[str, ...] = ()


class SparkEngine:
    """Steps run on Spark; questions about their results are answered by DuckDB.

    A step joins and sums a month of lines, which may need a cluster; what is read
    afterwards are units and hits, for which starting Spark would only cost time.
    Spark starts at the first `write`. ``embedded`` is also asked which columns
    a text has: its types are those of both engines.

    One step is one file, as with DuckDB, written by one task of Spark after a
    REPARTITION(1). A coalesce(1) would draw the last join into that task, and
    collecting to the driver would hold a province's month of visits in its
    memory; so only the writing is single. None of this was measured on a cluster.
    On a cluster the store lies on a file system that driver and executors share.
    """

    name = "spark"

    def __init__(self, embedded: DuckDBEngine) -> None:
        self.embedded = embedded
        self._shown: dict[str, Shown] = {}
        self._registered: dict[str, Shown] = {}

    @property
    def viewed(self) -> dict[str, list[Path]]:
        return self.embedded.viewed

    @cached_property
    def session(self):
        return session()

    def view(
        self,
        name: str,
        paths: Sequence[Path],
        columns: dict[str, str],
        latest: tuple[Sequence[str], str] | None = None,
    ) -> None:
        self.embedded.view(name, paths, columns, latest)
        self._shown[name] = Shown(tuple(paths), latest, tuple(columns))

    def empty_like(self, name: str, other: str) -> None:
        self.embedded.empty_like(name, other)
        self._shown[name] = Shown(())

    def frame(self, sql: str) -> pd.DataFrame:
        return self.embedded.frame(sql)

    def execute(self, sql: str) -> None:
        self.embedded.execute(sql)

    def scalar(self, sql: str):
        return self.embedded.scalar(sql)

    def text(self, sql: str) -> str:
        return to_spark(sql).whole

    def matching(self, name: str, asked: pd.DataFrame) -> set[tuple[str, ...]]:
        return self.embedded.matching(name, asked)

    def check(self, sql: str) -> None:
        self.embedded.check(sql)
        with self._ready(to_spark(sql)) as text:
            _ = self.session.sql(text.query).schema

    def write(self, sql: str, path: Path) -> int:
        from pyspark.errors import PySparkException

        columns = self.embedded.columns(sql)
        try:
            with self._ready(to_spark(sql)) as text:
                self._write(text.one_file(columns), path)
        except PySparkException as error:
            why = str(error).partition("\n")[0]
            raise StoreError(
                f"'{path.stem}' cannot be built by Spark: {why}",
                todo="build with --engine duckdb",
            ) from error
        return pq.read_metadata(path).num_rows

    def close(self) -> None:
        self.embedded.close()

    def _register(self, name: str, shown: Shown) -> None:
        """Let a name stand for the same rows in Spark as in DuckDB.

        The columns are told to Spark, not asked of the files: a part may lack
        some, and opening each to see would be one more job for each name.
        """
        columns = self.embedded.columns(f"SELECT * FROM {name}")
        if not shown.paths:
            self._no_rows(columns).createOrReplaceTempView(name)
        elif not shown.latest:
            self._files(shown, columns).createOrReplaceTempView(name)
        else:
            files, order = f"{name}__files", shown.latest[1]
            rows = self._files(shown, columns | {order: "BIGINT"})
            rows.createOrReplaceTempView(files)
            query = to_spark(latest_rows(files, *shown.latest)).query
            self.session.sql(query).createOrReplaceTempView(name)

    def _files(self, shown: Shown, columns: dict[str, str]):
        fields = ", ".join(f"`{c}` {spark_type(t)}" for c, t in columns.items())
        addresses = map(_address, shown.paths)
        return self.session.read.schema(fields).parquet(*addresses)

    def _no_rows(self, columns: dict[str, str]):
        cells = ", ".join(
            f"CAST(NULL AS {spark_type(type_)}) AS `{name}`"
            for name, type_ in columns.items()
        )
        return self.session.sql(f"SELECT {cells} WHERE false")

    @contextmanager
    def _ready(self, text: SparkText):
        """Let the names that a text reads stand for their rows while it runs.

        Its parts that are used many times are held for as long.
        """
        for name in sorted(text.reads & set(self._shown)):
            shown = self._shown[name]
            # A file never changes: what stands already need not be said again.
            if not shown.paths or self._registered.get(name) != shown:
                self._register(name, shown)
                self._registered[name] = shown
        frames = {}
        try:
            for name, query in text.kept.items():
                frames[name] = self.session.sql(query).persist()
                frames[name].createOrReplaceTempView(name)
            yield text
        finally:
            for name, frame in frames.items():
                self.session.catalog.dropTempView(name)
                frame.unpersist()

    def _write(self, query: str, path: Path) -> None:
        """Write a query that gives one partition; the file takes its place whole."""
        folder = path.with_suffix(".spark")
        frame = self.session.sql(query)
        frame.write.mode("overwrite").parquet(f"file://{folder.resolve()}")
        (part,) = folder.glob("part-*.parquet")
        part.rename(path)
        shutil.rmtree(folder)


def _address(path: Path) -> str:
    return "file://" + PATTERN_SIGNS.sub(r"\\\1", str(path.resolve()))
