"""The annual assessment: weights, scores, grades from both sides, what follows."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly.assessment.assess import RESULTS, assess
from anomaly.assessment.beside import peers_median
from anomaly.assessment.frames import kept_points
from anomaly.assessment.gathered import COLUMNS, READ, VISITS, Year, gathered
from anomaly.assessment.recorded import failed_in_a_row, read_grades, record, recorded
from anomaly.assessment.scoring import earned_share, explained, weights_of
from anomaly.casework.ledger import Ledger
from anomaly.casework.points import Entry
from anomaly.errors import DataRefusedError, PolicyError
from anomaly.policy.assessment import COMPONENTS, PARTS, REASONS, assessment_policy
from anomaly.policy.points import points_policy

POLICY, CONVERSION = assessment_policy(), points_policy().conversion
SCHEME = "longmatan_institution"
ASKED = {one.id: one for one in POLICY.of("institution")}
BEST = {name: float(one.full) for name, one in ASKED.items()}
WORST = {name: float(one.none) for name, one in ASKED.items()}


def rows_of(values: dict, unit="H1", kind="institution") -> pd.DataFrame:
    """Return values of one unit as `gathered` does; None is missing."""
    names = [one.id for one in POLICY.of(kind)]
    cells = [values.get(name) for name in names]
    return pd.DataFrame(
        {
            "unit_kind": kind,
            "unit_id": unit,
            "component": names,
            "value": pd.Series(cells, dtype=float),
            "own": np.nan,
            "peers": np.nan,
            "missing": ["no_cases" if cell is None else "" for cell in cells],
        }
    )[list(COLUMNS)]


def people(*units: str, kind="institution") -> pd.DataFrame:
    cells = {"unit_kind": kind, "unit_id": units, "unit_name": units}
    return pd.DataFrame(cells | {"district": "990101", "group": "2"})


def points_frame(*rows: tuple) -> pd.DataFrame:
    """Return (unit_id, points, budget change, months, terminated) as rows."""
    names = ["unit_id", "points", "budget_change", "suspension_months", "terminated"]
    frame = pd.DataFrame(rows, columns=names).assign(unit_kind="institution")
    return frame.astype({"budget_change": "Int64", "points": "int64"})


def judged(values: dict, points=None, failed=0, unit="H1"):
    """Return the one row of a unit's assessment, and its explanation."""
    band = points_frame(*([] if points is None else [(unit, points, 5, 0, False)]))
    before = {("institution", unit): failed}
    found = assess(
        2025, people(unit), rows_of(values, unit), band, before, POLICY, CONVERSION
    )
    return found.results.iloc[0], found.explained


# What is known -> what each counts, worked out by hand from the shipped weights.
WEIGHTS = [
    (
        [*COMPONENTS],
        dict(zip(COMPONENTS, (35, 10, 5, 25, 8, 8, 9), strict=True)),
    ),
    # Nothing to say of rectification: its 25 go to what was found, not to costs.
    (
        [name for name in COMPONENTS if name != "rectification"],
        dict(
            zip(
                [name for name in COMPONENTS if name != "rectification"],
                (60, 10, 5, 8, 8, 9),
                strict=True,
            )
        ),
    ),
    # Of costs only O/E is known: it counts all 25 of them, and no more.
    (
        ["confirmed_share", "coverage", "rectification", "fee_oe"],
        {"confirmed_share": 45, "coverage": 5, "rectification": 25, "fee_oe": 25},
    ),
    # Both that take over anything share what costs leave, 35 to 25.
    (
        ["confirmed_share", "rectification"],
        {"confirmed_share": "59.59", "rectification": "40.41"},
    ),
    # Nobody takes over anything: costs do, before hits.
    (["hits_per_1000", "fee_oe"], {"hits_per_1000": 10, "fee_oe": 90}),
    (["rectification"], {"rectification": 100}),
    (["hits_per_1000", "coverage"], {"hits_per_1000": "66.67", "coverage": "33.33"}),
    ([], {}),
]


@pytest.mark.parametrize(("known", "counts"), WEIGHTS)
def test_weights_go_to_what_is_known(known, counts):
    found = weights_of([ASKED[name] for name in known], list(ASKED.values()))
    assert found == {name: Decimal(weight) for name, weight in counts.items()}


