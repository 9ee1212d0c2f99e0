"""A campaign: its phases from both sides, what may be entered, and every yuan kept."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from drawn_visits import HIT, hits, units
from hypothesis import given
from hypothesis import strategies as st

from anomaly.assessment import campaign as room
from anomaly.assessment.campaign import RECHECKED, RECTIFIED, REPORTED, Entry
from anomaly.assessment.campaign_frame import COLUMNS, campaign, recheck_list
from anomaly.assessment.campaign_money import of_hits, suspected, window
from anomaly.casework.case import Case, Part
from anomaly.casework.ledger import Ledger
from anomaly.errors import PolicyError, UsageError
from anomaly.inspection.draw import drawing_order
from anomaly.policy.campaign import campaign_policy

POLICY = campaign_policy()
LATER = date(2020, 12, 31)
UNIT = st.tuples(
    st.sampled_from(["institution", "pharmacy"]), st.sampled_from(["A", "B", "C", "D"])
)
YUAN = st.integers(0, 10**9).map(lambda cents: Decimal(cents).scaleb(-2))


def entry(kind=REPORTED, unit_id="H1", on=date(2020, 5, 1), amount="10.00", **more):
    cells = {"kind": kind, "campaign": "", "unit_kind": "institution"}
    cells |= {"unit_id": unit_id, "on": on, "amount": Decimal(amount)}
    cells |= {"inspectors": ("张三",) if kind == RECHECKED else ()}
    return Entry(**(cells | more))


def record(root, one, today=LATER):
    return room.record(Ledger(root), one, POLICY, "me", today)


# 师市医保发〔2020〕5号: each phase from both sides; two overlap in April and May.
@pytest.mark.parametrize(
    ("on", "running"),
    [
        (date(2020, 4, 9), []),
        (date(2020, 4, 10), ["mobilise"]),
        (date(2020, 4, 20), ["mobilise"]),
        (date(2020, 4, 21), ["mobilise", "self_check"]),
        (date(2020, 5, 30), ["mobilise", "self_check"]),
        (date(2020, 5, 31), ["self_check"]),
        (date(2020, 6, 15), ["self_check"]),
        (date(2020, 6, 16), ["recheck"]),
        (date(2020, 7, 31), ["recheck"]),
        (date(2020, 8, 1), ["rectification"]),
        (date(2020, 8, 31), ["rectification"]),
        (date(2020, 9, 1), ["summary"]),
        (date(2020, 11, 30), ["summary"]),
        (date(2020, 12, 1), []),
    ],
)
def test_phases_run_on_the_days_of_the_notice(on, running):
    found = room.phases(POLICY, on)
    assert tuple(found.columns) == room.PHASES
    now = found[found["state"] == "running"]
    assert now["id"].tolist() == running
    assert (now["days_left"] == [(last - on).days for last in now["last"]]).all()
    assert found.loc[found["state"] != "running", "days_left"].isna().all()


def test_the_data_are_the_notices_seventeen_months():
    months = window(POLICY)
    assert (months[0], months[-1], len(months)) == (
        date(2019, 1, 1),
        date(2020, 5, 1),
        17,
    )


@pytest.mark.parametrize(
    ("kind", "on", "late"),
    [
        (REPORTED, date(2020, 4, 20), None),
        (REPORTED, date(2020, 4, 21), False),
        (REPORTED, date(2020, 6, 15), False),
        (REPORTED, date(2020, 6, 16), True),
        (REPORTED, date(2020, 11, 30), True),
        (REPORTED, date(2020, 12, 1), None),
        (RECHECKED, date(2020, 6, 15), None),
        (RECHECKED, date(2020, 6, 16), False),
        (RECHECKED, date(2020, 8, 1), True),
        (RECTIFIED, date(2020, 7, 31), None),
        (RECTIFIED, date(2020, 8, 1), False),
        (RECTIFIED, date(2020, 9, 1), True),
    ],
)
def test_the_window_is_kept(tmp_path, kind, on, late):
    if kind == RECTIFIED:
        record(tmp_path, entry())
    before = len(Ledger(tmp_path).events())
    if late is None:
        with pytest.raises(UsageError, match="expected a day"):
            record(tmp_path, entry(kind, on=on))
        assert len(Ledger(tmp_path).events()) == before
        return
    assert record(tmp_path, entry(kind, on=on)).late is late
    (kept,) = room.entries(Ledger(tmp_path).events()[before:], POLICY.id)
    assert kept == replace(entry(kind, on=on), campaign=POLICY.id, late=late)


@pytest.mark.parametrize(
    ("one", "word"),
    [
        (entry(RECTIFIED, on=date(2020, 8, 1)), "no self-report"),
        (entry(RECHECKED, on=date(2020, 7, 1), inspectors=()), "inspectors"),
        (entry(unit_kind="doctor"), "doctor"),
        (entry(unit_id=" "), "no id"),
        (entry(on=date(2021, 1, 1)), "after today"),
    ],
)
def test_what_may_not_be_entered(tmp_path, one, word):
    with pytest.raises(UsageError, match=word):
        record(tmp_path, one)
    assert Ledger(tmp_path).events() == []


def test_the_same_report_stands_once_and_another_adds_up(tmp_path):
    record(tmp_path, entry())
    with pytest.raises(UsageError, match="the same stands"):
        record(tmp_path, entry())
    record(tmp_path, entry(text="补充", on=date(2020, 7, 1), amount="2.50"))
    found = campaign(
        units("H1"), room.entries(Ledger(tmp_path).events(), POLICY.id), {}
    )
    row = found.iloc[0]
    assert (row["self_reported"], row["late_yuan"]) == (
        Decimal("12.50"),
        Decimal("2.50"),
    )
    # The first came in time.
    assert (row["self_reported_on"], row["late"]) == (date(2020, 5, 1), False)


def test_campaigns_do_not_mix(tmp_path):
    record(tmp_path, entry())
    assert room.entries(Ledger(tmp_path).events(), "another") == []


ENTRY = st.builds(
    Entry,
    kind=st.sampled_from([REPORTED, RECHECKED, RECTIFIED]),
    campaign=st.just("c"),
    unit_kind=st.just("institution"),
    unit_id=st.sampled_from(["A", "B", "C", "Z"]),
    on=st.dates(date(2020, 4, 21), date(2020, 11, 30)),
    amount=YUAN,
    late=st.booleans(),
)


@given(st.lists(ENTRY, max_size=12), st.dictionaries(UNIT, YUAN), st.text(max_size=4))
def test_every_yuan_is_kept_and_whoever_is_silent_is_rechecked(entries, money, seed):
    found = campaign(units("A", "B", "C"), entries, money)
    assert tuple(found.columns) == COLUMNS
    assert not found.duplicated(["unit_kind", "unit_id"]).any()
    assert {"A", "B", "C"} <= set(found["unit_id"])
    reports = [one for one in entries if one.kind == REPORTED]
    assert found["self_reported"].sum() == sum(one.amount for one in reports)
    assert found["late_yuan"].sum() == sum(one.amount for one in reports if one.late)
    checks = [one.amount for one in entries if one.kind == RECHECKED]
    assert found["found"].sum() == sum(checks)
    assert found["suspected"].sum() == sum(money.values())
    assert found["gap"].sum() == found["suspected"].sum() - found["self_reported"].sum()
    assert found["gap"].is_monotonic_decreasing
    listed = recheck_list(found, POLICY, seed)
    names = {(one.unit_kind, one.unit_id) for one in reports}
    drawn = listed[listed["why"] == "drawn"]
    assert len(drawn) >= POLICY.recheck_share * len(names)
    assert len(drawn) < POLICY.recheck_share * len(names) + 1
    order = drawing_order(seed, ["|".join(name) for name in names])
    assert (drawn["unit_kind"] + "|" + drawn["unit_id"]).tolist() == order[: len(drawn)]
    silent = {unit for unit, yuan in money.items() if yuan and unit not in names}
    told = listed[listed["why"] == "silent"]
    assert set(zip(told["unit_kind"], told["unit_id"], strict=True)) == silent
    assert listed["nth"].tolist() == list(range(1, len(listed) + 1))


def case(unit_id="H1", month="2026-05", **more):
    cells = {"lead_id": f"{month}|{unit_id}", "unit_kind": "institution"}
    cells |= {"unit_id": unit_id, "month": month, "procedure": "ankang"}
    cells |= {"opened_on": date(2026, 6, 1), "suspected": Decimal("500.00")}
    return Case(**(cells | more))


def told(cases, *rows, months=(date(2026, 5, 1),)):
    return suspected(cases, lambda month: hits(*rows), months)


def test_cases_and_hits_beside_them_speak():
    one = ("institution", "H1")
    assert told([case()], {"amount": 99.99}) == {one: Decimal("599.99")}
    # The case was opened on the very hits.
    on_it = case(parts=(Part("R01", "", Decimal("500.00")),))
    assert told([on_it], {"amount": 99.99}) == {one: Decimal("500.00")}
    assert told([on_it], {"rule": "R02", "amount": 1.0}) == {one: Decimal("501.00")}
    # What was confirmed of it stands, what was dismissed does not come back as hits.
    held = replace(on_it, state="confirmed", confirmed=Decimal("120.00"))
    assert told([held], {}) == {one: Decimal("120.00")}
    assert told([replace(on_it, state="dismissed")], {}) == {}
    assert told([case(month="2026-04")], {}) == {one: Decimal("100.00")}


def test_a_doctors_hits_are_the_institutions_money():
    row = {"unit_kind": "doctor", "unit_id": "D1"}
    assert told([], row) == {("institution", "H1"): Decimal("100.00")}
    own = replace(case("D1"), unit_kind="doctor", parts=(Part("R01"),))
    assert told([own], row) == {("institution", "H1"): Decimal("100.00")}
    assert told([replace(own, state="dismissed")], row) == {}
    insured = {"unit_kind": "insured", "unit_id": "P1"}
    assert told([], insured, {"excluded": True}) == {}
    pharmacy = {"unit_kind": "pharmacy", "unit_id": "R1", "institution_id": None}
    assert told([], pharmacy) == {("pharmacy", "R1"): Decimal("100.00")}


HITS = st.lists(
    st.fixed_dictionaries(
        {
            "rule": st.sampled_from(["R01", "R02", "R03"]),
            "institution_id": st.sampled_from(["H1", "H2"]),
            "settlement_id": st.sampled_from(["S1", "S2", None]),
            "line_id": st.sampled_from(["L1", "L2", None]),
            "amount": st.integers(0, 10**6).map(lambda cents: cents / 100),
            "excluded": st.booleans(),
        }
    ),
    max_size=14,
)


@given(HITS)
def test_a_bill_that_several_rules_caught_counts_once(rows):
    rows = [HIT | row | {"unit_id": row["institution_id"]} for row in rows]
    found = of_hits(pd.DataFrame(rows, columns=list(HIT)))
    assert found == {
        ("institution", name): plain(own)
        for name in ("H1", "H2")
        if (
            own := [
                row
                for row in rows
                if row["institution_id"] == name and not row["excluded"]
            ]
        )
    }


def plain(rows):
    """Count by hand: the lines of each bill at their highest, or the whole bill."""
    whole = Decimal(0)
    for bill in {row["settlement_id"] for row in rows}:
        own = [row for row in rows if row["settlement_id"] == bill]
        cents = [Decimal(str(row["amount"])) for row in own]
        if bill is None:
            whole += sum(cents)
            continue
        lines = {}
        at_once = Decimal(0)
        for row, yuan in zip(own, cents, strict=True):
            if row["line_id"] is None:
                at_once = max(at_once, yuan)
            else:
                lines[row["line_id"]] = max(yuan, lines.get(row["line_id"], yuan))
        whole += max(at_once, sum(lines.values()))
    return whole


def own(folder, text):
    (folder / "campaign.toml").write_text(text, encoding="utf-8")
    return campaign_policy(folder)


def test_a_bureau_runs_its_own(tmp_path):
    days = [f"2026-{n:02d}-01\nlast = 2026-{n:02d}-28" for n in range(7, 12)]
    phases = "".join(
        f'[[phases]]\nid = "{name}"\nfirst = {span}\n'
        for name, span in zip(POLICY.phases, days, strict=True)
    )
    head = 'id = "own"\ndata_from = 2026-01-01\ndata_to = 2026-06-30\n'
    mine = own(tmp_path, head + phases)
    assert (mine.id, mine.phases["recheck"].first) == ("own", date(2026, 9, 1))
    assert mine.phases["recheck"].zh == POLICY.phases["recheck"].zh
    assert mine.ends_on == date(2026, 11, 28)
    assert len(window(mine)) == 6


@pytest.mark.parametrize(
    "text",
    [
        "unknown = 1",
        'basis = ""',
        "data_from = 2019-01-02",
        "data_to = 2020-05-30",
        "data_from = 2021-01-01",
        'recheck_share = "1.01"',
        'recheck_share = "some"',
        # One phase was given its days and the others were forgotten.
        '[[phases]]\nid = "mobilise"\nfirst = 2026-07-01\nlast = 2026-07-31',
        '[[phases]]\nid = "recheck"\nlast = 2020-01-01',
        '[[phases]]\nid = "sixth"\nzh = "x"\nen = "x"\n'
        "first = 2020-12-01\nlast = 2020-12-02",
        '[[phases]]\nid = "recheck"\nfirst = "soon"',
    ],
)
def test_a_campaign_that_cannot_be_is_refused(tmp_path, text):
    with pytest.raises(PolicyError):
        own(tmp_path, text)


def test_a_report_of_no_yuan_hides_nobody_from_the_recheck():
    told = [entry(unit_id="H1", amount="0"), entry(unit_id="H2", amount="0")]
    money = {("institution", "H1"): Decimal("18204.30")}
    found = campaign(units().iloc[:0], told, money)
    rows = recheck_list(found, POLICY, "seed").set_index("unit_id")
    # Of H2 nothing speaks: its report of nothing is one.
    assert rows["why"].to_dict() == {"H1": "silent", "H2": "drawn"}
