"""Tables of knowledge as steps: their rows are their text, and so their key."""

from collections.abc import Iterable
from pathlib import Path

from anomaly.policy.knowledge import COLUMNS, knowledge, known_rows
from anomaly.store.steps import Step

PREFIX = "known_"
# Column of the step -> its type; `limit` is a word of SQL's own.
TYPES = {
    "item_code": "VARCHAR",
    "other_code": "VARCHAR",
    "limit_value": "DECIMAL(18, 4)",
    "valid_from": "DATE",
    "valid_to": "DATE",
    "source": "VARCHAR",
}


def known_steps(root: Path | None = None) -> dict[str, Step]:
    """Return a step `known_NAME` for every table, the store's own files first."""
    return {
        f"{PREFIX}{name}": Step(
            name=f"{PREFIX}{name}",
            sql=_select(known_rows(name, root)),
            needs=(),
            about=table.en,
        )
        for name, table in knowledge().items()
    }


def _select(rows: Iterable[dict[str, str]]) -> str:
    """Return the rows as a query; without any, one that gives none."""
    names = ", ".join(TYPES)
    given = [f"({', '.join(_quoted(row[name]) for name in COLUMNS)})" for row in rows]
    blank = f"({', '.join(['NULL'] * len(COLUMNS))})"
    values = ",\n    ".join(given or [blank])
    cells = ",\n    ".join(
        f"CAST({name} AS {kind}) AS {name}" for name, kind in TYPES.items()
    )
    return (
        f"SELECT\n    {cells}\nFROM (VALUES\n    {values}\n) AS t ({names})"
        "\nWHERE item_code IS NOT NULL"
    )


def _quoted(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'" if text else "CAST(NULL AS VARCHAR)"