@settings(deadline=None)
@given(st.sets(st.sampled_from(COMPONENTS), min_size=1))
def test_weights_add_up_and_questions_take_over_no_finding(names):
    known = [ASKED[name] for name in sorted(names)]
    found = weights_of(known, list(ASKED.values()))
    assert sum(found.values()) == 100
    assert set(found) == names
    if names & {"confirmed_share", "rectification"}:
        asking = names - {"confirmed_share", "rectification"}
        assert sum(found[name] for name in asking) <= 40


def test_the_shipped_weights_are_a_hundred_in_three_parts():
    sums = dict.fromkeys(PARTS, 0)
    for one in ASKED.values():
        sums[one.part] += one.weight
    assert sums == {"quality": 45, "management": 30, "cost": 25}
    records = [*POLICY.components, *POLICY.grades, POLICY]
    assert all("本工具建议值" in one.basis for one in records)
    assert set(POLICY.reasons) == set(REASONS)
    assert all(set(words) == {"zh", "en"} for words in POLICY.reasons.values())


@pytest.mark.parametrize(
    ("name", "value", "share"),
    [
        ("confirmed_share", 0, 1.0),
        ("confirmed_share", 0.01, 0.5),
        ("confirmed_share", 0.02, 0.0),
        ("confirmed_share", 0.5, 0.0),
        ("hits_per_1000", 25, 0.5),
        ("coverage", 1, 1.0),
        ("coverage", 0.5, 0.5),
        ("coverage", 0, 0.0),
        ("rectification", 1, 0.5),
        ("rectification", 2, 0.0),
        ("fee_growth", -0.4, 1.0),
        ("fee_growth", 0.15, 0.5),
        ("visit_fee_growth", 0.2, 0.0),
        ("fee_oe", 0.9, 1.0),
        ("fee_oe", 1.15, 0.5),
    ],
)
def test_a_value_earns_its_share(name, value, share):
    assert earned_share(ASKED[name], value) == pytest.approx(share)


# score, grade, what it suggests, clause
GRADES = [
    (100, "excellent", (100, 70, 5), "杭州市"),
    (90, "excellent", (100, 70, 5), "90分"),
    (89.99, "good", (80, 60, 5), "80分"),
    (80, "good", (80, 60, 5), "80分"),
    (79.99, "pass", (60, 50, 5), "60分"),
    (60, "pass", (60, 50, 5), "60分"),
    (59.99, "fail", (0, 0, 0), "连续两年不合格终止协议"),
    (0, "fail", (0, 0, 0), "60分以下"),
]


@pytest.mark.parametrize(("score", "name", "follows", "clause"), GRADES)
def test_a_score_has_its_grade(score, name, follows, clause):
    grade = POLICY.grade(score)
    found = (grade.prepayment_ratio, grade.overspend_share, grade.budget_most)
    assert (grade.id, found) == (name, follows)
    assert clause in grade.basis
    assert grade.failed == (name == "fail")


@pytest.mark.parametrize(
    ("points", "score", "name"),
    [(10, 90, "excellent"), (11, 89, "good"), (40, 60, "pass"), (41, 59, "fail")],
)
def test_points_are_taken_off_the_whole(points, score, name):
    row, rows = judged(BEST, points)
    assert (row["score"], row["grade"]) == (score, name)
    assert (row["points"], row["points_deducted"]) == (points, points)
    assert rows["earned"].tolist()[-1] == -points
    assert rows["basis"].tolist()[-1] == CONVERSION.basis


def test_points_never_take_more_than_was_earned():
    row, rows = judged(WORST, 31)
    assert (row["score"], row["points_deducted"]) == (0, 0)
    assert rows["earned"].sum() == 0


def test_where_no_points_were_kept_none_count_and_it_is_said():
    row, _ = judged(BEST)
    assert (row["score"], row["points_deducted"]) == (100, 0)
    assert row["missing"] == "points"
    assert row[["points", "budget_change"]].isna().all()


def test_the_budget_follows_the_band_but_never_rises_for_a_failed_year():
    row, _ = judged(BEST, 0)
    assert (row["budget_change"], row["missing"]) == (5, "")
    row, _ = judged(WORST, 0)
    assert (row["grade"], row["budget_change"]) == ("fail", 0)
    band = points_frame(("H1", 20, -3, 1, False))
    asked = (2025, people("H1"), rows_of(WORST), band, {}, POLICY, CONVERSION)
    row = assess(*asked).results.iloc[0]
    assert (row["budget_change"], row["suspension_months"]) == (-3, 1)


