"""No path leads around a step, a recusal or a cent."""

from contextlib import suppress
from decimal import Decimal

import pytest
from drawn_ledger import decision, named, opening
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from anomaly.casework.amounts import shared, yuan
from anomaly.casework.case import CONFIRMED, Event, Step, person
from anomaly.casework.cases import allowed, fold
from anomaly.casework.deadlines import deadline, decide_by
from anomaly.casework.docket import step_body
from anomaly.casework.panel import leader_needed
from anomaly.errors import UsageError
from anomaly.policy.casework import STATES, casework

POLICY = named()
DECIDED = (*CONFIRMED, "decided", "dismissed")
STAFF = ["张三", "赵四", "钱五", "孙六", "周七", "李副局", "王局", "生人", " 张 三"]
MONEY = st.decimals(0, 2000, places=2)


def opened(procedure: str = "ankang", **more) -> list[Event]:
    body = opening(**more).body(procedure)
    return [Event(1, "L", "case_opened", "2026-06-30T01:00:00+00:00", "me", body)]


def after(events: list[Event], step: Step) -> list[Event]:
    """Take a step, if it is allowed; UsageError if not."""
    allowed(fold(events)["L"], step, POLICY)
    body = step_body(step, POLICY)
    at = "2026-07-01T01:00:00+00:00"
    return [*events, Event(len(events) + 1, "L", "case_stepped", at, step.by, body)]


def led_to(state: str) -> list[Event]:
    """Return the events of a case on its shortest way to a state before decisions."""
    events = opened()
    for each in ("notified", "accepted"):
        if fold(events)["L"].state != state:
            events = after(events, Step(each, "me"))
    return events


class Cases(RuleBasedStateMachine):
    """One case, whose handlers try everything."""

    def __init__(self) -> None:
        super().__init__()
        self.events = opened()

    @property
    def case(self):
        return fold(self.events)["L"]

    def tried(self, step: Step) -> None:
        with suppress(UsageError):
            self.events = after(self.events, step)

    @rule(state=st.sampled_from(STATES), amount=st.none() | MONEY)
    def step(self, state, amount):
        self.tried(Step(state, "me", amount=amount))

    @rule(name=st.sampled_from(STAFF))
    def recuse(self, name):
        if self.case.panel is None:
            seq, at = len(self.events) + 1, "2026-07-01T01:00:00+00:00"
            body = {"name": name, "reason": ""}
            self.events.append(Event(seq, "L", "case_recused", at, "me", body))

    @rule(
        by=st.sampled_from(STAFF),
        presiding=st.sampled_from(STAFF),
        members=st.lists(st.tuples(st.sampled_from(STAFF), st.booleans()), max_size=5),
        amount=st.none() | MONEY,
        actions=st.lists(
            st.sampled_from(["refusal", "penalty", "suspend_settlement"]), max_size=2
        ),
        multiple=st.none() | st.integers(0, 9),
    )
    def decide(self, by, presiding, members, amount, actions, multiple):
        step = Step(
            *("decided", by, amount),
            presiding=presiding,
            members=tuple(members),
            actions=tuple(actions),
            multiple=multiple,
        )
        self.tried(step)

    @rule(votes=st.text("yn", min_size=3, max_size=5), amount=st.none() | MONEY)
    def decide_well(self, votes, amount):
        given = None if amount is None else str(amount)
        self.tried(decision(given, votes))

    @rule(recovered=st.none() | MONEY, penalty=st.none() | MONEY)
    def recover(self, recovered, penalty):
        self.tried(Step("recovered", "me", recovered=recovered, penalty=penalty))

    @invariant()
    def a_decision_had_its_steps(self):
        states = [e.body["state"] for e in self.events if e.kind == "case_stepped"]
        if self.case.state not in DECIDED:
            return
        before = states[: states.index("decided")]
        assert before in (
            ["notified", "accepted"],
            ["notified", "appealed", "reviewed"],
        )
        if self.case.state != "decided":
            outcome = states[states.index("decided") + 1]
            votes = list(self.case.panel.members.values())
            assert (outcome == "confirmed") == (sum(votes) * 2 > len(votes))

    @invariant()
    def nobody_recused_decided(self):
        panel = self.case.panel
        if panel is None:
            return
        by = next(e.by for e in self.events if e.body.get("state") == "decided")
        people = {person(name) for name in (*panel.members, panel.presiding, by)}
        assert not people & self.case.recused
        assert len({person(name) for name in panel.members}) >= 3
        assert panel.presiding.replace(" ", "") in ("王局", "李副局")

    @invariant()
    def every_amount_is_conserved(self):
        case = self.case
        assert sum(part.amount for part in case.parts) == case.suspected
        if case.state in (*CONFIRMED, "dismissed"):
            assert case.confirmed + case.lifted == case.suspected
        else:
            assert case.confirmed == case.lifted == 0
        assert 0 <= case.recovered <= case.confirmed
        assert 0 <= case.penalty_paid <= case.penalty
        assert min(case.confirmed, case.lifted) >= 0


