"""Night checks of beds: where bills say that many lie, and on which nights to look."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from anomaly.casework.amounts import NOTHING
from anomaly.features.builder import all_steps
from anomaly.inspection.draw import drawing_order
from anomaly.inspection.night_hits import counted, lacking
from anomaly.periods import month_text, shift
from anomaly.policy.coverage import Night, coverage_policy
from anomaly.policy.working_days import is_working_day
from anomaly.store.steps import Runner, needed
from anomaly.store.store import Store

STEP = "stay_fact"
DAY = timedelta(days=1)
WEEKDAYS = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
NO_BEDS = {"zh": "核定床位 (approved_beds)", "en": "approved beds (approved_beds)"}
NO_DATES = {
    "zh": "{n} 次住院缺入院或出院时间",
    "en": "{n} stays without a day of admission or discharge",
}
NOT_YET = {
    "zh": "{month} 结算尚未装载，月末几晚在院人数偏低",
    "en": "{month} is not loaded: the last nights of the month are told too low",
}
NIGHTS_AT_MOST = 5
UNKNOWN = {"zh": "未知", "en": "unknown"}
COLUMNS = (
    "institution_id",
    "institution_name",
    "district",
    "hung_bed_hits",
    "bed_hits",
    "bed_yuan",
    "rules",
    "beds",
    "occupancy",
    "stays",
    "rest_admission_share",
    "rest_day_share",
    "peak_patients",
    "peak_occupancy",
    "peak_nights",
    "fullest_weekday",
    "go_on",
    "expected_patients",
    "to_count",
    "missing",
)
STAYS_SQL = """
SELECT institution_id, admitted_on, discharged_on, count(*) AS stays
FROM (
    -- A stay settled in two months stands in both.
    SELECT
        visit_id,
        max(institution_id) AS institution_id,
        CAST(min(admitted_at) AS DATE) AS admitted_on,
        CAST(max(discharged_at) AS DATE) AS discharged_on
    FROM stay_fact
    WHERE admitted_at IS NOT NULL AND discharged_at IS NOT NULL
    GROUP BY visit_id
) s
GROUP BY institution_id, admitted_on, discharged_on
ORDER BY institution_id, admitted_on, discharged_on
"""
MONTH_SQL = """
SELECT
    s.institution_id,
    coalesce(max(i.institution_name), s.institution_id) AS institution_name,
    max(s.district) AS district,
    CAST(max(i.approved_beds) AS DOUBLE) AS beds,
    count(DISTINCT s.visit_id) AS stays,
    CAST(sum(s.bed_days) AS DOUBLE) AS bed_days,
    CAST(avg(s.is_rest_admission) AS DOUBLE) AS rest_admission_share,
    CAST(avg(s.rest_share) AS DOUBLE) AS rest_day_share,
    sum(CASE WHEN s.admitted_at IS NULL OR s.discharged_at IS NULL
        THEN 1 ELSE 0 END) AS undated
FROM stay_fact s
LEFT JOIN institution i ON s.institution_id = i.institution_id
GROUP BY s.institution_id
ORDER BY s.institution_id
"""


def night_list(
    store: Store,
    month: date,
    hits: pd.DataFrame,
    policy: Night | None = None,
    language: str = "zh",
    seed: str = "",
) -> pd.DataFrame:
    """Return a row an institution with stays settled in a month (columns `COLUMNS`).

    Parameters
    ----------
    hits : DataFrame
        `anomaly.rules.hits.hits` of the month.
    seed : str
        Whoever does not know it cannot foretell the nights among equal ones.

    Returns
    -------
    DataFrame
        Ordered by hung-bed hits, then by occupancy. bed_yuan is a Decimal; occupancy
        the bed-days of the month's stays over those of the approved beds; rest shares
        the part of admissions, and of days, that were days off; peak_nights those of
        the month on which most lay there; go_on nights of the month after, with the
        patients to be expected by weekday. ``missing`` says what could not be told,
        and why; figures that need it are NaN.
    """
    policy = policy or coverage_policy(store.root).night
    rows, stays, whole = _read(store, month)
    census = nightly(stays, rows["institution_id"], month)
    found = rows.merge(counted(hits, policy), on="institution_id", how="left")
    told = {
        one["institution_id"]: _nights(one, lain, month, whole, policy, language, seed)
        for one, lain in zip(found.to_dict("records"), census, strict=True)
    }
    found = found.assign(occupancy=_occupancy(found, month))
    found = found.join(
        pd.DataFrame.from_dict(told, orient="index"), on="institution_id"
    )
    lacks = lacking(store, policy, language)
    found["missing"] = [
        "；".join([*_missing(one, month, whole, language), *lacks])
        for one in found.to_dict("records")
    ]
    return _ordered(found)


def _read(store: Store, month: date) -> tuple[pd.DataFrame, pd.DataFrame, bool]:
    """Return the month's institutions, stays around it, and whether it is whole."""
    known = store.months()
    around = [one for one in (shift(month, n) for n in (-1, 0, 1)) if one in known]
    Runner(store, needed(all_steps().values(), [STEP])).run(around)
    store.show("institution")
    store.show(STEP, [month_text(month)])
    rows = store.engine.frame(MONTH_SQL)
    store.show(STEP, [month_text(one) for one in around])
    return rows, store.engine.frame(STAYS_SQL), shift(month, 1) in known


