"""Grades as they were recorded, in the policy's order."""

from anomaly.assessment.recorded import grade_rows
from anomaly.policy.assessment import assessment_policy


def test_grades_stand_best_first_and_unknown_ones_are_left_out():
    policy = assessment_policy(None)
    best, *_, worst = [one.id for one in policy.grades]
    known = {
        ("institution", "H2", 2025): worst,
        ("pharmacy", "P1", 2025): best,
        ("institution", "H1", 2025): best,
        ("institution", "H3", 2025): "gone from the policy",
    }
    rows = grade_rows(known, policy, "en")
    assert rows["unit_id"].tolist() == ["H1", "P1", "H2"]
    assert rows["grade_name"].iloc[0] == policy.grades[0].en
    assert grade_rows({}, policy, "zh").empty
