"""Tables of a database, through SQLAlchemy."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any

from anomaly.errors import DataRefusedError, UsageError
from anomaly.sources.cells import CellWriter, csv_bytes, fields_of, header_bytes
from anomaly.sources.mapping import Mapping
from anomaly.sources.source import Found
from anomaly.tables import Table

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection
    from sqlalchemy import Table as SqlTable

BATCH_ROWS = 10_000
SYSTEM_SCHEMAS = {"information_schema", "pg_catalog", "pg_toast", "sys"}
DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}
SHAPE = "postgresql://USER@HOST:PORT/DATABASE or sqlite:///FILE"


class DatabaseTable:
    """One table or view; see `Source`. Its rows are counted from 1.

    Rows come in the order of the table's key, so that the same content gives
    the same fingerprint. Columns that the store does not keep are not asked for.
    """

    delimiter = ","
    first_line = 1
    numbered = False

    def __init__(
        self, database: "Database", name: str, table: Table, sql_table: "SqlTable"
    ) -> None:
        self.name = self.stem = name
        self._database = database
        self._digest: str | None = None
        fields = fields_of([c.name for c in sql_table.columns], table, database.mapping)
        kept = [field for field in fields if field.type]
        self._writer = CellWriter(name, kept)
        self._left_out = len(fields) - len(kept)
        rest = [field for field in fields if not field.type]
        self.header = tuple(field.header for field in [*kept, *rest])
        by_name = {field.name: sql_table.columns[field.header] for field in kept}
        self._columns = [by_name[field.name] for field in kept]
        self._order = [by_name[key] for key in table.key if key in by_name]

    def digest(self) -> str | None:
        """Return the fingerprint of what was read, None before."""
        return self._digest

    def chunks(self) -> Iterator[bytes]:
        """Yield CSV in batches, the columns that are not kept empty at the end."""
        from sqlalchemy import select

        hasher = sha256(f"{self.name}".encode())
        query = select(*self._columns).order_by(*self._order)
        line = count(1)
        yield self._hashed(hasher, header_bytes(self.header))
        for rows in self._database.batches(query, self.name):
            lines = [next(line) for _ in rows]
            columns = self._writer.columns(rows, lines)
            columns += [[""] * len(rows)] * self._left_out
            yield self._hashed(hasher, csv_bytes(columns))
        self._digest = hasher.hexdigest()

    @staticmethod
    def _hashed(hasher: Any, chunk: bytes) -> bytes:
        hasher.update(chunk)
        return chunk


class Database:
    """One read-only connection; all tables are read in its one snapshot.

    Neither user nor password stands in any message.
    """

    def __init__(self, text: str, mapping: Mapping) -> None:
        self.mapping = mapping
        self.url = _url(text)
        self._connection = self._connect()

    def _connect(self) -> "Connection":
        from sqlalchemy import create_engine
        from sqlalchemy.exc import SQLAlchemyError
        from sqlalchemy.pool import NullPool

        self._refuse_absent_file()
        try:
            engine = create_engine(self.url, poolclass=NullPool, hide_parameters=True)
        except (ImportError, SQLAlchemyError) as error:
            raise UsageError(
                f"--from {self.place}: no driver ({_first_line(error)})",
                expected=SHAPE,
                todo="install the driver of that database",
            ) from None
        with self._refusing():
            connection = engine.connect()
            if self.url.get_backend_name() == "postgresql":
                # A month that is being written to is read as of one moment.
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            return connection

    def _refuse_absent_file(self) -> None:
        """SQLite would make an empty file where there is none."""
        from pathlib import Path

        is_file = self.url.get_backend_name() == "sqlite" and self.url.database
        if is_file and not Path(self.url.database).is_file():
            raise UsageError(
                f"--from {self.place}: no such file", expected="sqlite:///FILE"
            )

    @property
    def place(self) -> str:
        """The address without user, password and options."""
        host = f"{self.url.host or ''}{f':{self.url.port}' if self.url.port else ''}"
        return f"{self.url.get_backend_name()}://{host}/{self.url.database or ''}"

    @contextmanager
    def _refusing(self, what: str = "") -> Iterator[None]:
        """Whatever the database refuses is one line, without its secrets."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except SQLAlchemyError as error:
            reason = self._scrubbed(_first_line(getattr(error, "orig", None) or error))
            raise DataRefusedError(
                f"--from {self.place}{what}: {reason}",
                expected="a database that can be reached and read",
                todo="check address, account and rights",
            ) from None

    def _scrubbed(self, text: str) -> str:
        options = [value for value in self.url.query.values() if value]
        for secret in (self.url.password, self.url.username, *options):
            if secret:
                # A whole word: an account 'u' does not eat the u of 'refused'.
                text = re.sub(rf"(?<!\w){re.escape(str(secret))}(?!\w)", "***", text)
        return text

    def found(self) -> Found:
        """Return every table and view that the mapping knows, with its schema."""
        from sqlalchemy import MetaData
        from sqlalchemy import Table as SqlTable

        found = Found()
        with self._refusing():
            for schema, name, full in self._names():
                table = self.mapping.table_of(full)
                if table is None:
                    found.not_recognised.append(full)
                    continue
                sql_table = SqlTable(
                    name, MetaData(), schema=schema, autoload_with=self._connection
                )
                found.sources.append(DatabaseTable(self, full, table, sql_table))
        return found

    def _names(self) -> Iterator[tuple[str, str, str]]:
        """Yield schema, name, and the name in full of every table and view."""
        from sqlalchemy import inspect

        inspector = inspect(self._connection)
        partitions = self._partitions()
        for schema in inspector.get_schema_names():
            if schema in SYSTEM_SCHEMAS:
                continue
            names = {*inspector.get_table_names(schema)}
            names.update(inspector.get_view_names(schema))
            for name in sorted(names):
                if (schema, name) not in partitions:
                    is_default = schema == inspector.default_schema_name
                    yield schema, name, name if is_default else f"{schema}.{name}"

    def _partitions(self) -> set[tuple[str, str]]:
        """The parts of partitioned tables, which are read with their whole."""
        from sqlalchemy import text

        if self.url.get_backend_name() != "postgresql":
            return set()
        query = text(
            "SELECT n.nspname, c.relname FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relispartition"
        )
        return {(schema, name) for schema, name in self._connection.execute(query)}

    def batches(self, query: Any, name: str) -> Iterator[list]:
        """Yield rows in batches from a cursor that stays on the server."""
        with self._refusing(f", table {name}"):
            options = {"stream_results": True, "yield_per": BATCH_ROWS}
            result = self._connection.execute(query, execution_options=options)
            yield from result.partitions(BATCH_ROWS)

    def close(self) -> None:
        self._connection.close()
        self._connection.engine.dispose()


def _url(text: str) -> "URL":
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The text is not repeated: it may hold a password.
        raise UsageError("--from is no database address", expected=SHAPE) from None
    return url.set(drivername=DRIVERS.get(url.drivername, url.drivername))


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
