"""From a bureau's table and field names to the canonical ones."""

import re
import unicodedata
from collections.abc import Mapping as Lookup
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from anomaly.sources.dictionaries import Dictionary, dictionaries, shipped_text
from anomaly.sources.overlays import Record, read_records
from anomaly.tables import Table, tables


@dataclass(frozen=True)
class Mapping:
    """Names of tables and columns, and the codes; all lookups ignore case.

    ``columns`` holds, by canonical table, every known header in the form of
    `plain` -> canonical column.
    """

    name: str
    tables: dict[str, str]
    columns: dict[str, dict[str, str]]
    derived: dict[str, dict[str, dict]]
    digest: str
    dictionaries: Lookup[str, Dictionary]

    def table_of(self, stem: str) -> Table | None:
        """Return the table that a file, sheet or database table holds, or None.

        ``setl_d``, ``SETL_D_202606``, ``SETLCENT_DB.SETL_D`` and ``结算`` are all
        settlements; parts of a table may be numbered or dated.
        """
        for part in plain(stem).split("."):
            name = self.tables.get(undated(part))
            if name:
                return tables()[name]
        return None

    def match(self, table: Table, header: tuple[str, ...]) -> dict[str, int]:
        """Return canonical column name -> position, for the columns known.

        The first of two cells that mean the same column wins.
        """
        names = self.columns[table.name]
        found: dict[str, int] = {}
        for position, cell in enumerate(header):
            canonical = names.get(plain(cell))
            if canonical:
                found.setdefault(canonical, position)
        return found


def plain(name: str) -> str:
    """Return a name as it is looked up: narrow forms, lower case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", name).lower().split())


def undated(stem: str) -> str:
    """Return a file's stem without the numbers or dates at its end."""
    return re.sub(r"([_-]?\d+)+$", "", stem)


def load_mapping(name: str = "national") -> Mapping:
    """Load a shipped mapping by name or a bureau's own TOML file by path.

    A file that says ``extends = "national"`` changes only what it names.
    Raises PolicyError where it is absent, is no TOML, names an unknown key,
    table, column or dictionary, or extends itself.
    """
    if name.endswith(".toml"):
        return _merged(read_records(Path(name)))
    return _shipped(name)


@cache
def _shipped(name: str) -> Mapping:
    folder = files("anomaly.sources").joinpath("mappings")
    return _merged(read_records(Path(str(folder.joinpath(f"{name}.toml")))))


def _merged(records: list[Record]) -> Mapping:
    """Make one mapping of the records, each overlaying those before it."""
    codes = dict(dictionaries())
    for record in records:
        for name, own in record.dictionaries.items():
            codes[name] = codes[name].extended(own, f"mapping {record.path.name}")
    texts = "".join(record.text for record in records) + shipped_text()
    return Mapping(
        name=records[-1].path.stem,
        tables=_table_names(records),
        columns={name: _column_names(table, records) for name, table in _all()},
        derived=_derived(records, codes),
        digest=sha256(texts.encode()).hexdigest(),
        dictionaries=codes,
    )


def _all():
    return tables().items()


def _overlaid(names: dict[str, str], layers: list[dict[str, str]]) -> dict[str, str]:
    """Lay names over names; an empty text takes a name out."""
    found = {plain(key): value for key, value in names.items()}
    for layer in layers:
        found |= {plain(key): value for key, value in layer.items()}
    return {key: value for key, value in found.items() if value}


def _table_names(records: list[Record]) -> dict[str, str]:
    names = {table.zh: name for name, table in _all()} | {
        name: name for name, _ in _all()
    }
    return _overlaid(names, [record.tables for record in records])


def _column_names(table: Table, records: list[Record]) -> dict[str, str]:
    names = {column.zh: column.name for column in table.columns}
    names |= {column.name: column.name for column in table.columns}
    return _overlaid(names, [record.columns.get(table.name, {}) for record in records])


def _derived(
    records: list[Record], codes: dict[str, Dictionary]
) -> dict[str, dict[str, dict]]:
    """Return the rules of derived columns, each with the groups of its codes."""
    found: dict[str, dict[str, dict]] = {}
    for record in records:
        for table, rules in record.derived.items():
            found.setdefault(table, {}).update(rules)
    return {
        table: {column: _with_groups(rule, codes) for column, rule in rules.items()}
        for table, rules in found.items()
    }


def _with_groups(rule: dict, codes: dict[str, Dictionary]) -> dict:
    groups = codes[rule["dictionary"]].groups if "dictionary" in rule else {}
    return groups | {key: value for key, value in rule.items() if key != "dictionary"}
