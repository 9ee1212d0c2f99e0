"""The count: every name, command, indicator, rule and policy key has its entry."""

import re

import pytest
from pages import api, commands, policy_keys, remarks
from pages.count import GENERATED, kinds, lacking

KINDS = kinds()
# A name of each kind, and the line without which no page tells it.
REMOVED = [
    ("public name", "Workspace: Workspace.leads", r"^### `Workspace\.leads`\n"),
    ("command", "anomaly rank", r"^### `anomaly rank`\n"),
    ("command", "anomaly load --strict", r"^\| `--strict` .*\n"),
    ("policy key", "peers.toml: enough", r"^\| `enough` .*\n"),
    ("policy key", "casework.toml: actions[].grade", r"^\| `actions\[\]\.grade` .*\n"),
    ("decision", "003-steps-as-sql-files.md", r"^- .*\(003-steps-as-sql-files\.md\)\n"),
    ("indicator", "drug_share", r"^## `drug_share` .*\n"),
    ("rule", "R02", r"^## R02 .*\n"),
]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_nothing_is_left_without_its_entry(kind):
    names = kind.names()
    assert names
    missing = lacking(names, kind.told(kind.committed()))
    assert missing == [], f"{len(missing)} of {len(names)}: run `make pages`"


@pytest.mark.parametrize(("kind", "name", "line"), REMOVED)
def test_an_entry_that_is_taken_out_is_named(kind, name, line):
    kind = KINDS[kind]
    text, times = re.subn(line, "", kind.committed(), flags=re.MULTILINE)
    assert times >= 1
    assert name in lacking(kind.names(), kind.told(text))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_what_is_new_or_says_nothing_is_named(kind):
    known, told = kind.names(), kind.told(kind.committed())
    first, *_ = known
    assert lacking({**known, "unheard of": "new"}, told) == ["unheard of"]
    assert lacking({**known, first: ""}, told) == [first]


@pytest.mark.parametrize("one", GENERATED, ids=lambda one: one.__name__)
def test_the_page_is_what_the_records_say(one):
    assert one.PAGE.read_text(encoding="utf-8") == one.page(), "run `make pages`"


POLICY = """\
# What the file is of.
#
# grade: how grave
# it is
# spared: whom it spares

basis = "clause 1"
# Speaks of both.
first = "a # b" # and beside it
second = 2
third = [
    1, # of a member
    2,
]

# Head of the table: its keys.
# bared: no key
[table]
bare = true
[[actions]]
id = "one"
grade = "breach"
[[actions]]
id = "two"
grade = "other"
"""


def test_a_key_says_what_stands_beside_or_above_it():
    found = {key.name: key for key in policy_keys.keys_of("x.toml", POLICY)}
    assert {name: key.what for name, key in found.items() if name != "basis"} == {
        "first": "and beside it",
        "second": "Speaks of both.",
        "third": "Speaks of both.",
        "table.bare": "Head of the table: its keys. bared: no key",
        "actions[].id": policy_keys.EVERYWHERE["id"],
        "actions[].grade": "how grave it is",
        "spared": "whom it spares",
    }
    assert found["first"].default == "`a # b`"
    assert found["actions[].grade"].default == "`breach`, `other`"
    assert {key.basis for key in found.values()} == {"clause 1", ""}
    assert found["spared"].default == policy_keys.UNSET
    assert remarks.opening(POLICY) == "What the file is of."


def test_a_command_and_a_name_are_told_as_they_are_called():
    text = commands.page()
    assert "anomaly case step LEAD_ID STATE --store STORE [OPTIONS]" in text
    assert "| `--member` | -, repeatable |" in text
    leads = next(n for n in api.sections()["Workspace"] if n.id == "Workspace.leads")
    assert "    district: str | None = None,\n" in leads.signature
    assert "self" not in leads.signature
