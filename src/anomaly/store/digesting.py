"""Digests on the way in: SQL asks for them, the key stays outside of SQL."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import duckdb
import pyarrow as pa

from anomaly.errors import DataRefusedError
from anomaly.sources.digests import KEY_VARIABLE, digest_of, key_mark
from anomaly.store.incoming import Incoming
from anomaly.store.store import Store


def teach(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[str], key: bytes
) -> Mapping[str, str]:
    """Let SQL digest the cells of columns; return column -> function of a cell."""
    taught = {column: f"digest_of_{column}" for column in columns}
    for column, name in taught.items():
        # One connection may take loads with one key and another.
        with suppress(duckdb.InvalidInputException):
            connection.remove_function(name)
        connection.create_function(
            name,
            _digester(column, key),
            ["VARCHAR"],
            "VARCHAR",
            type="arrow",
            null_handling="special",
        )
    return taught


def _digester(column: str, key: bytes) -> Callable[[pa.ChunkedArray], pa.Array]:
    def digests(cells: pa.ChunkedArray) -> pa.Array:
        found = [digest_of(column, text, key) for text in cells.to_pylist()]
        return pa.array(found, pa.string())

    return digests


def refuse_other_key(store: Store, files: Sequence[Incoming], key: bytes) -> None:
    """Raise DataRefusedError where a load's key is not that of earlier ones.

    Without a key goes in only what needs none: a master that came anew without its
    digests would take the place of one that has them.
    """
    known = store.catalog.key_mark()
    if not known or key_mark(key) == known:
        return
    needy = [file.name for file in files if file.digests]
    if not key and not needy:
        return
    found = (
        f"another key (mark {key_mark(key)[:8]})" if key else f"no key for {needy[0]}"
    )
    raise DataRefusedError(
        f"{KEY_VARIABLE}: {found}, and digests of two keys never meet",
        expected=f"the key of the store's earlier loads (mark {known[:8]})",
        todo="set it to that key, or load all exports into a new store",
    )
