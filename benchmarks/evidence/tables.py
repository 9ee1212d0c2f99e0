"""What a command finds, row by row, as a table in Markdown or as lines of JSON."""

import json
import math
from collections.abc import Iterable

from alarms import Measured


def say(title: str, rows: Iterable[dict], as_json: bool) -> None:
    """Print rows that share their columns, each as soon as it is known."""
    if not as_json:
        print(f"\n{title}\n")
    for number, row in enumerate(rows):
        if as_json:
            plain = {key: _plain(cell) for key, cell in row.items()}
            print(json.dumps({"table": title, **plain}), flush=True)
            continue
        if not number:
            print(f"| {' | '.join(row)} |\n|{'---|' * len(row)}")
        print(f"| {' | '.join(_text(cell) for cell in row.values())} |", flush=True)


def _text(cell: object) -> str:
    match cell:
        case list():
            return " / ".join(str(Measured(each.value)) for each in cell)
        case int():
            return f"{cell:,}"
        case float():
            return f"{cell:.2f}"
        case _:
            return str(cell)


def _plain(cell: object) -> object:
    """Return a cell as JSON knows it: a figure with its error, null where unknown."""
    match cell:
        case list():
            return [_plain(each) for each in cell]
        case Measured():
            pair = (cell.value, cell.error)
            return [None if math.isnan(one) else float(one) for one in pair]
        case _:
            return cell
