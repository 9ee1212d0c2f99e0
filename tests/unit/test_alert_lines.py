"""How a unit stands to a line, on drawn evidence."""

import pandas as pd
import pytest

from anomaly.leads.lines import Line, held_to
from anomaly.leads.standing import approached

PEOPLE = pd.DataFrame(
    {"department": ["内科", "外科", "外科"], "level": ["2", "2", "3"]},
    index=["D1", "D2", "D3"],
)


def line(measure, *thresholds, **more):
    notice, warning, inspect = thresholds
    return Line(
        "drug_share", ["doctor"], notice, warning, inspect, "条", measure, **more
    )


def held(values, *known, expected=0.4, indicator="drug_share"):
    evidence = pd.DataFrame({"unit_id": ["D1", "D2", "D3"], "value": values})
    evidence = evidence.assign(
        indicator=indicator, expected=expected, group="all", peers=9.0, n=50.0
    )
    return held_to(known, "doctor", PEOPLE, evidence).set_index("unit_id")


@pytest.mark.parametrize(
    ("measure", "thresholds", "measured"),
    [
        ("ratio", (1.2, 1.4, 1.6), [1.0, 1.25, 1.75]),
        ("points", (9, 20, 25), [0, 10, 30]),
        ("value", (0.45, 0.6, 0.65), [0.4, 0.5, 0.7]),
    ],
)
def test_each_measure_is_what_it_says(measure, thresholds, measured):
    rows = held([0.4, 0.5, 0.7], line(measure, *thresholds))
    assert rows["measured"].tolist() == pytest.approx(measured)
    assert rows["line"].tolist() == ["", "notice", "inspect"]
    assert rows["next"].tolist() == ["notice", "warning", ""]


def test_a_change_is_held_against_the_evidence_of_the_change():
    rows = held([0.04, 0.06, -0.2], line("change", 0.05, 0.1, 0.2))
    assert rows.empty
    known = line("change", 0.05, 0.1, 0.2)
    rows = held([0.04, 0.06, -0.2], known, indicator="drug_share_change")
    assert rows["line"].tolist() == ["", "notice", ""]
    assert rows["nearness"].tolist() == pytest.approx([0.8, 0.6, 0])


def test_a_threshold_is_passed_where_it_is_reached():
    rows = held([0.5, 0.5, 0.5], line("value", 0.3, 0.5, 0.6))
    assert set(rows["line"]) == {"warning"}
    assert set(rows["threshold"]) == {0.5}


def test_without_a_centre_there_is_no_ratio_and_no_line():
    rows = held([0.5, 0.5, 0.5], line("ratio", 1.1, 1.2, 1.3), expected=0.0)
    assert set(rows["line"]) == {""}
    assert rows["nearness"].isna().all()
    assert approached(rows.reset_index()).empty


def test_the_narrowest_group_holds():
    general = line("value", 0.1, 0.2, 0.9)
    surgery = line("value", 0.5, 0.6, 0.9, group={"department": "外科"})
    third = line("value", 0.2, 0.3, 0.4, group={"department": "外科", "level": 3})
    rows = held([0.4, 0.4, 0.4], general, surgery, third)
    assert rows["line"].to_dict() == {"D1": "warning", "D2": "", "D3": "inspect"}
    assert rows.loc["D3", "name"] == "drug_share@department=外科,level=3"


def test_those_that_approach_a_line_are_told_after_those_past_one():
    rows = held([0.41, 0.30, 0.70], line("value", 0.5, 0.6, 0.65)).reset_index()
    assert approached(rows)["unit_id"].tolist() == ["D3", "D1"]