@pytest.mark.parametrize(
    ("values", "before", "ends"),
    [(WORST, 0, False), (WORST, 1, True), (WORST, 2, True), (BEST, 1, False)],
)
def test_two_failed_years_in_a_row_end_the_agreement(values, before, ends):
    row, _ = judged(values, 0, before)
    assert (row["ends_agreement"], row["failed_before"]) == (ends, before)


def test_too_little_known_is_no_grade():
    # Without a case of the year hits, checks and costs are 40 of 100.
    little = {k: v for k, v in BEST.items() if ASKED[k].part == "cost"}
    little |= {"hits_per_1000": 0, "coverage": 1}
    row, _ = judged(little, 0, 1)
    assert (row["score"], row["known_share"], row["grade"]) == (100, 40, "")
    assert row["missing"] == "confirmed_share rectification"
    names = ["prepayment_ratio", "budget_change", "overspend_share"]
    assert row[names].isna().all()
    assert not row["ends_agreement"]
    half = {"rectification": 0, "fee_growth": 0, "visit_fee_growth": 0, "fee_oe": 1}
    row, _ = judged(half, 0)
    assert (row["known_share"], row["grade"]) == (50, "excellent")
    row, _ = judged(half | {"fee_oe": None}, 0)
    assert (row["known_share"], row["grade"]) == (41, "")
    row, _ = judged({}, 5)
    assert row[["score", *PARTS]].isna().all()
    assert row["known_share"] == 0


FOUND = ("confirmed_share", "rectification")


@pytest.mark.parametrize("kind", ["institution", "pharmacy"])
@pytest.mark.parametrize("known", [FOUND[:1], FOUND[1:], FOUND])
def test_no_year_fails_on_questions(kind, known):
    values = WORST | dict.fromkeys(FOUND) | {name: BEST[name] for name in known}
    who = people("H1", kind=kind)
    for missing in (None, "fee_growth", "fee_oe", "hits_per_1000", "coverage"):
        rows = rows_of(values | ({missing: None} if missing else {}), kind=kind)
        asked = (2025, who, rows, points_frame(), {}, POLICY, CONVERSION)
        row = assess(*asked).results.iloc[0]
        assert row["score"] >= 60
        assert row["grade"] in ("pass", "good", "")


def test_a_pharmacy_has_no_case_mix_and_lacks_nothing_for_it():
    values = rows_of(BEST, "P1", "pharmacy")
    assert "fee_oe" not in set(values["component"])
    band = points_frame(("P1", 0, None, 0, False)).assign(unit_kind="pharmacy")
    who = people("P1", kind="pharmacy")
    row = assess(2025, who, values, band, {}, POLICY, CONVERSION).results.iloc[0]
    assert (row["score"], row["known_share"], row["missing"]) == (100, 100, "")
    assert list(row.index) == list(RESULTS)


def drawn(name: str):
    """Draw a value from better than `full` to worse than `none`, or none at all."""
    full, none = BEST[name], WORST[name]
    places = st.floats(-0.2, 1.2).map(lambda at: full + at * (none - full))
    return st.one_of(st.none(), places)


SOME = st.fixed_dictionaries({name: drawn(name) for name in COMPONENTS})


@given(SOME, st.integers(0, 40), st.integers(0, 40))
@settings(deadline=None, max_examples=25)
def test_components_add_up_and_points_never_help(values, few, more):
    rows = rows_of(values)
    sums = []
    for points in (few, few + more):
        found = explained(rows, {("institution", "H1"): points}, POLICY, CONVERSION)
        sums.append(round(found["earned"].sum(), 2))
        parts = found[found["component"] != "points"]
        assert (parts["earned"] <= parts["weight"] + 0.005).all()
        assert (
            (parts.loc[parts["missing"] != "", ["weight", "earned"]] == 0)
            .to_numpy()
            .all()
        )
    row, told = judged(values, few)
    assert 0 <= sums[1] <= sums[0] <= 100
    if row["known_share"]:
        assert row["score"] == sums[0] == round(told["earned"].sum(), 2)
        parts = row[list(PARTS)].astype(float).sum()
        assert round(parts - row["points_deducted"], 2) == row["score"]


