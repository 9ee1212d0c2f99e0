"""Random worlds: indicators over shared steps against plain loops over the rows."""

import math
import tempfile
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from pathlib import Path

from drawn_indicators import load_world
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly.features.calendar import exceptions
from anomaly.workspace import open_store

ITEMS = ("XA10B1", "XA10B2", "XJ01D1", "002100001")
DRUGS = ("XA10B1", "XA10B2", "XJ01D1")
# Doctor -> where; D3 sees patients where D1 does.
PLACES = {"D1": "H1", "D2": "H2", "D3": "H1"}

bills = st.lists(
    st.tuples(
        st.sampled_from(sorted(PLACES)),
        st.integers(1, 3),  # person
        st.sampled_from(ITEMS),
        st.integers(1, 5),  # quantity
        st.integers(1, 500),  # yuan
        st.integers(1, 20),  # day it began
        st.sampled_from([7, 11, 22]),  # hour
        st.integers(0, 7),  # nights in hospital, 0: outpatient
    ),
    min_size=1,
    max_size=14,
)


def as_world(rows):
    """Write drawn rows as a world: one bill, one line each."""
    made, lines = [], []
    for number, row in enumerate(rows):
        doctor, person, item, quantity, fee, day, hour, nights = row
        began = datetime.combine(date(2026, 5, day), time(hour, number))
        ended = began + timedelta(days=nights)
        kind = 21 if nights else 11
        made.append(
            f"{number:02d},P{person},{doctor},{PLACES[doctor]},{kind},{ended},{fee},"
            f"{began},{ended},{nights if nights else ''}"
        )
        category = "09" if item in DRUGS else "03"
        lines.append(f"{number:02d},{item},{category},{quantity},{fee}")
    head = "id,insured_id,attending_doctor_id,institution_id,visit_type,settled_at,"
    head += "total_fee,admitted_at,discharged_at,stay_days"
    doctors = "\n".join(f"{name},{place},内科" for name, place in PLACES.items())
    return {
        "bills": "\n".join([head, *made]),
        "lines": "\n".join(
            ["bill,national_item_code,fee_category,quantity,line_amount", *lines]
        ),
        "tables": {
            "doctor": f"doctor_id,institution_id,department\n{doctors}",
            "institution": "institution_id,institution_name,district,level\n"
            "H1,测试一院,990101,2\nH2,测试二院,990101,2",
        },
    }


def own(rows, doctor):
    return [row for row in rows if row[0] == doctor]


def doctors_reference(rows):
    """Compute the doctors' indicators in loops: the plain meaning of each."""
    found = {}
    for doctor in {row[0] for row in rows}:
        mine = own(rows, doctor)
        persons = {row[1] for row in mine}
        found["visits_per_patient", doctor] = len(mine) / len(persons)
        days = defaultdict(int)
        for row in mine:
            if not row[7]:
                days[row[5]] += 1
        if days:
            found["max_daily_visits", doctor] = max(days.values())
        late = 0
        for row in mine:
            ended = date(2026, 5, row[5]) + timedelta(days=row[7])
            late += row[6] >= 22 or exceptions().get(ended) is False
        found["offhour_share", doctor] = late / len(mine)
        by_drug = defaultdict(int)
        for row in mine:
            if row[2] in DRUGS:
                by_drug[row[2]] += row[4]
        if by_drug:
            whole = sum(by_drug.values())
            found["drug_hhi", doctor] = sum(x * x for x in by_drug.values()) / whole**2
        stays = [row for row in mine if row[7]]
        if stays:
            found["alos", doctor] = sum(row[7] for row in stays) / len(stays)
    return found


def case_mix_reference(rows):
    """The mean fee of others, by kind of visit; none, where nobody else had any."""
    found = {}
    for doctor in {row[0] for row in rows}:
        observed = expected = 0
        for row in own(rows, doctor):
            others = [
                other[4]
                for other in rows
                if other[0] != doctor and bool(other[7]) == bool(row[7])
            ]
            if others:
                observed += row[4]
                expected += sum(others) / len(others)
        if expected:
            found["fee_oe", doctor] = observed / expected
    return found


def quantity_reference(rows):
    """What each doctor's patients took over what all others' would have taken."""
    patients = {doctor: len({r[1] for r in own(rows, doctor)}) for doctor in PLACES}
    found = {}
    for doctor, item in {(row[0], row[2]) for row in rows if row[2] in DRUGS}:
        taken = [row for row in own(rows, doctor) if row[2] == item]
        quantity = sum(row[3] for row in taken)
        others = sum(row[3] for row in rows if row[0] != doctor and row[2] == item)
        one_more = quantity / len({row[1] for row in taken})
        elsewhere = sum(patients.values()) - patients[doctor]
        expected = patients[doctor] * (others + one_more) / (elsewhere + 1)
        found["drug_qty_oe", f"{doctor}|{item}"] = quantity / expected
    return found


def computed(rows):
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(load_world(Path(folder), as_world(rows)))
        frames = [store.features(unit, "2026-05") for unit in ("doctor", "doctor_item")]
        return {
            (row.indicator, row.unit_id): row.value
            for frame in frames
            for row in frame.itertuples()
        }


@settings(max_examples=8, deadline=None, derandomize=True)
@given(bills)
def test_indicators_equal_the_plain_reference(rows):
    found = computed(rows)
    expected = (
        doctors_reference(rows) | case_mix_reference(rows) | quantity_reference(rows)
    )
    for key, value in expected.items():
        assert math.isclose(found[key], value, rel_tol=1e-3), key
    asked = {name for name, _ in expected}
    assert {key for key in found if key[0] in asked} == set(expected)
