"""The count: what must be documented, beside what the committed pages tell."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import indicator_pages
import rule_pages

from anomaly.features.indicator import indicators
from anomaly.rules.rule import rules
from pages import api, commands, decisions, policy_keys

# The generators whose page holds one entry a name.
GENERATED = (policy_keys, commands, api, decisions)


@dataclass(frozen=True)
class Kind:
    """One kind of thing to document: its live names, its pages, how they tell it."""

    id: str
    names: Callable[[], Mapping[str, str]]
    told: Callable[[str], set[str]]
    folder: Path

    def committed(self) -> str:
        """Return the text of the pages as they stand in the repository."""
        paths = [self.folder] if self.folder.is_file() else self.folder.glob("*.md")
        return "\n".join(path.read_text("utf-8") for path in sorted(paths))


def lacking(names: Mapping[str, str], told: set[str]) -> list[str]:
    """Return the names that no page tells, or that say nothing of themselves."""
    return sorted(name for name, what in names.items() if name not in told or not what)


def kinds() -> dict[str, Kind]:
    """Return every kind that is counted, by id."""
    found = [
        Kind("public name", api.names, api.told, api.PAGE),
        Kind("command", commands.names, commands.told, commands.PAGE),
        Kind("policy key", policy_keys.names, policy_keys.told, policy_keys.PAGE),
        Kind("decision", decisions.names, decisions.told, decisions.PAGE),
        Kind("indicator", _indicators, _sections, indicator_pages.PAGES),
        Kind("rule", _rules, _sections, rule_pages.PAGE),
    ]
    return {kind.id: kind for kind in found}


def _indicators() -> dict[str, str]:
    return {name: record.why_it_matters for name, record in indicators().items()}


def _rules() -> dict[str, str]:
    return {name: rule.basis for name, rule in rules().items()}


def _sections(text: str) -> set[str]:
    """Return the ids that head a section of a page of indicators or rules."""
    return set(re.findall(r"^## `?([a-zA-Z]\w+)`? ", text, flags=re.MULTILINE))