@given(SOME, st.sampled_from(COMPONENTS), st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None, max_examples=25)
def test_a_worse_value_never_scores_better(values, name, share, step):
    full, none = BEST[name], WORST[name]
    worse = min(1.0, share + step)
    scores = [
        judged(values | {name: full + at * (none - full)}, 0)[0]["score"]
        for at in (share, worse)
    ]
    assert scores[1] <= scores[0]


MONTHS = [date(2024, 11, 1), date(2024, 12, 1)]
MONTHS += [date(2025, month, 1) for month in range(9, 13)]


def year_of(fees: dict, hits=(), cases=(), visits=(), months=MONTHS) -> Year:
    """Return a year of institutions: (total fee, visits) a month of each year."""
    rows = []
    for unit, by_year in fees.items():
        for month in months:
            total, seen = by_year[month.year - 2024]
            cells = {
                "total_fee": (total, 1),
                "fee_per_visit": (total, seen),
                "visits": (seen, 1),
                "fund_pay": (total / 2, 1),
                "fee_oe": (total, 1000.0),
            }
            rows += [(unit, pd.Timestamp(month), n, *cells[n]) for n in READ]
    names = ["unit_id", "month", "indicator", "numerator", "denominator"]
    who = people(*fees).assign(level="2", kind="医院", focus="", fallback=1)
    case_names = ["unit_kind", "unit_id", "month", "state", "confirmed", "days_left"]
    return Year(
        year=2025,
        unit_kind="institution",
        months=list(months),
        people=who,
        features=pd.DataFrame(rows, columns=names),
        hits=pd.DataFrame(
            list(hits),
            columns=[
                "rule",
                "unit_kind",
                "institution_id",
                "settlement_id",
                "excluded",
            ],
        ),
        cases=pd.DataFrame(list(cases), columns=[*case_names, "imported"]),
        houses={"D1": "H1"},
        visits=pd.DataFrame(list(visits), columns=list(VISITS)),
    )


EXCLUDED = "excluded"
SEVEN = {f"H{n}": ((1000.0, 200), (1000.0 + 100 * n, 200)) for n in range(1, 8)}


def value(year: Year, component: str, unit="H1"):
    rows = gathered(year, POLICY).set_index(["component", "unit_id"])
    row = rows.loc[(component, unit)]
    return row["missing"] or pytest.approx(row["value"])


def test_hits_count_once_a_bill_and_only_what_the_house_did():
    hits = [
        ("R1", "institution", "H1", "S1", False),
        ("R1", "institution", "H1", "S1", False),  # another line of the bill
        ("R2", "doctor", "H1", "S1", False),
        ("R1", "institution", "H1", "S2", True),  # an exclusion lifts it
        ("R9", "insured", "H1", "S3", False),  # a person's doing
        ("R3", "institution", "H1", None, False),
        ("R3", "institution", "H1", None, False),
        ("R1", "institution", "H2", "S9", False),
    ]
    year = year_of(SEVEN, hits)
    assert value(year, "hits_per_1000") == 1000 * 4 / 800
    assert value(year, "hits_per_1000", "H3") == 0
    few = year_of(SEVEN | {"H1": ((9.0, 10), (9.0, 49))}, hits)
    assert value(few, "hits_per_1000") == "few_visits"


def test_confirmed_yuan_are_the_houses_and_its_doctors():
    case = ("institution", "H1", "2025-10", "confirmed", "22.00", 3, False)
    cases = [
        case,
        ("doctor", "D1", "2025-03", "restored", "11.00", None, False),
        ("doctor", "D9", "2025-03", "restored", "99.00", None, False),
        ("institution", "H1", "2024-10", "confirmed", "99.00", 3, False),
        ("institution", "H1", "2025-11", "suspected", "99.00", 3, False),
        ("institution", "H1", "2025-12", "dismissed", "0.00", None, False),
    ]
    year = year_of(SEVEN, cases=cases)
    # The fund paid half of 4 x 1100.
    assert value(year, "confirmed_share") == 33 / 2200
    assert value(year, "confirmed_share", "H2") == 0
    none = year_of(SEVEN, cases=cases[3:4])
    assert value(none, "confirmed_share") == "no_cases"


