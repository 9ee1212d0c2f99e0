"""The shared steps in plain loops: what each must hold, from what it means.

A reference takes tables (name -> rows; a row of a table or step kept by month says
its ``month``) and a month, and returns the rows of the step for that month. Tables
are those of the store; steps that it reads are the engine's own rows.
"""

from collections.abc import Callable
from datetime import date
from types import ModuleType

from reference import (
    bills,
    care,
    cases,
    districts,
    items,
    lists,
    persons,
    pharmacies,
    screen,
    stays,
    units,
    visits,
)
from reference.rows import Row, Tables
from reference.settings import steps

FAMILIES: tuple[ModuleType, ...] = (
    bills,
    care,
    cases,
    districts,
    items,
    lists,
    persons,
    pharmacies,
    screen,
    stays,
    units,
    visits,
)
Reference = Callable[[Tables, date], list[Row]]


def references() -> dict[str, Reference]:
    """Return the reference of each step that has one, by the step's name."""
    return {
        step.name: getattr(family, step.name)
        for step in steps()
        for family in FAMILIES
        if hasattr(family, step.name)
    }
