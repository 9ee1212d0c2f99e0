"""From a bureau's table and field names to the canonical ones."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from anomaly.errors import PolicyError
from anomaly.tables import Table, tables

SECTIONS = {"tables", "columns", "derived"}


@dataclass(frozen=True)
class Mapping:
    """Names of tables and columns; all lookups ignore case."""

    name: str
    tables: dict[str, str]
    columns: dict[str, dict[str, str]]
    derived: dict[str, dict[str, dict]]
    digest: str

    def table_of(self, stem: str) -> Table | None:
        """Return the table that a file, sheet or database table holds, or None.

        ``setl_d``, ``SETL_D_202606``, ``ods.setl_d`` and ``结算`` are all
        settlements; parts of a table may be numbered or dated.
        """
        stem = re.sub(r"([_-]?\d+)+$", "", stem.strip().lower())
        name = self.tables.get(stem) or self.tables.get(stem.rpartition(".")[2])
        return tables()[name] if name else None

    def match(self, table: Table, header: tuple[str, ...]) -> dict[str, int]:
        """Return canonical column name -> position, for the columns known.

        The first of two cells that mean the same column wins.
        """
        names = self.columns[table.name]
        found: dict[str, int] = {}
        for position, cell in enumerate(header):
            canonical = names.get(cell.lower())
            if canonical:
                found.setdefault(canonical, position)
        return found


def load_mapping(name: str = "national") -> Mapping:
    """Load a shipped mapping by name or a bureau's own TOML file by path.

    Raises PolicyError where it is absent, is no TOML, or names an unknown
    table or column.
    """
    if name.endswith(".toml"):
        return _read(Path(name))
    return _shipped(name)


@cache
def _shipped(name: str) -> Mapping:
    folder = files("anomaly.sources").joinpath("mappings")
    return _read(Path(str(folder.joinpath(f"{name}.toml"))))


def _read(path: Path) -> Mapping:
    try:
        text = path.read_text(encoding="utf-8")
        record = tomllib.loads(text)
    except FileNotFoundError:
        raise PolicyError(
            f"mapping '{path}' does not exist",
            expected="'national' or a TOML file",
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(f"mapping {path.name}: {error}") from None
    _refuse_unknown(path, "section", record.keys(), SECTIONS)
    _refuse_unknown(path, "table", record.get("tables", {}).values(), tables().keys())
    columns = record.get("columns", {})
    _refuse_unknown(path, "table", columns.keys(), tables().keys())
    for name, fields in columns.items():
        known = {column.name for column in tables()[name].columns}
        _refuse_unknown(path, f"column of {name}", fields.values(), known)
    return Mapping(
        name=path.stem,
        tables=_table_names(record.get("tables", {})),
        columns={
            name: _column_names(table, columns) for name, table in tables().items()
        },
        derived=record.get("derived", {}),
        digest=sha256(text.encode()).hexdigest(),
    )


def _table_names(own: dict[str, str]) -> dict[str, str]:
    names = {table.zh: name for name, table in tables().items()}
    names |= {name: name for name in tables()}
    return names | {key.lower(): value for key, value in own.items()}


def _column_names(table: Table, columns: dict) -> dict[str, str]:
    names = {column.zh: column.name for column in table.columns}
    names |= {column.name: column.name for column in table.columns}
    own = columns.get(table.name, {})
    return names | {key.lower(): value for key, value in own.items()}


def _refuse_unknown(path: Path, what: str, found, known) -> None:
    unknown = sorted(set(found) - set(known))
    if unknown:
        raise PolicyError(
            f"mapping {path.name}: unknown {what} '{unknown[0]}'",
            expected=f"one of {', '.join(sorted(known))}",
        )