def test_rectification_counts_what_is_overdue():
    cases = [
        ("institution", "H1", "2025-10", "confirmed", "1.00", -1, False),
        ("institution", "H1", "2025-11", "recovered", "1.00", 0, False),
        ("doctor", "D1", "2025-11", "recovered", "1.00", -9, False),
        ("institution", "H2", "2025-11", "rectified", "1.00", -9, False),
        ("institution", "H3", "2025-11", "confirmed", "1.00", None, True),
    ]
    year = year_of(SEVEN, cases=cases)
    assert value(year, "rectification") == 2
    assert value(year, "rectification", "H2") == 0
    # Imported history has no deadlines: a ledger of nothing else tells nothing.
    past = year_of(SEVEN, cases=cases[4:])
    assert value(past, "rectification") == "no_deadlines"


def test_coverage_is_the_planned_periods_that_saw_a_check():
    visits = [
        ("institution", "H1", date(2025, 1, 1)),
        ("institution", "H1", date(2025, 6, 30)),
        ("institution", "H2", date(2025, 6, 30)),
        ("institution", "H2", date(2025, 7, 1)),
        ("institution", "H3", date(2024, 12, 31)),
        ("pharmacy", "H4", date(2025, 1, 1)),
    ]
    year = year_of(SEVEN, visits=visits)
    found = [value(year, "coverage", f"H{n}") for n in (1, 2, 3, 4)]
    assert found == [0.5, 1, 0, 0]
    # In November the second half has not passed yet: it is not asked for.
    early = year_of(SEVEN, visits=visits, months=MONTHS[:-1])
    assert [value(early, "coverage", f"H{n}") for n in (1, 2, 3)] == [1, 1, 0]
    none = year_of(SEVEN, visits=visits[4:])
    assert value(none, "coverage") == "no_checks"


def test_growth_is_beside_the_peers_on_like_months():
    lean = assessment_policy()
    object.__setattr__(lean, "least_months", 2)
    rows = gathered(year_of(SEVEN), lean).set_index(["component", "unit_id"])
    row = rows.loc[("fee_growth", "H7")]
    # Two months of both years: the four of this year are not set against them.
    assert [row["own"], row["peers"]] == pytest.approx([0.7, 0.35])
    assert row["value"] == pytest.approx(0.35)
    assert rows.loc[("visit_fee_growth", "H1"), "value"] == pytest.approx(0.1 - 0.45)
    assert rows.loc[("fee_oe", "H7"), "value"] == pytest.approx(1.7)
    missing = gathered(year_of(SEVEN), POLICY).set_index(["component", "unit_id"])
    told = missing.loc[("fee_growth", "H7"), "missing"]
    assert told == "few_months"
    assert POLICY.reason(told, "en") == "fewer than 3 months of both years"
    assert POLICY.reason(told, "zh") == "两年可比的月份不足3个"


def test_a_median_leaves_the_unit_out_and_widens_where_peers_are_few():
    who = people(*(f"H{n}" for n in range(8)))
    who = who.assign(level=["3"] * 2 + ["2"] * 6, kind="x", focus="", fallback=1)
    values = pd.Series(range(8), index=who["unit_id"], dtype=float)
    found = peers_median(who, "institution", values, 5)
    # Of level 3 there is one other: everybody is a peer.
    assert found[["H0", "H1"]].tolist() == [4, 4]
    assert found[["H2", "H7"]].tolist() == [5, 4]
    values[["H6", "H7"]] = np.nan
    found = peers_median(who, "institution", values, 5)
    assert found["H2"] == 3
    assert peers_median(who, "institution", values, 7).isna().all()


def test_points_count_only_where_a_kind_had_any_that_year():
    who = pd.concat([people("H1", "H2"), people("P1", kind="pharmacy")])
    given_ = Entry("P1", "institution", "H2", SCHEME, 3, date(2025, 5, 1), "c")
    found = kept_points([given_], points_policy(), 2025, who)
    assert found[["unit_id", "points"]].to_numpy().tolist() == [["H1", 0], ["H2", 3]]
    assert kept_points([given_], points_policy(), 2024, who).empty


def test_grades_are_recorded_once_and_the_last_holds(tmp_path):
    row, _ = judged(WORST, 0)
    results = pd.DataFrame([row])
    ledger = Ledger(tmp_path)
    assert record(ledger, results, "me") == 1
    assert record(ledger, results, "me") == 0
    assert record(ledger, results.assign(grade="pass", score=61.0), "me") == 1
    assert record(ledger, results.assign(grade=""), "me") == 0
    assert recorded(ledger.events()) == {("institution", "H1", 2025): "pass"}


