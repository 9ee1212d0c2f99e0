"""Registers: institutions, pharmacies, doctors, persons, the catalogue."""

import numpy as np
import pyarrow as pa

from anomaly.periods import shift
from anomaly.sources.world.catalogue import DEPARTMENT_CODES, DEPARTMENTS
from anomaly.sources.world.clock import day_number
from anomaly.sources.world.columns import (
    Columns,
    always,
    dates,
    money,
    nothing,
    texts,
    whole,
)
from anomaly.sources.world.households import telephones
from anomaly.sources.world.people import DISTRICT_NAMES, DISTRICTS, person_names
from anomaly.sources.world.plan import PLACEHOLDERS
from anomaly.sources.world.setting import Setting
from anomaly.sources.world.streams import stream
from anomaly.sources.world.tables import HOSPITAL_LEVELS

_BEDS = np.array([14, 24, 40])
_STAFF = np.array([12, 45, 160])
_LIST_TYPES = {"09": "101", "11": "101", "10": "102", "08": "301"}


def doctor_codes(setting: Setting) -> list[str]:
    """Return the codes by number; the last are nobody's."""
    return setting.providers.doctors["code"].tolist() + list(PLACEHOLDERS)


def districts(setting: Setting) -> Columns:
    """Return districts: codes and the names a brief shows."""
    places = np.arange(len(DISTRICTS))
    return {
        "district": texts(DISTRICTS, places),
        "district_name": texts(DISTRICT_NAMES, places),
    }


def institutions(setting: Setting) -> Columns:
    """Return medins_info_b."""
    units = setting.providers.units.iloc[: setting.providers.institutions]
    level = units["level"].to_numpy()
    size = len(units)
    start = np.full(size, day_number(setting.months[0]) - 1500)
    beds = _BEDS[level] + np.arange(size) % 5
    return {
        "medins_code": texts(units["code"], np.arange(size)),
        "medins_name": texts(units["name"], np.arange(size)),
        "admdvs": texts(DISTRICTS, units["home"]),
        "addr": texts([f"测试地址{n}" for n in DISTRICT_NAMES], units["home"]),
        "medins_type": texts(["C", "A", "A"], level),
        "medins_type_name": texts(["卫生院", "综合医院", "综合医院"], level),
        "fixmedins_type": always("1", size),
        "medinslv": whole(level + 1),
        "hosp_lv": texts(HOSPITAL_LEVELS, level),
        "medins_natu": texts(["1", "2"], (np.arange(size) % 4 == 3).astype(int)),
        "npmo_flag": texts(["1", "0"], (np.arange(size) % 4 == 3).astype(int)),
        "grst_hosp_flag": whole(level == 0),
        "aprv_bed_cnt": whole(beds),
        "pro_techstf_psncnt": whole(_STAFF[level]),
        "lnt": pa.array(units["lon"].to_numpy()),
        "lat": pa.array(units["lat"].to_numpy()),
        "begntime": dates(start),
        "endtime": dates(start, np.ones(size, dtype=bool)),
        "vali_flag": always("1", size),
    }


def pharmacies(setting: Setting) -> Columns:
    """Return rtal_phac_b."""
    units = setting.providers.units.iloc[setting.providers.institutions :]
    size = len(units)
    chain = (units["tier"] == 3).to_numpy()
    group = np.where(chain, units["group"], -1)
    return {
        "rtal_phac_code": texts(units["code"], np.arange(size)),
        "rtal_phac_name": texts(units["name"], np.arange(size)),
        "admdvs": texts(DISTRICTS, units["home"]),
        "addr": texts([f"测试地址{n}" for n in DISTRICT_NAMES], units["home"]),
        "phar_psncnt": whole(units["pharmacists"]),
        "phac_chan_type": texts(["2", "1"], chain.astype(int)),
        "brch_flag": whole(chain),
        "prnt_medins_code": texts([f"GROUP{n}" for n in range(6)], group),
        "biz_stas": always("1", size),
        "fixmedins_type": always("2", size),
        "lnt": pa.array(units["lon"].to_numpy()),
        "lat": pa.array(units["lat"].to_numpy()),
        "vali_flag": always("1", size),
    }


def doctors(setting: Setting) -> Columns:
    """Return dr_info_b: contracts cover everything a doctor did."""
    table = setting.providers.doctors
    size = len(table)
    place = np.arange(size)
    begin = np.full(size, day_number(setting.months[0]) - 1000)
    plan = setting.plan.frame
    new = plan.loc[plan["scheme"] == "new_doctor"]
    months = [day_number(setting.months[m]) for m in new["from"]]
    begin[new["unit"].to_numpy(dtype=np.int64)] = months
    finish = np.full(size, day_number(shift(setting.months[-1], 24)))
    elsewhere = setting.plan.on("second_site", len(setting.months) - 1, size + 2)[:size]
    # One in thirty has a violation on record, whatever is planted on them.
    recorded = stream(setting.seed, "violations").random(size) < 1 / 30
    # Doctors are on the register of persons themselves, in its last rows.
    own = len(setting.people) - size + place + 1
    return {
        "dr_code": texts(table["code"], place),
        "dr_name": texts([f"测试医师{n:04d}" for n in place + 1], place),
        "certno": texts([f"测试证件{n:06d}" for n in own], place),
        "dr_prac_type": texts(["1", "2"], (table["dept"] == 4).astype(int)),
        "dr_prac_scp_code": texts(DEPARTMENT_CODES, table["dept"]),
        "dr_prac_scp_name": texts(DEPARTMENTS, table["dept"]),
        "mul_prac_flag": texts(["0", "1"], elsewhere.astype(int)),
        "medins_code": texts(setting.providers.units["code"], table["unit"]),
        "main_pracins_no": texts(setting.providers.units["code"], table["unit"]),
        "dept_code": texts(DEPARTMENT_CODES, table["dept"]),
        "dept_name": texts(DEPARTMENTS, table["dept"]),
        "dr_pro_tech_duty": whole(place % 4 + 1),
        "prac_stas": always("1", size),
        "nemp_time": nothing(size),
        "cntr_begntime": dates(begin),
        "cntr_endtime": dates(finish),
        "vola_bhvr": texts(["", "000"], recorded.astype(int)),
        "vali_flag": always("1", size),
    }