def nightly(stays: pd.DataFrame, institutions: pd.Series, month: date) -> np.ndarray:
    """Return how many lay in each institution on each night of a month.

    ``stays`` has institution_id, admitted_on, discharged_on and stays. The day of
    discharge is nobody's night, so a stay that ended on the day it began has none.
    """
    days = (shift(month, 1) - month).days
    place = {name: nth for nth, name in enumerate(institutions)}
    change = np.zeros((len(place), days + 1), dtype=np.int64)
    known = stays[stays["institution_id"].isin(place)]
    rows = known["institution_id"].map(place).to_numpy(dtype=np.int64)
    for column, sign in (("admitted_on", 1), ("discharged_on", -1)):
        since = (pd.to_datetime(known[column]) - pd.Timestamp(month)).dt.days
        nights = np.clip(since.to_numpy(dtype=np.int64), 0, days)
        np.add.at(change, (rows, nights), sign * known["stays"].to_numpy())
    return change.cumsum(axis=1)[:, :days]


def _nights(
    row: dict,
    lain: np.ndarray,
    month: date,
    whole: bool,
    policy: Night,
    language: str,
    seed: str,
) -> dict:
    """Return the fullest nights of an institution, and those on which to go."""
    days = [month + n * DAY for n in range(len(lain))]
    peak = int(lain.max())
    fullest = [day for day, count in zip(days, lain, strict=True) if count == peak]
    seen = len(days) if whole else len(days) - policy.unsettled_nights
    usual = by_weekday(lain[:seen], month)
    go_on = chosen(usual, shift(month, 1), policy, f"{seed}|{row['institution_id']}")
    names = WEEKDAYS[language]
    told = {
        "peak_patients": peak,
        "peak_occupancy": peak / row["beds"] if row["beds"] else float("nan"),
        "peak_nights": _days(fullest[:NIGHTS_AT_MOST]) if peak else "",
        "fullest_weekday": names[int(np.nanargmax(usual))] if usual.any() else "",
    }
    expected = [float(usual[day.weekday()]) for day in go_on]
    if not (row["bed_hits"] > 0 or max(expected) >= policy.fewest):
        return told | {"go_on": "", "expected_patients": float("nan"), "to_count": ""}
    beds = UNKNOWN[language] if pd.isna(row["beds"]) else int(row["beds"])
    most = round(max(expected), 1)
    text = getattr(policy, language).format(expected=f"{most:.0f}", beds=beds)
    return told | {"go_on": _days(go_on), "expected_patients": most, "to_count": text}


def _days(days: list[date]) -> str:
    return " ".join(day.isoformat() for day in sorted(days))


def by_weekday(lain: np.ndarray, month: date) -> np.ndarray:
    """Return how many lie there on a night of each weekday, Monday first, on average.

    NaN for a weekday of which no night is in view.
    """
    weekdays = (month.weekday() + np.arange(len(lain))) % 7
    return np.array(
        [
            lain[weekdays == n].mean() if (weekdays == n).any() else np.nan
            for n in range(7)
        ]
    )


def chosen(usual: np.ndarray, month: date, policy: Night, seed: str) -> list[date]:
    """Return the policy's nights of a month, of most patients expected.

    ``usual`` is `by_weekday`; among equal nights the seed draws.
    """
    nights = [month + n * DAY for n in range((shift(month, 1) - month).days)]
    if policy.choose == "rest":
        nights = [day for day in nights if not is_working_day(day + DAY)]
    drawn = drawing_order(seed, [day.isoformat() for day in nights])
    place = {date.fromisoformat(text): nth for nth, text in enumerate(drawn)}
    expected = np.nan_to_num(usual, nan=-1.0).round(2)
    nights.sort(key=lambda day: (-expected[day.weekday()], place[day]))
    return nights[: policy.nights]


def _occupancy(found: pd.DataFrame, month: date) -> pd.Series:
    days = (shift(month, 1) - month).days
    return found["bed_days"] / (found["beds"].where(found["beds"] > 0) * days)


def _missing(row: dict, month: date, whole: bool, language: str) -> list[str]:
    """Return what an institution's own row could not be told of."""
    found = []
    if pd.isna(row["beds"]):
        found.append(NO_BEDS[language])
    if row["undated"]:
        found.append(NO_DATES[language].format(n=int(row["undated"])))
    if not whole:
        found.append(NOT_YET[language].format(month=month_text(shift(month, 1))))
    return found


def _ordered(found: pd.DataFrame) -> pd.DataFrame:
    """Round before sorting, so that the order does not hang on a last bit."""
    shares = ("occupancy", "rest_admission_share", "rest_day_share", "peak_occupancy")
    found = found.round(dict.fromkeys(shares, 4))
    for name in ("hung_bed_hits", "bed_hits"):
        found[name] = found[name].fillna(0).astype(int)
    found["bed_yuan"] = [NOTHING if pd.isna(x) else x for x in found["bed_yuan"]]
    found["rules"] = found["rules"].fillna("")
    found = found.sort_values(
        ["hung_bed_hits", "occupancy", "institution_id"],
        ascending=[False, False, True],
        na_position="last",
    )
    return found.reset_index(drop=True)[list(COLUMNS)]
