"""What a decision needs: who may decide, a panel, and who must preside."""

from collections.abc import Callable
from decimal import Decimal

from anomaly.casework.case import Case, Step, person
from anomaly.errors import UsageError
from anomaly.policy.casework import FILE, Action, Casework


def check_decision(case: Case, step: Step, policy: Casework) -> None:
    """Raise UsageError where a decision lacks what the policy asks of it."""
    where = f"case {case.lead_id}, decided"
    everyone = _listed(policy.deciders.everyone)
    if not everyone:
        raise UsageError(
            f"{where}: nobody may decide yet",
            expected=f"names in [deciders] of the store's {FILE}",
            todo="write leaders, deputies and members there, then decide",
        )
    if person(step.by) not in everyone:
        raise UsageError(
            f"{where}: --by '{step.by}' may not decide",
            expected=f"one of {', '.join(policy.deciders.everyone)}",
            todo=f"let one of them decide, or add the name to [deciders] in {FILE}",
        )
    _check_members(case, step, policy, where)
    _check_actions(case, step, policy, where)
    _check_presiding(case, step, policy, where)


def _listed(names: list[str]) -> set[str]:
    return {person(name) for name in names}


def _check_members(case: Case, step: Step, policy: Casework, where: str) -> None:
    names = [person(name) for name, _ in step.members]
    twice = _first(step.members, lambda name: names.count(person(name)) > 1)
    if twice:
        raise UsageError(
            f"{where}: member '{twice}' stands twice",
            expected="each member once",
            todo="name every --member once",
        )
    least = policy.panel.least
    if len(names) < least:
        raise UsageError(
            f"{where}: {len(names)} members voted",
            expected=f"at least {least}",
            todo="name each with --member NAME=yes or NAME=no",
        )
    everyone = _listed(policy.deciders.everyone)
    stranger = _first(step.members, lambda name: person(name) not in everyone)
    if stranger:
        raise UsageError(
            f"{where}: member '{stranger}' is not on the list of those who may decide",
            expected=f"one of {', '.join(policy.deciders.everyone)}",
            todo=f"name another member, or add the name to [deciders] in {FILE}",
        )
    if policy.panel.recusal:
        _check_recusal(case, step, where)


def _check_recusal(case: Case, step: Step, where: str) -> None:
    people = [step.by, step.presiding, *(name for name, _ in step.members)]
    for name in people:
        if person(name) in case.recused:
            raise UsageError(
                f"{where}: '{name}' is recused from this case",
                expected="a panel and a decider without anyone recused",
                todo="let somebody else take the place",
            )


def _first(members, wrong: Callable[[str], bool]) -> str:
    return next((name for name, _ in members if wrong(name)), "")


def actions_of(policy: Casework) -> dict[str, Action]:
    """Return the policy's actions by id."""
    return {action.id: action for action in policy.actions}


def _check_actions(case: Case, step: Step, policy: Casework, where: str) -> None:
    known = actions_of(policy)
    for name in step.actions:
        if name not in known:
            raise UsageError(
                f"{where}: action '{name}'", expected=f"one of {', '.join(known)}"
            )
        if case.unit_kind not in known[name].units:
            raise UsageError(
                f"{where}: action '{name}' on {case.unit_kind} '{case.unit_id}'",
                expected=f"a case of {', '.join(known[name].units)}",
                todo="choose an action for that kind of unit",
            )
    times = [known[name].multiple for name in step.actions if known[name].multiple]
    if step.multiple is None and not times:
        return
    least, most = times[0] if times else (0, 0)
    if step.multiple is None or not least <= step.multiple <= most or not times:
        raise UsageError(
            f"{where}: --multiple {step.multiple if step.multiple else 'not given'}",
            expected=f"{least} to {most} for a penalty"
            if times
            else "none without the action penalty",
            todo="give --action penalty and --multiple N together",
        )


def leader_needed(case: Case, step: Step, policy: Casework) -> str:
    """Return why the main leader must preside, '' where a deputy may."""
    known = actions_of(policy)
    grave = [known[name].zh for name in step.actions if known[name].leader]
    if grave:
        return f"the decision orders {', '.join(grave)}"
    least: Decimal = getattr(policy.leader_from, case.object)
    if case.suspected >= least:
        return f"{case.suspected} yuan of a {case.object} are {least} or more"
    return ""


def _check_presiding(case: Case, step: Step, policy: Casework, where: str) -> None:
    deciders = policy.deciders
    reason = leader_needed(case, step, policy)
    may = deciders.leaders if reason else [*deciders.leaders, *deciders.deputies]
    if person(step.presiding) in _listed(may):
        return
    who = "the main leader" if reason else "a leader or a deputy"
    because = f", for {reason}" if reason else ""
    found = f"'{step.presiding}' presides" if step.presiding else "nobody presides"
    raise UsageError(
        f"{where}: {found}",
        expected=f"{who} ({', '.join(may) or 'none is listed yet'}){because}",
        todo=f"give --presiding NAME; the lists stand in [deciders] of {FILE}",
    )