def test_failed_years_count_in_a_row_only():
    grades = {
        ("institution", "A", 2024): "fail",
        ("institution", "A", 2023): "fail",
        ("institution", "A", 2022): "pass",
        ("institution", "A", 2021): "fail",
        ("institution", "B", 2023): "fail",
        ("institution", "C", 2025): "fail",
    }
    assert failed_in_a_row(grades, 2025, POLICY) == {("institution", "A"): 2}
    assert failed_in_a_row(grades, 2024, POLICY) == {
        ("institution", "A"): 1,
        ("institution", "B"): 1,
    }


def test_earlier_grades_come_from_a_file(tmp_path):
    path = tmp_path / "grades.csv"
    head = "unit_kind,unit_id,year,grade\n"
    path.write_text(
        f"{head}institution,H1,2024,不合格\npharmacy,P1,2024,pass\n", "utf-8"
    )
    assert read_grades(path, POLICY) == {
        ("institution", "H1", 2024): "fail",
        ("pharmacy", "P1", 2024): "pass",
    }
    for row, words in (
        ("institution,H1,2024,bad", "'bad'"),
        ("institution,,2024,pass", "column 'unit_id'"),
        ("doctor,D1,2024,pass", "institution or pharmacy"),
        ("institution,H1,x,pass", "a calendar year"),
        ("institution,H1,2024,pass\ninstitution,H1,2024,fail", "stands twice"),
    ):
        path.write_text(head + row, "utf-8")
        with pytest.raises(DataRefusedError, match="nothing of grades") as caught:
            read_grades(path, POLICY)
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("who = 1\n", "unknown key 'who'"),
        ('least_share = "x"\n', "least_share"),
        ("least_visits = 0\n", "least_visits"),
        ("[plan]\npharmacy = 0\n", "plan.pharmacy"),
        ('[[components]]\nid = "fee_oe"\nweight = -1\n', "fee_oe'.weight"),
        ('[[components]]\nid = "fee_oe"\npart = "x"\n', "one of quality"),
        ('[[components]]\nid = "fee_oe"\nfull = "1.3"\n', "full and none"),
        ('[[components]]\nid = "mine"\n', "is missing"),
        ('[reasons.no_cases]\nen = "{x}"\n', "reasons.no_cases.en"),
        ("reasons = 1\n", "expected a table"),
        ('[[grades]]\nid = "fail"\nfrom = "1"\n', "a lowest one"),
        ('[[grades]]\nid = "fail"\nfailed = 1\n', "true or false"),
        ('[[grades]]\nid = "fail"\nbasis = " "\n', "no basis"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(tmp_path, text, words):
    (tmp_path / "assessment.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match=words):
        assessment_policy(tmp_path)


def test_a_store_changes_only_what_it_names(tmp_path):
    text = '[[components]]\nid = "coverage"\nweight = 0\n[[grades]]\nid = "pass"\n'
    (tmp_path / "assessment.toml").write_text(f'{text}from = "70"\n', encoding="utf-8")
    own = assessment_policy(tmp_path)
    assert "coverage" not in [one.id for one in own.of("institution")]
    assert [own.grade(score).id for score in (69.99, 70)] == ["fail", "pass"]
    assert own.plan == POLICY.plan


def test_the_page_says_what_the_policy_says():
    page = (Path(__file__).parents[2] / "docs" / "assessment.md").read_text("utf-8")
    for one in POLICY.components:
        (row,) = [r for r in page.splitlines() if f"`{one.id}`:" in r and "|" in r]
        assert f"| {one.weight} |" in row
    for one in POLICY.grades:
        cells = f"| {one.prepayment_ratio} | {one.overspend_share} |"
        assert [r for r in page.splitlines() if f"| {one.id} " in r and cells in r]
    page = (Path(__file__).parents[2] / "docs" / "points.md").read_text("utf-8")
    assert [one.id for one in points_policy().schemes if one.id not in page] == []


def test_of_several_schemes_the_gravest_band_holds():
    bands = points_frame(("H1", 5, 3, 0, False), ("H1", 31, None, 3, True))
    asked = (2025, people("H1"), rows_of(BEST), bands, {}, POLICY, CONVERSION)
    row = assess(*asked).results.iloc[0]
    assert (row["points"], row["suspension_months"]) == (36, 3)
    assert row["terminated"]
    assert row["budget_change"] == 3
