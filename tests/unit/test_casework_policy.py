"""The casework policy: a bureau's own in place of the shipped, key by key."""

from datetime import date
from decimal import Decimal

import pytest

from anomaly.errors import PolicyError
from anomaly.policy.casework import casework
from anomaly.policy.working_days import (
    add_working_days,
    is_working_day,
    on_or_after,
    on_or_before,
)


def own(folder, text: str):
    (folder / "casework.toml").write_text(text, encoding="utf-8")
    return casework(folder)


def test_a_store_changes_only_what_it_names(tmp_path):
    shipped = casework()
    mine = own(
        tmp_path,
        'procedure = "longmatan"\n[deadlines.working_days]\nnotified = 3\n'
        '[leader_from]\nclinic = "800"\n[[actions]]\nid = "interview"\nleader = true\n',
    )
    assert mine.procedure == "longmatan"
    assert mine.deadlines.working_days == {
        **shipped.deadlines.working_days,
        "notified": 3,
    }
    assert (mine.leader_from.clinic, mine.leader_from.hospital) == (800, 30_000)
    changed = {action.id: action.leader for action in mine.actions}
    assert changed == {a.id: a.leader or a.id == "interview" for a in shipped.actions}


def test_the_notices_stand_in_the_shipped_policy():
    shipped = casework()
    assert shipped.deciders.everyone == []
    assert shipped.panel.least == 3
    assert shipped.deadlines.decide_by_day == 5
    assert shipped.rewards.cap == Decimal(100_000)
    penalty = next(a for a in shipped.actions if a.id == "penalty")
    assert list(penalty.multiple) == [2, 5]
    grave = {action.id for action in shipped.actions if action.leader}
    assert grave == {"suspension", "termination", "suspend_settlement"}
    steps = ["调查取证", "初步认定", "结果告知", "异议处理", "审查确认"]
    names = "".join(shipped.procedure_of("longmatan").names.values())
    assert [word for word in steps if word not in names] == []
    records = [*shipped.procedures, *shipped.actions, shipped.deadlines]
    records += [shipped.deciders, shipped.panel, shipped.leader_from, shipped.rewards]
    assert all(record.basis for record in records)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[panel]\nfewest = 1\n", "unknown key 'fewest'"),
        ("who = 1\n", "unknown key 'who'"),
        ('procedure = "mine"\n', "procedure: 'mine'"),
        ("[panel]\nleast = 0\n", "panel.least"),
        ('[panel]\nmajority = "0.3"\n', "0.5 to below 1"),
        ('[deciders]\nleaders = "王局"\n', "a list of names"),
        ("[deadlines.working_days]\nasleep = 1\n", "'asleep'"),
        ('[leader_from]\nclinic = "many"\n', "leader_from.clinic"),
        ("[[actions]]\nleader = true\n", "without an id"),
        ('[[actions]]\nid = "new"\n', "unknown key|is missing"),
        ('[[actions]]\nid = "penalty"\nmultiple = [2]\n', "the least and the most"),
        ("panel = 3\n", "expected a table"),
        ("x = [\n", "TOML"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(tmp_path, text, words):
    with pytest.raises(PolicyError, match=words):
        own(tmp_path, text)


def test_working_days_know_holidays_and_the_days_worked_for_them():
    assert not is_working_day(date(2026, 10, 1))
    assert is_working_day(date(2026, 10, 10))
    assert on_or_before(date(2026, 10, 5)) == date(2026, 9, 30)
    assert on_or_after(date(2026, 10, 5)) == date(2026, 10, 8)
    assert add_working_days(date(2026, 9, 30), 3) == date(2026, 10, 10)
    assert add_working_days(date(2026, 10, 1), 0) == date(2026, 10, 1)
    # A year that was not announced has weekends only.
    assert add_working_days(date(2031, 1, 3), 1) == date(2031, 1, 6)
