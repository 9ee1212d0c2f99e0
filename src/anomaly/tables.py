"""Every table that crosses a room: canonical names, types, keys and marks.

The records stand in tables.toml beside this module; names follow GLOSSARY.md.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# Money is exact to the fen; nothing becomes a float until a ratio is formed.
SQL_TYPES = {
    "text": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "money": "DECIMAL(18,2)",
    "price": "DECIMAL(18,6)",
    "quantity": "DECIMAL(18,4)",
    "number": "DOUBLE",
    "flag": "BOOLEAN",
}
ID_ENDINGS = ("_id", "_no", "_code")
CODE_ENDINGS = (
    *ID_ENDINGS,
    "district",
    "month",
    "type",
    "class",
    "category",
    "level",
    "rule",
)


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    ``required``: a row without it is quarantined. ``drop``: personal, never
    stored. ``digest``: personal, stored as a keyed digest only. ``derived``: made
    at the door from other columns.
    """

    name: str
    type: str
    zh: str
    required: bool = False
    drop: bool = False
    digest: bool = False
    derived: bool = False

    @property
    def personal(self) -> bool:
        return self.drop or self.digest

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.type]

    @property
    def is_id(self) -> bool:
        return self.type == "text" and self.name.endswith(ID_ENDINGS)

    @property
    def is_free_text(self) -> bool:
        """Whether people read it, not programs: a name, an address, a bed."""
        return self.type == "text" and not self.name.endswith(CODE_ENDINGS)


@dataclass(frozen=True)
class Table:
    """One canonical table.

    ``month`` is '' for a master, 'settlement' where a row takes the month of
    its settlement, or the name of the timestamp column that gives the month.
    Where ``latest``, as in masters, a later row of a key supersedes the earlier.
    ``order`` holds pairs of columns, a beginning and its end.
    """

    name: str
    zh: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    required: bool = False
    month: str = ""
    latest: bool = False
    money: str = ""
    order: tuple[tuple[str, str], ...] = ()

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def streams(self) -> bool:
        """Whether its rows only follow settlements: then no row needs another's."""
        return self.month == "settlement" and not self.latest

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns that the store keeps."""
        return tuple(column for column in self.columns if not column.drop)

    @property
    def digests(self) -> tuple[str, ...]:
        """The names of the columns that are kept as digests only."""
        return tuple(column.name for column in self.columns if column.digest)


def _column(name: str, text: str) -> Column:
    type_, zh, *marks = (part.strip() for part in text.split("|"))
    return Column(name, type_, zh, **dict.fromkeys(marks, True))


def _table(name: str, record: dict) -> Table:
    columns = tuple(_column(*item) for item in record.pop("columns").items())
    order = tuple(tuple(pair) for pair in record.pop("order", ()))
    key = tuple(record.pop("key"))
    return Table(name, columns=columns, key=key, order=order, **record)


@cache
def tables() -> dict[str, Table]:
    """Return all canonical tables by name, in the order they are loaded."""
    text = files("anomaly").joinpath("tables.toml").read_text(encoding="utf-8")
    return {name: _table(name, record) for name, record in tomllib.loads(text).items()}
