"""Policy files as frozen records; an unknown key is refused."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from anomaly.errors import PolicyError

Record = TypeVar("Record")


@cache
def policy(name: str) -> Mapping:
    """Return a shipped policy file, such as 'peers', as a read-only mapping."""
    path = files("anomaly.policy").joinpath(f"{name}.toml")
    return MappingProxyType(tomllib.loads(path.read_text(encoding="utf-8")))


def as_record(kind: type[Record], cells: Mapping, where: str) -> Record:
    """Make a dataclass from a mapping; PolicyError on unknown or missing keys."""
    known = {field.name: field for field in fields(kind)}
    unknown = sorted(set(cells) - set(known))
    if unknown:
        raise PolicyError(
            f"{where}: unknown key '{unknown[0]}'",
            expected=f"one of {', '.join(known)}",
        )
    for name, field in known.items():
        no_default = field.default is MISSING and field.default_factory is MISSING
        if no_default and name not in cells:
            raise PolicyError(f"{where}: key '{name}' is missing")
    return kind(**cells)


def own_policy(name: str, root: Path | None, path: Path | None = None) -> dict:
    """Return a shipped policy with a store's own NAME.toml, or a file's, in its place.

    Key by key, records with an `id` one by one; PolicyError where it cannot be read.
    """
    cells = dict(policy(name))
    for own in (Path(root) / f"{name}.toml" if root else None, path):
        if own and own.is_file():
            cells = _merged(cells, _read(own), str(own))
        elif own and own is path:
            raise PolicyError(f"{own}: there is none", expected="a policy file")
    return cells


def _read(path: Path) -> dict:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: {error}", expected="TOML in UTF-8") from None


def _merged(shipped: Mapping, own: Mapping, where: str) -> dict:
    """Return the shipped cells with a store's own in their place."""
    found = dict(shipped)
    for key, cell in own.items():
        before = found.get(key)
        if isinstance(before, Mapping) and key != "steps":
            if not isinstance(cell, Mapping):
                raise PolicyError(f"{where}: {key} is {cell!r}", expected="a table")
            found[key] = _merged(before, cell, where)
        elif before and isinstance(before, list) and isinstance(before[0], Mapping):
            found[key] = _by_id(before, cell, where, key)
        else:
            found[key] = cell
    return found


def _by_id(shipped: list, own: object, where: str, key: str) -> list:
    found = {record["id"]: record for record in shipped}
    records = own if isinstance(own, list) else [own]
    for record in records:
        if not isinstance(record, Mapping) or not isinstance(record.get("id"), str):
            raise PolicyError(
                f"{where}: [[{key}]] without an id", expected=f"[[{key}]] with id"
            )
        before = found.get(record["id"], {})
        found[record["id"]] = _merged(before, record, where)
    return list(found.values())
