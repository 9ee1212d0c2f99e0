"""Errors an analyst may meet: printed in one line, without a traceback.

A message says where, what was found, what was expected and what to do.
"""


class AnomalyError(Exception):
    """Anything the user can put right.

    Parameters
    ----------
    found : str
        Where it is and what was found there.
    expected : str
        What was expected instead.
    todo : str
        What to do about it.

    The attribute ``exit_code`` is what the command line returns.
    """

    exit_code = 2

    def __init__(self, found: str, *, expected: str = "", todo: str = "") -> None:
        self.found, self.expected, self.todo = found, expected, todo
        parts = [found]
        if expected:
            parts.append(f"expected {expected}")
        if todo:
            parts.append(todo)
        super().__init__("; ".join(parts))


class UsageError(AnomalyError):
    """A wrong argument, month, district or parameter."""


class PolicyError(AnomalyError):
    """A policy or mapping file says something that cannot be."""


class DataRefusedError(AnomalyError):
    """The data cannot go in as they are; nothing was written."""

    exit_code = 3


class StoreError(AnomalyError):
    """The store is absent, damaged, or in use by another writer."""