def persons(setting: Setting) -> Columns:
    """Return psn_info_b."""
    frame = setting.people.frame
    size = len(frame)
    death = frame["death"].to_numpy()
    alive = death < 0
    return {
        "psn_no": whole(frame["code"]),
        "psn_name": texts(person_names(frame), np.arange(size)),
        "certno": texts([f"测试证件{n:06d}" for n in range(1, size + 1)], range(size)),
        "gend": whole(frame["sex"]),
        "brdy": dates(frame["birth"]),
        "tel": _telephones(setting),
        "surv_stas": texts(["1", "2"], (~alive).astype(int)),
        "die_date": dates(np.where(alive, 0, death), alive),
        "resd_admdvs": texts(DISTRICTS, frame["home"]),
        "vali_flag": always("1", size),
    }


def _telephones(setting: Setting) -> pa.Array:
    """Eight digits behind a word that says they are nobody's."""
    unique, place = np.unique(telephones(setting), return_inverse=True)
    return texts([f"测试电话{n:08d}" for n in unique], place)


def enrolments(setting: Setting) -> Columns:
    """Return psn_insu_d; paused persons never come, so none is paid while paused."""
    frame = setting.people.frame
    size = len(frame)
    start = np.maximum(frame["birth"].to_numpy(), day_number(setting.months[0]) - 3000)
    stop = np.full(size, day_number(setting.months[0]) - 40)
    death = frame["death"].to_numpy()
    return {
        "psn_insu_rlts_id": whole(7 * 10**9 + np.arange(1, size + 1)),
        "psn_no": whole(frame["code"]),
        "insutype": whole(frame["insurance"]),
        "insu_admdvs": texts(DISTRICTS, frame["home"]),
        "psn_type": texts(["11", "14"], (frame["insurance"] == 390).astype(int)),
        "psn_insu_stas": texts(["1", "2"], frame["paused"].astype(int)),
        "psn_insu_date": dates(start),
        "paus_insu_date": dates(
            np.where(death >= 0, death, stop),
            (~frame["paused"] & (frame["death"] < 0)).to_numpy(),
        ),
        "vali_flag": always("1", size),
    }


def catalogue_items(setting: Setting) -> Columns:
    """Return hilist_b."""
    items = setting.catalogue.items
    size = len(items)
    place = np.arange(size)
    kinds = [_LIST_TYPES.get(c, "201") for c in items["category"]]
    start = np.full(size, day_number(setting.months[0]) - 800)
    return {
        "hilist_code": texts(items["code"], place),
        "hilist_name": texts(items["name"], place),
        "med_list_codg": texts(items["code"], place),
        "list_type": texts(kinds, place),
        "med_chrgitm_type": texts(items["category"], place),
        "chrgitm_lv": whole(items["grade"]),
        "lmt_used_flag": whole(items["restricted"]),
        "lmt_cpnd_type": nothing(size),
        "med_use_flag": always("1", size),
        "matn_used_flag": always("0", size),
        "hi_nego_drug_flag": whole(items["nego"]),
        "begndate": dates(start),
        "enddate": dates(start, np.ones(size, dtype=bool)),
        "vali_flag": always("1", size),
    }


def price_caps(setting: Setting) -> Columns:
    """Return hilist_lmtpric_d: one limit for each item and hospital level."""
    caps = setting.catalogue.caps[:, :3]
    item, level = np.divmod(np.arange(caps.size), 3)
    start = np.full(caps.size, day_number(setting.months[0]) - 800)
    return {
        "hilist_code": texts(setting.catalogue.items["code"], item),
        "hosp_lv": texts(HOSPITAL_LEVELS, level),
        "hilist_pric_uplmt_amt": money(caps.ravel()),
        "overlmt_dspo_way": always("2", caps.size),
        "begndate": dates(start),
        "enddate": dates(start, np.ones(caps.size, dtype=bool)),
        "vali_flag": always("1", caps.size),
    }


def registrations(setting: Setting) -> Columns:
    """Return opsp_reg_evt_c: chronic diseases and dialysis."""
    frame = setting.people.frame
    ill = np.flatnonzero(frame["chronic"] >= 0)
    wards = [np.array([], dtype=np.int64), *setting.wards.values()]
    kidney = np.unique(np.concatenate(wards))
    person = np.concatenate([ill, kidney])
    renal = np.full(len(kidney), setting.catalogue.special["N18"])
    dx = np.concatenate([frame["chronic"].to_numpy()[ill], renal])
    diagnoses = setting.catalogue.diagnoses
    start = np.full(len(person), day_number(setting.months[0]) - 365)
    finish = np.full(len(person), day_number(shift(setting.months[-1], 12)))
    return {
        "evt_sn": whole(5 * 10**8 + np.arange(1, len(person) + 1)),
        "psn_no": whole(frame["code"].to_numpy()[person]),
        "insutype": whole(frame["insurance"].to_numpy()[person]),
        "opsp_dise_code": texts(diagnoses["code"], dx),
        "opsp_dise_name": texts(diagnoses["name"], dx),
        "begndate": dates(start),
        "enddate": dates(finish),
        "vali_flag": always("1", len(person)),
    }
