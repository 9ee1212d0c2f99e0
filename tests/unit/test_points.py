"""Credit points: every boundary from both sides, calendar years, reversals."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly.casework.case import Case, Event
from anomaly.casework.ledger import Draft, Ledger
from anomaly.casework.points import (
    ADDED,
    REVERSED,
    Entry,
    Reversal,
    check_entry,
    check_reversal,
    fold_points,
    refuse_twin,
)
from anomaly.casework.points_book import PointsBook
from anomaly.casework.points_year import entry_rows, points_year
from anomaly.errors import DataRefusedError, PolicyError, UsageError
from anomaly.policy.points import points_policy
from anomaly.workspace.year import check_year

POLICY = points_policy()
RAISED = "0-11分"
MEDICAL, SHOPS, DOCTORS = (
    "longmatan_institution",
    "longmatan_pharmacy",
    "national_doctor",
)

# scheme, points, band, (budget %, months at least, at most, terminated), clause
BOUNDARIES = [
    (MEDICAL, 0, "raise_5", (5, 0, 0, False), RAISED),
    (MEDICAL, 1, "raise_4", (4, 0, 0, False), RAISED),
    (MEDICAL, 3, "raise_4", (4, 0, 0, False), RAISED),
    (MEDICAL, 4, "raise_3", (3, 0, 0, False), RAISED),
    (MEDICAL, 6, "raise_3", (3, 0, 0, False), RAISED),
    (MEDICAL, 7, "raise_2", (2, 0, 0, False), RAISED),
    (MEDICAL, 9, "raise_2", (2, 0, 0, False), RAISED),
    (MEDICAL, 10, "raise_1", (1, 0, 0, False), RAISED),
    (MEDICAL, 11, "raise_1", (1, 0, 0, False), RAISED),
    # The notice leaves 12 between the two: the next band, unless policy says otherwise.
    (MEDICAL, 12, "over_12", (-2, 0, 0, False), "超过12分"),
    (MEDICAL, 13, "over_12", (-2, 0, 0, False), "超过12分"),
    (MEDICAL, 18, "over_12", (-2, 0, 0, False), "超过12分"),
    (MEDICAL, 19, "over_18", (-3, 1, 1, False), "超过18分"),
    (MEDICAL, 24, "over_18", (-3, 1, 1, False), "超过18分"),
    (MEDICAL, 25, "over_24", (-5, 3, 3, False), "超过24分"),
    (MEDICAL, 30, "over_24", (-5, 3, 3, False), "超过24分"),
    (MEDICAL, 31, "over_30", (None, 0, 0, True), "超过30分"),
    (MEDICAL, 999, "over_30", (None, 0, 0, True), "超过30分"),
    (SHOPS, 0, "services", (None, 0, 0, False), "0-12分"),
    (SHOPS, 12, "services", (None, 0, 0, False), "0-12分"),
    (SHOPS, 13, "over_12", (None, 1, 1, False), "超过12分"),
    (SHOPS, 18, "over_12", (None, 1, 1, False), "超过12分"),
    (SHOPS, 19, "over_18", (None, 3, 3, False), "超过18分"),
    (SHOPS, 24, "over_18", (None, 3, 3, False), "超过18分"),
    (SHOPS, 25, "over_24", (None, 0, 0, True), "超过24分"),
    (DOCTORS, 0, "none", (None, 0, 0, False), "未达9分"),
    (DOCTORS, 8, "none", (None, 0, 0, False), "未达9分"),
    (DOCTORS, 9, "reaches_9", (None, 1, 6, False), "达到9分"),
    (DOCTORS, 11, "reaches_9", (None, 1, 6, False), "达到9分"),
    (DOCTORS, 12, "reaches_12", (None, 0, 0, True), "达到12分"),
    (DOCTORS, 13, "reaches_12", (None, 0, 0, True), "达到12分"),
]


@pytest.mark.parametrize(("scheme", "points", "name", "follows", "clause"), BOUNDARIES)
def test_a_sum_lies_in_its_band(scheme, points, name, follows, clause):
    band = POLICY.scheme(scheme).band(points)
    found = (band.budget_change, band.suspension_months, band.suspension_most)
    assert (band.id, (*found, band.terminated)) == (name, follows)
    assert clause in band.basis


def test_twelve_is_the_bureaus_to_place(tmp_path):
    text = f'[[schemes]]\nid = "{MEDICAL}"\ngap = "before"\n'
    (tmp_path / "points.toml").write_text(text, encoding="utf-8")
    own = points_policy(tmp_path).scheme(MEDICAL)
    names = [own.band(points).id for points in (11, 12, 13)]
    assert names == ["raise_1", "raise_1", "over_12"]
    assert own.bands == POLICY.scheme(MEDICAL).bands


@pytest.mark.parametrize("scheme", POLICY.schemes, ids=lambda one: one.id)
def test_more_points_never_mean_less(scheme):
    bands = [scheme.band(points) for points in range(40)]
    grave = [
        (one.terminated, one.suspension_months, -(one.budget_change or 0))
        for one in bands
    ]
    assert grave == sorted(grave)


def test_a_store_changes_one_band_alone(tmp_path):
    text = (
        f'[[schemes]]\nid = "{SHOPS}"\n[[schemes.bands]]\nid = "over_24"\nover = 40\n'
    )
    (tmp_path / "points.toml").write_text(text, encoding="utf-8")
    own = points_policy(tmp_path).scheme(SHOPS)
    assert (own.band(40).id, own.band(41).id) == ("over_18", "over_24")
    assert points_policy(tmp_path).scheme(DOCTORS) == POLICY.scheme(DOCTORS)


def test_every_record_names_its_clause_and_what_is_ours():
    for scheme in POLICY.schemes:
        assert scheme.basis
        assert all(band.basis and band.zh and band.en for band in scheme.bands)
        # Shares and caps that no notice names are told to be our suggestion.
        assert "本工具建议值" in scheme.basis
    assert "本工具建议值" in POLICY.conversion.basis


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("who = 1\n", "unknown key 'who'"),
        ('[[schemes]]\nid = "new"\n', "is missing"),
        (f'[[schemes]]\nid = "{SHOPS}"\ngap = "below"\n', "one of next, before"),
        (f'[[schemes]]\nid = "{SHOPS}"\nunits = ["item"]\n', "'item'"),
        (f'[[schemes]]\nid = "{SHOPS}"\nbasis = ""\n', "no basis"),
        (f'[[schemes]]\nid = "{SHOPS}"\nrepair_share = "1.1"\n', "0 to 1"),
        (
            f'[[schemes]]\nid = "{SHOPS}"\n[[schemes.bands]]\nid = "x"\n'
            'over = 24\nzh = "x"\nen = "x"\nbasis = "x"\n',
            "each at its own number",
        ),
        (
            f'[[schemes]]\nid = "{SHOPS}"\n[[schemes.bands]]\nid = "over_24"\n'
            "reaches = 25\n",
            "reaches or over",
        ),
        ('[[schemes]]\nid = "new"\nbands = [1]\n', "schemes.bands"),
        ('[[schemes]]\nid = "new"\n[[schemes.bands]]\nover = 1\n', "is missing"),
        (
            f'[[schemes]]\nid = "{SHOPS}"\n[[schemes.bands]]\nid = "over_24"\n'
            "terminated = 1\n",
            "true or false",
        ),
        ('[conversion]\nper_point = "-1"\n', "a number such as"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(tmp_path, text, words):
    (tmp_path / "points.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match=words):
        points_policy(tmp_path)


def entry(number=1, points=3, on=date(2025, 6, 1), **more) -> Entry:
    cells = {"unit_kind": "doctor", "unit_id": "D1", "scheme": DOCTORS}
    return Entry(f"P{number}", points=points, on=on, clause="c", **(cells | more))


def known(*entries: Entry) -> dict[str, Entry]:
    return {one.entry_id: one for one in entries}


def refused(asked, *entries, cases=None) -> str:
    check, beside = check_reversal, known(*entries)
    if isinstance(asked, Entry):
        check, beside = check_entry, cases or {}
    with pytest.raises(UsageError) as caught:
        check(asked, POLICY, beside)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_entry_is_held_against_its_scheme_and_its_case():
    assert "one of longmatan_institution" in refused(entry(scheme="mine"))
    assert "not for a unit of kind 'doctor'" in refused(entry(scheme=MEDICAL))
    assert "no scheme gives it points" in refused(entry(unit_kind="item"))
    for points in (0, 13):
        assert "1 to 12 in one entry" in refused(entry(points=points))
    assert "clause: nothing" in refused(replace(entry(), clause=" "))
    with pytest.raises(UsageError, match="stand as P1"):
        refuse_twin(entry(2), known(entry(1)))
    case = Case("L", "doctor", "D1", "2025-05", "ankang", date(2025, 6, 1))
    led = entry(lead_id="L")
    assert "it is not in the ledger" in refused(led)
    for state in ("suspected", "decided", "dismissed"):
        told = refused(led, cases={"L": replace(case, state=state)})
        assert f"it is {state}; expected a confirmed case" in told
    for state in ("confirmed", "recovered", "rectified", "restored"):
        check_entry(led, POLICY, {"L": replace(case, state=state)})


def test_a_year_is_the_calendars():
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1)]
    drawn = [entry(n, points=n + 1, on=day) for n, day in enumerate(days)]
    sums = {y: points_year(drawn, POLICY, y)["points"].tolist() for y in (2024, 2025)}
    assert sums == {2024: [1], 2025: [5]}
    assert points_year(drawn, POLICY, None)["year"].tolist() == [2024, 2025, 2026]
    assert points_year(drawn, POLICY, 2030).empty
    # Taken off in the new year, they are missing from the old one.
    off = Reversal("P2", 3, "appeal", date(2026, 2, 1))
    drawn[2] = replace(drawn[2], reversals=(off,))
    row = points_year(drawn, POLICY, 2025).iloc[0]
    assert (row["points"], row["added"], row["reversed"], row["entries"]) == (
        2,
        5,
        3,
        2,
    )
    assert points_year(drawn, POLICY, 2026)["reversed"].tolist() == [0]


def test_units_without_points_appear_where_asked():
    units = pd.DataFrame(
        {"unit_kind": ["institution", "pharmacy"], "unit_id": ["H1", "P1"]}
    )
    assert points_year([], POLICY, 2025).empty
    found = points_year([entry()], POLICY, 2025, units, "en")
    assert found[["unit_id", "points", "band"]].to_numpy().tolist() == [
        ["D1", 3, "none"],
        ["H1", 0, "raise_5"],
        ["P1", 0, "services"],
    ]
    assert found["budget_change"].tolist() == [pd.NA, 5, pd.NA]
    assert found["what"].iloc[1] == "Per-visit and total budgets raised by 5 %"


def taken(number=1, points=3, why="appeal", on=date(2025, 7, 1)) -> Reversal:
    return Reversal(f"P{number}", points, why, on)


def test_an_entry_is_taken_off_once():
    assert "there is none" in refused(taken(9), entry())
    assert "expected all 3" in refused(taken(points=2), entry())
    assert "its own day, or later" in refused(taken(on=date(2025, 5, 31)), entry())
    check_reversal(taken(on=date(2025, 6, 1)), POLICY, known(entry()))
    gone = entry(reversals=(taken(),))
    for why in ("appeal", "repair"):
        assert "reversed already by appeal" in refused(taken(points=0, why=why), gone)
    mended = entry(points=6, reversals=(taken(points=2, why="repair"),))
    assert "reversed already by repair" in refused(
        taken(points=1, why="repair"), mended
    )
    # What is left after a repair may still fall to an appeal, and no more.
    assert "expected all 4" in refused(taken(points=6), mended)
    check_reversal(taken(points=4), POLICY, known(mended))


def test_a_repair_has_its_share_and_its_cap_a_year():
    # Doctors: half of an entry, rounded down, and 3 points a year.
    assert "at most 2: 50%" in refused(taken(points=3, why="repair"), entry(points=5))
    check_reversal(taken(points=2, why="repair"), POLICY, known(entry(points=5)))
    assert "at most 1: 50%" in refused(taken(points=2, why="repair"), entry(points=3))
    assert "at most 0" in refused(taken(points=1, why="repair"), entry(points=1))
    assert "at most 3" in refused(taken(points=4, why="repair"), entry(points=12))
    mended = entry(1, points=6, reversals=(taken(1, 2, "repair"),))
    other = entry(2, points=6)
    told = refused(taken(2, 2, "repair"), mended, other)
    assert "at most 1: 50% of an entry and 3 a year, 2 of them taken" in told
    check_reversal(taken(2, 1, "repair"), POLICY, known(mended, other))
    # Another year has its own, and so has another doctor.
    for apart in ({"on": date(2024, 6, 1)}, {"unit_id": "D2"}):
        free = entry(2, points=6, **apart)
        check_reversal(taken(2, 3, "repair"), POLICY, known(mended, free))
    # What an appeal took off whole needed no repair.
    whole = (taken(1, 2, "repair"), taken(1, 4, "appeal"))
    gone = entry(1, points=6, reversals=whole)
    check_reversal(taken(2, 3, "repair"), POLICY, known(gone, other))


def test_the_events_of_others_are_not_points():
    assert fold_points([Event(1, "L", "tip_added", "", "me", {"points": 3})]) == {}


def test_the_ledger_keeps_what_was_given_and_taken(tmp_path):
    book = PointsBook(tmp_path)
    given_ = book.add(replace(entry(points=6), scheme="", entry_id=""), "me")
    assert (given_.entry_id, given_.scheme) == ("P1", DOCTORS)
    left = book.reverse("P1", "repair", date(2025, 8, 1), "me", 2, "study")
    assert (left.left, left.reversals[0].note) == (4, "study")
    assert book.reverse("P1", "appeal", date(2025, 9, 1), "me").left == 0
    kinds = [event.kind for event in Ledger(tmp_path).events()]
    assert kinds == [ADDED, REVERSED, REVERSED]
    rows = entry_rows(PointsBook(tmp_path).entries().values())
    assert rows[["what", "points", "left"]].to_numpy().tolist() == [
        ["added", 6, 0],
        ["repair", -2, 0],
        ["appeal", -4, 0],
    ]
    with pytest.raises(UsageError, match="how many"):
        book.reverse("P1", "repair", date(2025, 9, 1), "me")
    with pytest.raises(UsageError, match="appeal or repair"):
        book.reverse("P1", "mercy", date(2025, 9, 1), "me")
    assert len(Ledger(tmp_path).events()) == 3


HEAD = "unit_kind,unit_id,scheme,points,on,clause,lead_id"


def test_a_file_comes_in_once_and_wholly(tmp_path):
    path = tmp_path / "points.csv"
    rows = ["doctor,D1,,4,2025-03-02,条款,", f"pharmacy,P1,{SHOPS},9,2025/3/2,条款,"]
    path.write_text("\n".join([HEAD, *rows]), encoding="gb18030")
    book = PointsBook(tmp_path)
    done = book.take_in(path, "me")
    assert (done.read, done.new, done.unchanged) == (2, 2, 0)
    again = book.take_in(path, "me")
    assert (again.new, again.unchanged, len(book.entries())) == (0, 2, 2)
    # One that was taken off since is no new one either.
    book.reverse("P1", "appeal", date(2025, 4, 1), "me")
    assert book.take_in(path, "me").new == 0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("doctor,D1,,4.5,2025-03-02,c,", "line 3: column 'points': '4.5'"),
        ("doctor,D1,,-4,2025-03-02,c,", "column 'points': '-4'"),
        ("doctor,D1,,13,2025-03-02,c,", "1 to 12 in one entry"),
        ("doctor,D1,,4,2025-02-30,c,", "column 'on': '2025-02-30'"),
        ("doctor,D1,,4,,c,", "column 'on': ''"),
        ("doctor,,,4,2025-03-02,c,", "column 'unit_id'"),
        ("dentist,D1,,4,2025-03-02,c,", "no scheme gives it points"),
        (f"doctor,D1,{SHOPS},4,2025-03-02,c,", "not for a unit of kind"),
        ("doctor,D1,,4,2025-03-02,,", "clause: nothing"),
        ("doctor,D1,,4,2025-03-02,c,L9", "case 'L9': it is not in the ledger"),
        ("doctor,D1,,1,2025-03-02,c,", "the same as points.csv, line 2"),
    ],
)
def test_a_bad_row_refuses_the_whole_file(tmp_path, row, words):
    path = tmp_path / "points.csv"
    path.write_text("\n".join([HEAD, "doctor,D1,,1,2025-03-02,c,", row]), "utf-8")
    book = PointsBook(tmp_path)
    with pytest.raises(DataRefusedError, match="line 3") as caught:
        book.take_in(path, "me")
    assert words in str(caught.value)
    assert book.entries() == {}


GIVEN = st.lists(
    st.tuples(
        st.sampled_from(["D1", "D2"]),
        st.integers(1, 12),
        st.dates(date(2024, 12, 1), date(2025, 1, 31)),
    ),
    max_size=8,
)
ASKED = st.lists(
    st.tuples(
        st.integers(1, 8),
        st.integers(1, 12),
        st.sampled_from(["appeal", "repair"]),
        st.dates(date(2024, 12, 1), date(2025, 2, 28)),
    ),
    max_size=12,
)


def sums_of(entries) -> dict:
    rows = points_year(entries, POLICY, None)
    keys = rows[["year", "unit_id"]].itertuples(index=False, name=None)
    return dict(zip(keys, rows["points"], strict=True))


@settings(deadline=None)
@given(GIVEN, ASKED, st.randoms(use_true_random=False))
def test_no_sum_is_below_nothing_and_order_does_not_matter(given_, asked, random):
    entries = {
        f"P{n}": entry(n, points, on, unit_id=unit)
        for n, (unit, points, on) in enumerate(given_, 1)
    }
    plain = sums_of(entries.values())
    for number, points, why, on in asked:
        off = Reversal(f"P{number}", points, why, on)
        try:
            check_reversal(off, POLICY, entries)
        except UsageError:
            continue
        before = entries[off.entry_id]
        entries[off.entry_id] = replace(before, reversals=(*before.reversals, off))
    found = sums_of(entries.values())
    assert all(0 <= points <= plain[key] for key, points in found.items())
    assert all(0 <= one.left <= one.points for one in entries.values())
    for unit in ("D1", "D2"):
        for year in (2024, 2025):
            mine = [
                taken_.points
                for one in entries.values()
                if (one.unit_id, one.on.year) == (unit, year)
                and [r.why for r in one.reversals] == ["repair"]
                for taken_ in one.reversals
            ]
            assert sum(mine) <= POLICY.scheme(DOCTORS).repair_cap
    mixed = list(entries.values())
    random.shuffle(mixed)
    assert sums_of(mixed) == found
    # A ledger that was written in any order of entries says the same.
    events = [Event(n, "", ADDED, "", "me", one.body()) for n, one in enumerate(mixed)]
    events += [
        Event(99, "", REVERSED, "", "me", off.body())
        for one in mixed
        for off in one.reversals
    ]
    assert sums_of(fold_points(events).values()) == found


def test_other_drafts_leave_points_alone(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.append(lambda writing: writing.add(Draft("L", "note", "me", {})))
    assert PointsBook(tmp_path).entries() == {}


@pytest.mark.parametrize("on", ["2099-03-04", "99999999999-03-04"])
def test_a_file_gives_no_points_ahead_and_no_day_that_is_none(tmp_path, on):
    path = tmp_path / "points.csv"
    path.write_text("\n".join([HEAD, f"doctor,D1,,1,{on},c,"]), "utf-8")
    book = PointsBook(tmp_path)
    with pytest.raises(DataRefusedError, match="column 'on'"):
        book.take_in(path, "me", date(2026, 6, 5))
    assert book.entries() == {}


@pytest.mark.parametrize("year", ["9" * 5000, "99999", "1999", "x"])
def test_a_year_that_is_none_is_refused(year):
    with pytest.raises(UsageError, match="a calendar year"):
        check_year(year)
