"""Loading exports: one batch, wholly in or wholly out."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from anomaly.errors import DataRefusedError
from anomaly.sources.digests import given_key
from anomaly.sources.discovery import sources
from anomaly.sources.mapping import Mapping
from anomaly.sources.source import Found, Source, TextOptions
from anomaly.store.batch import Batch, LoadReport
from anomaly.store.digesting import refuse_other_key
from anomaly.store.incoming import Incoming
from anomaly.store.store import Store
from anomaly.tables import Table, tables

# What stands in a row and heads no column: ids, identity numbers, dates, times.
VALUE = re.compile(r"[\d\-/:. ]+[Xx]?")
VALUE_DIGITS = 6
Progress = Callable[[str, int, int], None]


def describe(found: Found, mapping: Mapping) -> list[Incoming]:
    """Match every source to its table; return them in table order."""
    incoming = []
    for source in found.sources:
        table = mapping.table_of(source.stem)
        columns = mapping.match(table, source.header)
        _refuse_values(source)
        _refuse_missing(source.name, table, columns, mapping)
        incoming.append(Incoming(source, table, columns))
    order = list(tables())
    incoming.sort(key=lambda one: (order.index(one.table.name), one.name))
    return incoming


def _refuse_values(source: Source) -> None:
    """A header that has run into a row holds a person's data: it is not kept.

    Headers that no mapping knows are noted in the catalog; names of people are
    not told from names of columns, but the numbers and times beside them are.
    """
    for place, cell in enumerate(source.header, start=1):
        if VALUE.fullmatch(cell) and sum(map(str.isdigit, cell)) >= VALUE_DIGITS:
            raise DataRefusedError(
                f"{source.name}: cell {place} of the header is a number or a time",
                expected="a first line that holds the names of the columns only",
                todo="export it again with its header on a line of its own",
            )


def _refuse_missing(
    name: str, table: Table, columns: dict[str, int], mapping: Mapping
) -> None:
    for column in table.columns:
        if column.required and column.name not in columns:
            own = mapping.columns[table.name].items()
            names = [k for k, v in own if v == column.name and k != v]
            raise DataRefusedError(
                f"{name}: required column '{column.name}' is missing",
                expected=f"a column headed {' or '.join(names) or column.name}",
                todo="export it, or name its header in a mapping file",
            )


def _refuse_absent_tables(
    store: Store, files: list[Incoming], others: Sequence[str]
) -> None:
    aside = f"; by their names no table: {', '.join(others[:5])}" if others else ""
    given = {file.table.name for file in files}
    for table in tables().values():
        if table.required and table.name not in given and not store.has(table.name):
            raise DataRefusedError(
                f"table '{table.name}' ({table.zh}) is missing{aside}",
                expected="files for settlement, visit and charge"
                " (setl_d, mdtrt_d, fee_list_d)",
                todo="put its export beside the others and load again",
            )


def load(
    store: Store,
    paths: Sequence[Path],
    mapping: Mapping,
    progress: Progress | None = None,
    *,
    options: TextOptions | None = None,
    url: str = "",
    replaces: str = "",
    strict: bool = False,
    key: bytes | None = None,
) -> LoadReport:
    """Take exports into the store as one batch.

    ``paths`` are files and folders; ``url`` names a database whose tables are
    read too; ``options`` say how text files are written where that cannot be
    told. ``replaces`` names an earlier batch whose rows all leave in the same
    transaction; ``strict`` refuses a batch with more quarantined rows than the
    policy allows. ``key`` is that of the digests of personal columns, by default
    the one in the environment; without any they are left out. Raises UsageError
    for a path, address, batch or key that is none, DataRefusedError for a missing
    table or column, another key than before, what cannot be read or a batch
    refused; then nothing was written.
    """
    text = options or TextOptions()
    key = given_key() if key is None else key
    with (
        store.locked(),
        sources(paths, mapping, text, scratch=store.scratch, url=url) as found,
    ):
        files = describe(found, mapping)
        report = LoadReport(not_recognised=found.not_recognised, empty=found.empty)
        _refuse_absent_tables(store, files, found.not_recognised)
        refuse_other_key(store, files, key)
        batch = Batch(store, mapping, report, replaces=replaces, key=key)
        for done, file in enumerate(files):
            if progress:
                progress(file.name, done, len(files))
            batch.take(file)
        batch.commit(replaces=replaces, strict=strict)
        if progress:
            progress("", len(files), len(files))
    return report
