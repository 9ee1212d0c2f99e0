"""The world's files: national names, and nothing imported but what it needs."""

import ast
import gzip
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "anomaly" / "sources" / "world").glob("*.py"))
ALLOWED = {"anomaly.errors", "anomaly.periods", "numpy", "pandas", "pyarrow"}
ALLOWED |= {"ast", "collections.abc", "csv", "dataclasses", "datetime", "gzip",
            "hashlib", "io", "math", "os", "pathlib"}  # fmt: skip
NEEDED = {
    "setl_d": "setl_id init_setl_id mdtrt_id psn_no insutype gend age brdy insu_admdvs "
    "fixmedins_code fixmedins_name fix_blng_admdvs hosp_lv begndate enddate setl_time "
    "mdtrt_cert_type med_type setl_type clr_optins medfee_sumamt fulamt_ownpay_amt "
    "overlmt_selfpay preselfpay_amt inscp_amt hifp_pay fund_pay_sumamt psn_pay "
    "acct_pay cash_payamt refd_setl_flag vali_flag dise_no dise_name year "
    "manl_reim_rea",
    "fee_list_d": "feedetl_sn setl_id mdtrt_id psn_no fixmedins_code rx_drord_no "
    "fee_ocur_time crte_time med_list_codg medins_list_codg medins_list_name "
    "med_chrgitm_type chrgitm_lv cnt pric det_item_fee_sumamt pric_uplmt_amt "
    "fulamt_ownpay_amt prd_days bilg_dept_codg bilg_dr_codg dscg_tkdrug_flag "
    "lmt_used_flag hi_nego_drug_flag",
    "mdtrt_d": "mdtrt_id psn_no psn_name fixmedins_code med_type begntime endtime "
    "ipt_otp_no chfpdr_code adm_dept_codg adm_dept_name dscg_dept_codg dscg_dept_name "
    "adm_bed dscg_maindiag_code dscg_maindiag_name dscg_way ipt_days refl_old_mdtrt_id "
    "oprn_oprt_code tel vali_flag",
    "stock": "institution_id national_item_code month opening purchased sold",
    "trace_codes": "trace_code settlement_id institution_id national_item_code "
    "scanned_at",
    "findings": "unit_kind unit_id month rule indicator tier state amount decided_on",
    "tips": "tip_id unit_kind unit_id channel received_on amount",
    "case_groups": "settlement_id group_code cc_level standard_cost",
    "list_uploads": "settlement_id uploaded_at qc_passed",
    "reviews": "settlement_id agency_id operator_id payee_id reviewed_at "
    "sampled_on_site deducted appealed overturned paid_at",
    "budgets": "district month budget balance",
    "districts": "district district_name",
}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_world_imports_little(path):
    strange = {
        name
        for name in imported(path) - ALLOWED
        if not name.startswith("anomaly.sources.world")
    }
    assert not strange
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("name", NEEDED)
def test_columns_are_there(name):
    with gzip.open(ROOT / "data" / "sample" / f"{name}.csv.gz") as file:
        header = file.readline().decode("gb18030").strip().split(",")
    assert len(header) == len(set(header))
    assert set(NEEDED[name].split()) <= set(header)
    if name not in ("setl_d", "fee_list_d", "mdtrt_d"):
        assert header == NEEDED[name].split()
