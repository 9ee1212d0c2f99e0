"""Caps, limits and thresholds of indicators, from policy/indicators.toml."""

from dataclasses import asdict, dataclass
from functools import cache

from anomaly.policy.read import as_record, policy
from anomaly.sources.dictionaries import dictionaries


@dataclass(frozen=True)
class Limits:
    """What the steps' texts name in braces; an unknown key is refused."""

    scan_category: str
    surgery_category: str
    ct_code: str
    ct_name: str
    mri_code: str
    mri_name: str
    watch_code: str
    controlled_code: str
    class_length: int
    dear_unit_price: float
    offhour_from: int
    offhour_to: int
    emergency_type: str
    age_1: int
    age_2: int
    age_3: int
    age_4: int
    age_5: int
    case_mix_visits: int
    readmit_days: int
    readmit_same_days: int
    planned_diagnosis: str
    dialysis_diagnosis: str
    cancer_diagnosis: str
    mild_diagnosis: str
    infection_type: str
    low_treatment_share: float
    low_exam_share: float
    bunch_days: str
    high_multiple: float
    low_multiple: float
    supply_days_at_least: int
    employee_types: str
    cap_employee: float
    cap_resident: float
    move_km_at_least: float
    move_km_per_hour: float
    companion_minutes: int
    companion_times: int
    companion_crowd: int
    small_ticket: float
    train_minutes: int
    late_upload_hours: int
    review_day: int
    handler_reviews: int


@cache
def limits() -> Limits:
    """Return the limits of the policy; PolicyError on a key that is none."""
    return as_record(Limits, policy("indicators")["limits"], "policy/indicators.toml")


def parameters() -> dict[str, object]:
    """Return the limits by name, to be put into the texts of steps.

    The fee categories of each group of the dictionary stand beside them:
    ``drug_categories`` and so on.
    """
    groups = dictionaries()["fee_category"].groups
    listed = {
        f"{group}_categories": ", ".join(f"'{code}'" for code in codes)
        for group, codes in groups.items()
    }
    return asdict(limits()) | listed
