"""A drawn world for case files: one doctor of 25 whose visits turn dear."""

MONTH = "2026-05"
DEAR, OTHERS = 400, 24
MASTER = "doctor_id, doctor_name, institution_id, department"
HOUSE = (
    "institution_id, institution_name, district, level\nH1, 甲区测试医院, 990101, 2\n"
)


def bills() -> str:
    """Draw 24 doctors with ten visits near 100 yuan a month, and D00 at 400 in May."""
    rows = [
        "id, insured_id, attending_doctor_id, visit_type, settled_at,"
        " total_fee, fund_pay"
    ]
    for month in (3, 4, 5):
        for doctor in range(OTHERS + 1):
            for nth in range(10):
                fee = DEAR if doctor == 0 and month == 5 else 90 + doctor + nth
                own = f"{month}{doctor:02d}{nth}"
                day = f"2026-0{month}-{nth + 11} 10:{doctor:02d}:00"
                rows.append(f"{own}, 990100{own}, D{doctor:02d}, 11, {day}, {fee}, 60")
    return "\n".join(rows)


def case_world() -> dict:
    """Return the world as `drawn_indicators.load_world` takes it."""
    doctors = [f"D{n:02d}, 测试医师{n:02d}, H1, 内科" for n in range(OTHERS + 1)]
    master = "\n".join([MASTER, *doctors])
    return {"bills": bills(), "tables": {"institution": HOUSE, "doctor": master}}
