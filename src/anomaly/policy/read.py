"""Policy files as frozen records; a store's own key by key, unknown keys refused."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from decimal import Decimal, InvalidOperation
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


def of_store(name: str, root: Path | str | None, whole: Collection[str] = ()) -> dict:
    """Return a shipped policy with a store's own ROOT/NAME.toml in its place.

    Key by key, records with an `id` one by one; tables named in ``whole`` are taken
    as they are.
    """
    path = Path(root) / f"{name}.toml" if root else None
    return of_file(name, path if path and path.is_file() else None, whole)


def of_file(name: str, path: Path | None, whole: Collection[str] = ()) -> dict:
    """Return a shipped policy with those of a file in its place, if any."""
    cells = dict(policy(name))
    if path is None:
        return cells
    if not path.is_file():
        raise PolicyError(f"{path}: there is none", expected="a policy file")
    return merged(cells, read_toml(path), str(path), whole)


def read_toml(path: Path) -> dict:
    """Return what a TOML file says; PolicyError where it is none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: {error}", expected="TOML in UTF-8") from None


def merged(
    shipped: Mapping, own: Mapping, where: str, whole: Collection[str] = ()
) -> dict:
    """Return the shipped cells with a store's own in their place."""
    found = dict(shipped)
    for key, cell in own.items():
        before = found.get(key)
        if isinstance(before, Mapping) and key not in whole:
            if not isinstance(cell, Mapping):
                raise PolicyError(f"{where}: {key} is {cell!r}", expected="a table")
            found[key] = merged(before, cell, where, whole)
        elif before and isinstance(before, list) and isinstance(before[0], Mapping):
            found[key] = _by_id(before, cell, where, key, whole)
        else:
            found[key] = cell
    return found


def _by_id(
    shipped: list, own: object, where: str, key: str, whole: Collection[str]
) -> list:
    found = {record["id"]: record for record in shipped}
    records = own if isinstance(own, list) else [own]
    for record in records:
        if not isinstance(record, Mapping) or not isinstance(record.get("id"), str):
            raise PolicyError(
                f"{where}: [[{key}]] without an id", expected=f"[[{key}]] with id"
            )
        before = found.get(record["id"], {})
        found[record["id"]] = merged(before, record, where, whole)
    return list(found.values())


def check_basis(basis: object, where: str) -> None:
    """PolicyError where a record does not name the clause it rests on."""
    if not isinstance(basis, str) or not basis.strip():
        raise PolicyError(f"{where}: no basis", expected="the clause it rests on")


def check_flag(cell: object, where: str) -> None:
    """PolicyError where a cell is neither true nor false."""
    if not isinstance(cell, bool):
        raise PolicyError(f"{where}: {cell!r}", expected="true or false")


def check_known(name: object, known: Collection, where: str) -> None:
    """PolicyError where a name is none of those known."""
    if name not in known:
        raise PolicyError(
            f"{where}: '{name}'", expected=f"one of {', '.join(map(str, known))}"
        )


def check_whole(number: object, least: int, most: int, where: str) -> None:
    """PolicyError where a cell is no whole number within bounds."""
    wrong = isinstance(number, bool) or not isinstance(number, int)
    if wrong or not least <= number <= most:
        raise PolicyError(
            f"{where}: {number!r}", expected=f"a number from {least} to {most}"
        )


def as_number(cell: object, where: str) -> Decimal:
    """Return a cell as an exact number of at least nothing; else PolicyError."""
    try:
        number = Decimal(str(cell))
        if not number.is_finite() or number < 0:
            raise InvalidOperation
    except InvalidOperation:
        raise PolicyError(
            f"{where}: {cell!r}", expected='a number such as "5000"'
        ) from None
    return number


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
