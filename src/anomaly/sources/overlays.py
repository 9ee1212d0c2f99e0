"""Mapping files as written: read, checked, and followed to what they extend."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from pathlib import Path

from anomaly.errors import PolicyError
from anomaly.sources.dictionaries import dictionaries, read_code, refuse_odd
from anomaly.tables import tables

SECTIONS = ("extends", "tables", "columns", "dictionaries", "derived")
RULE_KEYS = ("from", "default", "dictionary")


@dataclass(frozen=True)
class Record:
    """One mapping file: the names and codes it gives, as they stand in it."""

    path: Path
    text: str
    tables: dict[str, str]
    columns: dict[str, dict[str, str]]
    dictionaries: dict[str, dict[str, str]]
    derived: dict[str, dict[str, dict]]


def read_records(path: Path) -> list[Record]:
    """Return a mapping file and those it extends, the outermost base first.

    Raises PolicyError where one is absent, is no TOML, says what cannot be, or
    extends itself.
    """
    found: list[Record] = []
    seen: list[Path] = []
    following: Path | None = path
    while following:
        if following.resolve() in seen:
            steps = " -> ".join(one.name for one in [*seen, following])
            raise PolicyError(
                f"mapping {path.name}: extends itself ({steps})",
                expected="a chain that ends in 'national'",
            )
        seen.append(following.resolve())
        text, cells = _read(following)
        found.insert(0, _checked(following, text, cells))
        following = _base(following, cells.get("extends"))
    return found


def _base(path: Path, extends: object) -> Path | None:
    """Return the file that a mapping extends: shipped, or beside it."""
    if extends is None:
        return None
    if not isinstance(extends, str) or not extends:
        raise PolicyError(
            f"mapping {path.name}: extends is {extends!r}",
            expected="'national' or a TOML file",
        )
    if extends.endswith(".toml"):
        return path.parent / extends
    folder = files("anomaly.sources").joinpath("mappings")
    return Path(str(folder.joinpath(f"{extends}.toml")))


def _read(path: Path) -> tuple[str, dict]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise PolicyError(
            f"mapping '{path.stem if _is_shipped(path) else path}' does not exist",
            expected="'national' or a TOML file",
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(f"mapping {path.name}: {error}") from None


def _is_shipped(path: Path) -> bool:
    return str(path.parent) == str(files("anomaly.sources").joinpath("mappings"))


def _checked(path: Path, text: str, cells: dict) -> Record:
    refuse_unknown(path, "key", cells, SECTIONS)
    names = _section(path, cells, "tables")
    _texts(path, "tables", names)
    refuse_unknown(path, "table", filter(None, names.values()), tables())
    return Record(
        path=path,
        text=text,
        tables=names,
        columns=_columns(path, _section(path, cells, "columns")),
        dictionaries=_dictionaries(path, _section(path, cells, "dictionaries")),
        derived=_derived(path, _section(path, cells, "derived")),
    )


def _columns(path: Path, columns: dict) -> dict:
    refuse_unknown(path, "table", columns, tables())
    for table in columns:
        named = _section(path, columns, table)
        _texts(path, f"columns.{table}", named)
        known = [column.name for column in tables()[table].columns]
        refuse_unknown(path, f"column of {table}", filter(None, named.values()), known)
    return columns


def _dictionaries(path: Path, codes: dict) -> dict:
    refuse_unknown(path, "dictionary", codes, dictionaries())
    for name in codes:
        for code, text in _section(path, codes, name).items():
            read_code(code, text, f"mapping {path.name}: {name}")
    return codes


def _derived(path: Path, derived: dict) -> dict:
    refuse_unknown(path, "table", derived, tables())
    for table in derived:
        rules = _section(path, derived, table)
        known = {column.name: column for column in tables()[table].columns}
        made = [name for name, column in known.items() if column.derived]
        refuse_unknown(path, f"derived column of {table}", rules, made)
        for column in rules:
            _rule(path, table, known, _section(path, rules, column))
    return derived


def _rule(path: Path, table: str, known: dict, rule: dict) -> None:
    """A rule names its source; every further key is a group's list of codes."""
    for key in ("from", "default"):
        if key not in rule:
            raise PolicyError(f"mapping {path.name}: derived.{table} lacks '{key}'")
    refuse_unknown(path, f"column of {table}", [rule["from"]], known)
    if "dictionary" in rule:
        refuse_unknown(path, "dictionary", [rule["dictionary"]], dictionaries())
    others = [k for k, v in rule.items() if not isinstance(v, list)]
    refuse_unknown(path, f"key of derived.{table}", others, RULE_KEYS)
    groups = {key: value for key, value in rule.items() if isinstance(value, list)}
    for word in [rule["default"], *groups, *chain.from_iterable(groups.values())]:
        refuse_odd(word, f"mapping {path.name}: derived.{table}")


def _section(path: Path, cells: dict, name: str) -> dict:
    section = cells.get(name, {})
    if not isinstance(section, dict):
        raise PolicyError(
            f"mapping {path.name}: '{name}' is {section!r}", expected="a table [...]"
        )
    return section


def _texts(path: Path, where: str, names: dict) -> None:
    for key, value in names.items():
        if not isinstance(value, str):
            raise PolicyError(
                f"mapping {path.name}: {where} '{key}' is {value!r}", expected="a text"
            )


def refuse_unknown(
    path: Path, what: str, found: Iterable[str], known: Iterable[str]
) -> None:
    """Raise PolicyError for the first name found that is not known."""
    unknown = sorted(str(name) for name in set(found) - set(known))
    if unknown:
        raise PolicyError(
            f"mapping {path.name}: unknown {what} '{unknown[0]}'",
            expected=f"one of {', '.join(sorted(known))}",
        )
