"""Drawn worlds for rules, one a rule: what is caught, what is excluded, what is spared.

A file of `tests/spec/rules`, named after its rule, is a world of `drawn_indicators`
with its ``month``. ``expect`` names what the rule catches by visit, settlement or unit:
a number is the amount at stake of its rows together, a text the exclusion that spares
it. What is not named is not caught; ids say why (``Vnear...``).
"""

from pathlib import Path

import pandas as pd
from drawn_indicators import read_world

FOLDER = Path(__file__).parent / "spec" / "rules"


def worlds() -> dict[str, dict]:
    """Return every rule's world by the rule."""
    return {path.stem: read_world(path) for path in sorted(FOLDER.glob("*.toml"))}


def caught(hits: pd.DataFrame) -> dict[str, float | str]:
    """Return what hits say, as `expect` does."""
    names = hits["visit_id"].fillna(hits["settlement_id"]).fillna(hits["unit_id"])
    found: dict[str, float | str] = {}
    for name, row in zip(names, hits.to_dict("records"), strict=True):
        assert row["reason"], name
        assert row["reason_en"], name
        if row["excluded"]:
            assert row["exclusion_en"], name
            found[name] = row["exclusion"]
        else:
            found[name] = round(found.get(name, 0) + row["amount"], 2)
    return found
