"""Drawn tables: small exports in the national layout, for tests."""

import csv
from pathlib import Path

SETTLEMENT = {
    "setl_id": "S1",
    "init_setl_id": "",
    "mdtrt_id": "V1",
    "psn_no": "P1",
    "fixmedins_code": "H1",
    "fix_blng_admdvs": "990101",
    "setl_time": "2026-05-04 09:00:00",
    "med_type": "11",
    "medfee_sumamt": "100.00",
    "fund_pay_sumamt": "60.00",
    "refd_setl_flag": "0",
    "vali_flag": "1",
}
VISIT = {
    "mdtrt_id": "V1",
    "psn_no": "P1",
    "psn_name": "测试甲",
    "fixmedins_code": "H1",
    "med_type": "11",
    "begntime": "2026-05-04 08:30:00",
    "endtime": "2026-05-04 09:00:00",
    "chfpdr_code": "D1",
    "adm_dept_name": "内科",
    "vali_flag": "1",
}
CHARGE = {
    "feedetl_sn": "L1",
    "setl_id": "S1",
    "mdtrt_id": "V1",
    "psn_no": "P1",
    "fixmedins_code": "H1",
    "fee_ocur_time": "2026-05-04 08:40:00",
    "med_list_codg": "XA01",
    "med_chrgitm_type": "09",
    "cnt": "1",
    "pric": "100.000000",
    "det_item_fee_sumamt": "100.00",
    "bilg_dr_codg": "D1",
}
INSTITUTION = {
    "medins_code": "H1",
    "medins_name": "甲区测试医院",
    "admdvs": "990101",
    "medins_type": "A",
    "medinslv": "2",
}
DOCTOR = {"dr_code": "D1", "dr_name": "测试医师", "medins_code": "H1", "vola_bhvr": ""}
DEFAULTS = {
    "setl_d": SETTLEMENT,
    "mdtrt_d": VISIT,
    "fee_list_d": CHARGE,
    "medins_info_b": INSTITUTION,
    "dr_info_b": DOCTOR,
}


def write_table(
    folder: Path, name: str, rows: list[dict], *, encoding: str = "gb18030"
) -> Path:
    """Write rows as `name`.csv; what a row does not say takes the default."""
    default = DEFAULTS[name]
    path = folder / f"{name}.csv"
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, list(default))
        writer.writeheader()
        writer.writerows(default | row for row in rows)
    return path


def write_export(folder: Path, **tables: list[dict]) -> Path:
    """Write a whole export; a table not given has its one default row."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in DEFAULTS:
        write_table(folder, name, tables.get(name, [{}]))
    return folder


def bill(number: int, *, fee: str = "100.00", **cells: str) -> dict[str, dict]:
    """One outpatient bill as a settlement, its visit and its single line."""
    ids = {"setl_id": f"S{number}", "mdtrt_id": f"V{number}"}
    given = {"setl_d": {}, "mdtrt_d": {}, "fee_list_d": {}}
    for name, row in given.items():
        row |= {key: value for key, value in ids.items() if key in DEFAULTS[name]}
        row |= {key: value for key, value in cells.items() if key in DEFAULTS[name]}
    given["setl_d"]["medfee_sumamt"] = fee
    given["fee_list_d"] |= {"feedetl_sn": f"L{number}", "det_item_fee_sumamt": fee}
    return given


def write_bills(folder: Path, bills: list[dict[str, dict]], **tables) -> Path:
    """Write an export made of bills, and any table given beside them."""
    rows = {
        name: [one[name] for one in bills]
        for name in ("setl_d", "mdtrt_d", "fee_list_d")
    }
    return write_export(folder, **(rows | tables))
