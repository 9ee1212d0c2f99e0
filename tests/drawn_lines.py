"""A drawn world of 24 health centres, alike but for three.

H01 is 1.9 times as dear as the others, H02 near half as much again; H03 saw 12 visits
a month a year ago and sees 28 now. Each has one doctor: H01 has D01. Loaded by
`drawn_indicators`.
"""

HOUSES = [f"H{number:02}" for number in range(1, 25)]
MONTHS = ("2025-05", "2025-06", "2026-05", "2026-06")
DEAR = {"H01": 1.9, "H02": 1.45}
FINDINGS = """
unit_kind, unit_id, month, rule, indicator, state, amount, decided_on
institution, H02, 2026-06, R02, , confirmed, 500, 2026-07-20
institution, H02, 2026-06, , visits, dismissed, 0, 2026-07-20
institution, H01, 2026-05, , drug_share, dismissed, 0, 2026-06-20
"""


def name_of(house: str) -> str:
    return f"测试第{house[1:]}卫生院"


def fee(house: int, visit: int, month: str) -> int:
    """Return a fee about 100; those of H01 and H02 have grown since 2025."""
    dear = DEAR.get(HOUSES[house], 1.0) if month > "2026" else 1.0
    return round((100 + (house * 7 + visit * 3) % 11 - 5) * dear)


def world(findings: str = FINDINGS) -> dict:
    """Return the world, in the form of `drawn_indicators`."""
    bills = [
        "id, institution_id, attending_doctor_id, insured_id, settled_at, total_fee"
    ]
    for month in MONTHS:
        for place, house in enumerate(HOUSES):
            visits = 28 if house == "H03" and month > "2026" else 12
            for visit in range(visits):
                bills.append(
                    f"{month[2:4]}{month[5:]}{place:02}{visit:02}, {house},"
                    f" D{house[1:]}, P{place:02}{visit:02},"
                    f" {month}-{1 + visit % 28:02} {9 + visit // 28:02}:{place:02}:00,"
                    f" {fee(place, visit, month)}"
                )
    houses = [
        f"{house}, {name_of(house)}, 990101, 1, 卫生院, {house}" for house in HOUSES
    ]
    doctors = [f"D{house[1:]}, 测试医师{house[1:]}, {house}, 内科" for house in HOUSES]
    head = "institution_id, institution_name, district, level, institution_type_name"
    return {
        "bills": "\n".join(bills),
        "tables": {
            "institution": "\n".join([f"{head}, social_credit_code", *houses]),
            "doctor": "\n".join(
                ["doctor_id, doctor_name, institution_id, department", *doctors]
            ),
            "finding": findings,
        },
    }
