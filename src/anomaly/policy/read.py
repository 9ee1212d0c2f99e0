"""Policy files as frozen records; an unknown key is refused."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from importlib.resources import files
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
