"""A city many times over: every person, doctor, place and bill under ids of its own."""

from pathlib import Path

from anomaly.periods import month_text
from anomaly.store.store import Store
from anomaly.tables import tables

# What stays the same in every copy: national codes, districts, calendars of prices.
SHARED = {"district", "catalogue", "price_cap", "budget"}
IDS = (
    "settlement_id original_settlement_id provider_settlement_id visit_id insured_id"
    " institution_id main_institution_id pharmacy_id doctor_id attending_doctor_id"
    " line_id order_no enrolment_id registration_id unit_id trace_code finding_id"
    " tip_id referral_from_visit payee_id operator_id stock_id external_institution_id"
).split()


def grow(source: Path, target: Path, times: int, months: int) -> None:
    """Write a store whose first months hold every row of another so many times."""
    small, large = Store.open(source), Store.create(target)
    kept = {month_text(month) for month in small.months()[:months]}
    with large.locked():
        for name, table in tables().items():
            for part_month in sorted(kept) if table.month else [""]:
                _copy(small, large, name, part_month, 1 if name in SHARED else times)
    small.close()
    large.close()


def _copy(small: Store, large: Store, name: str, month: str, times: int) -> None:
    if not small.parts(name, [month]):
        return
    small.show(name, [month])
    cells = small.engine.frame(f"SELECT * FROM {name} LIMIT 0").columns
    text = ", ".join(
        f"{cell} || '-' || k AS {cell}" if cell in IDS and times > 1 else cell
        for cell in cells
    )
    sql = f"SELECT {text} FROM (SELECT unnest(range({times})) AS k) c, {name}"
    large.keep(name, month, "grown", lambda path: small.engine.write(sql, path))