TestCases = Cases.TestCase
TestCases.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (decision(by="生人"), "may not decide"),
        (decision(votes="yy"), "2 members voted"),
        (decision(members=(("张三", True),) * 3), "stands twice"),
        (decision(members=(("张三", True), ("张 三", True), ("钱五", True))), "twice"),
        (decision(presiding=""), "nobody presides"),
        (decision(presiding="张三"), "a leader or a deputy"),
        (decision(actions=("suspend_settlement",)), "main leader"),
        (decision(actions=("termination",)), "a case of institution"),
        (decision(actions=("fine",)), "action 'fine'"),
        (decision(actions=("penalty",)), "2 to 5"),
        (decision(multiple=3), "--multiple 3"),
        (decision("1000.02"), "at most the 1000.01 yuan suspected"),
        (decision("1.00", "ynn"), "the majority is against"),
    ],
)
def test_a_decision_that_lacks_something_is_refused(step, words):
    with pytest.raises(UsageError, match=words):
        after(led_to("accepted"), step)


def test_nobody_decides_before_the_bureau_named_who_may():
    case = fold(led_to("accepted"))["L"]
    with pytest.raises(UsageError, match=r"nobody may decide yet.*casework\.toml"):
        allowed(case, decision(), casework())


@pytest.mark.parametrize(
    ("kind", "amount", "needed"),
    [
        ("hospital", "29999.99", False),
        ("hospital", "30000.00", True),
        ("chain", "29999.99", False),
        ("chain", "30000.00", True),
        ("pharmacy", "4999.99", False),
        ("pharmacy", "5000.00", True),
        ("clinic", "5000.00", True),
        ("other", "5000.00", True),
    ],
)
def test_from_which_amount_the_main_leader_presides(kind, amount, needed):
    case = fold(opened(amount=amount, object=kind))["L"]
    assert bool(leader_needed(case, decision(), POLICY)) == needed


def test_half_of_the_votes_do_not_confirm():
    events = after(led_to("accepted"), decision(None, "yynn"))
    with pytest.raises(UsageError, match="2 of 4 voted"):
        after(events, Step("confirmed", "me"))
    case = fold(after(events, Step("dismissed", "me")))["L"]
    assert (case.confirmed, case.lifted) == (0, Decimal("1000.01"))


def test_one_procedure_asks_for_evidence_before_it_notifies():
    events = opened("longmatan")
    with pytest.raises(UsageError, match="no evidence is attached"):
        after(events, Step("notified", "me"))
    after(events, Step("notified", "me", attachments={"0" * 64: "a.pdf"}))


def test_deadlines_are_working_days_and_the_fifth():
    # Opened on Tuesday 30 June 2026: 5 July is a Sunday, 3 July a Friday.
    case = fold(opened())["L"]
    assert decide_by(case, POLICY).isoformat() == "2026-07-03"
    assert deadline(case, POLICY).isoformat() == "2026-07-03"
    events = after(led_to("accepted"), decision())
    events = after(events, Step("confirmed", "me"))
    # Twenty working days after Wednesday 1 July.
    assert deadline(fold(events)["L"], POLICY).isoformat() == "2026-07-29"


@pytest.mark.parametrize("cell", ["-1", "1,000", "1.001", "abc", "", "NaN", "1e99"])
def test_an_amount_that_cannot_be_is_refused(cell):
    with pytest.raises(UsageError, match="expected yuan"):
        yuan(cell, "here")


def test_shares_add_up_to_the_cent():
    weights = {(n, ""): Decimal(1) for n in "abc"}
    found = shared(Decimal("100.00"), weights)
    assert list(found.values()) == [Decimal(x) for x in ("33.34", "33.33", "33.33")]
    assert sum(shared(Decimal("0.01"), weights).values()) == Decimal("0.01")
