"""The national preset, its dictionaries, and overlays."""

import duckdb
import pytest
from drawn import bill, write_bills

from anomaly.errors import PolicyError
from anomaly.sources import checks
from anomaly.sources.dictionaries import dictionaries, of_column
from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store
from anomaly.tables import tables

# Every field of the platform's reference page, with the canonical name it gets.
FIELDS = {
    "settlement": """setl_id:settlement_id init_setl_id:original_settlement_id
        medins_setl_id:provider_settlement_id mdtrt_id:visit_id psn_no:insured_id
        psn_insu_rlts_id:enrolment_id psn_name:person_name certno:id_number
        psn_cert_type:id_type gend:sex brdy:birth_date age:age naty:nationality
        insutype:insurance_type psn_type:insured_type insu_admdvs:insured_district
        poolarea_no:pool_district fixmedins_code:institution_id
        fixmedins_name:institution_name fix_blng_admdvs:institution_district
        hosp_lv:hospital_level lmtpric_hosp_lv:price_cap_hospital_level
        dedc_hosp_lv:deductible_hospital_level pay_loc:payment_place
        begndate:start_date enddate:end_date setl_time:settled_at
        mdtrt_cert_type:credential_type mdtrt_cert_no:credential_number
        med_type:visit_type setl_type:settlement_type clr_type:clearing_type
        clr_way:clearing_method clr_optins:agency_id medfee_sumamt:total_fee
        fulamt_ownpay_amt:fee_fully_self overlmt_selfpay:fee_over_limit
        preselfpay_amt:fee_pre_self inscp_amt:fee_in_scope inscp_scp_amt:fee_in_scope
        dedc_std:deductible_standard crt_dedc:deductible_current
        act_pay_dedc:deductible_paid hifp_pay:pay_pool pool_prop_selfpay:pool_ratio
        cvlserv_pay:pay_civil hifes_pay:pay_enterprise hifmi_pay:pay_serious
        hifob_pay:pay_large hifdm_pay:pay_disabled maf_pay:pay_aid
        othfund_pay:pay_other oth_pay:pay_other fund_pay_sumamt:fund_pay
        psn_pay:pay_person psn_part_amt:pay_person acct_pay:pay_account
        acct_mulaid_pay:pay_account_shared cash_payamt:pay_cash psn_cash_pay:pay_cash
        ownpay_hosp_part:pay_hospital hosp_part_amt:pay_hospital
        refd_setl_flag:is_refund vali_flag:is_valid dise_no:disease_code
        dise_codg:disease_code dise_name:disease_name year:benefit_year
        cal_ipt_cnt:count_as_admission manl_reim_rea:manual_reimb_reason""",
    "visit": """begntime:admitted_at endtime:discharged_at ipt_otp_no:inpatient_no
        medrcdno:medical_record_no chfpdr_code:attending_doctor_id
        atddr_no:attending_doctor_id chfpdr_name:attending_doctor_name
        adm_dept_codg:admit_dept_id adm_dept_name:admit_dept
        dscg_dept_codg:discharge_dept_id dscg_dept_name:discharge_dept adm_bed:bed
        dscg_bed:bed wardarea_bed:bed dscg_maindiag_code:main_diagnosis
        dscg_way:discharge_way ipt_days:stay_days inhosp_stas:inpatient_status
        die_date:death_date refl_old_mdtrt_id:referral_from_visit
        ars_year_ipt_flag:is_cross_year oprn_oprt_code:operation_code
        oprn_oprt_name:operation_name tel:phone addr:address""",
    "diagnosis": """diag_type:diagnosis_type maindiag_flag:is_main
        diag_srt_no:diagnosis_order diag_code:diagnosis_code diag_name:diagnosis_name
        adm_cond:admission_condition dise_dor_no:diagnosing_doctor_id
        diag_time:diagnosed_at""",
    "charge": """feedetl_sn:line_id setl_id:settlement_id mdtrt_id:visit_id
        psn_no:insured_id fixmedins_code:institution_id chrg_bchno:charge_batch
        rxno:order_no rx_drord_no:order_no fee_ocur_time:charged_at
        crte_time:uploaded_at
        med_list_codg:national_item_code medins_list_codg:local_item_code
        medins_list_name:local_item_name hilist_code:catalog_item_code
        hilist_name:catalog_item_name list_type:catalog_type
        med_chrgitm_type:fee_category chrgitm_lv:catalog_class cnt:quantity
        pric:unit_price det_item_fee_sumamt:line_amount pric_uplmt_amt:price_cap
        selfpay_prop:self_pay_ratio fulamt_ownpay_amt:line_fully_self
        overlmt_amt:line_over_limit overlmt_selfpay:line_over_limit
        preselfpay_amt:line_pre_self inscp_scp_amt:line_in_scope
        inscp_amt:line_in_scope reim_prop:reimbursement_ratio sin_dos_dscr:dose
        used_frqu_dscr:frequency prd_days:supply_days medc_way_dscr:route
        spec:specification dosform_name:dosage_form prodname:product_name
        bilg_dept_codg:order_dept bilg_dept_name:order_dept_name
        bilg_dr_codg:doctor_id bilg_dr_code:doctor_id bilg_dr_name:doctor_name
        acord_dept_codg:exec_dept acord_dept_name:exec_dept_name
        orders_dr_code:exec_doctor_id orders_dr_name:exec_doctor_name
        hosp_appr_flag:hospital_approval lmt_used_flag:is_restricted
        dscg_tkdrug_flag:is_takehome etip_flag:is_external_exam
        etip_hosp_code:external_institution_id matn_fee_flag:is_maternity
        bas_medn_flag:is_basic_drug hi_nego_drug_flag:is_negotiated
        chld_medc_flag:is_child_drug list_sp_item_flag:is_special_item
        drt_reim_flag:is_directly_reimbursed memo:memo drug_trac_codg:trace_code""",
    "institution": """medins_code:institution_id uscc:social_credit_code
        medins_name:institution_name admdvs:district addr:address
        medins_type:institution_type medins_type_name:institution_type_name
        fixmedins_type:provider_type medinslv:level medinslv_name:level_name
        hosp_lv:hospital_level hosp_lv_name:hospital_level_name medins_natu:nature
        biznat:business_nature npmo_flag:is_nonprofit grst_hosp_flag:is_primary_care
        aprv_bed_cnt:approved_beds pro_techstf_psncnt:professional_count
        cred_lv:credit_level lnt:longitude lat:latitude begntime:valid_from
        endtime:valid_to prnt_medins_code:parent_institution_id""",
    "pharmacy": """rtal_phac_code:pharmacy_id rtal_phac_name:pharmacy_name
        phar_psncnt:pharmacist_count phac_chan_type:channel_type brch_flag:is_branch
        biz_stas:business_status lnt:longitude lat:latitude""",
    "doctor": """dr_code:doctor_id dr_name:doctor_name dr_prac_type:practice_type
        dr_prac_scp_code:practice_scope dr_prac_scp_name:practice_scope_name
        mul_prac_flag:is_multi_site main_pracins_no:main_institution_id
        medins_code:institution_id dr_pro_tech_duty:title prac_stas:practice_status
        nemp_time:left_on cntr_begntime:contract_start cntr_endtime:contract_end
        CRED_LV:credit_level vola_bhvr:prior_violation""",
    "insured": "psn_no:insured_id psn_name:person_name surv_stas:survival_status",
    "enrolment": "psn_no:insured_id insutype:insurance_type psn_type:insured_type",
    "catalogue": """hilist_code:catalog_item_code begndate:valid_from
        enddate:valid_to lmt_used_flag:is_restricted med_use_flag:is_medical_use
        matn_used_flag:is_maternity_use lmt_cpnd_type:restriction_type""",
    "price_cap": """hilist_code:catalog_item_code overlmt_dspo_way:over_limit_handling
        hilist_pric_uplmt_amt:price_cap""",
    "registration": "psn_no:insured_id begndate:valid_from enddate:valid_to",
}
PAIRS = [
    (table, *pair.split(":")) for table, text in FIELDS.items() for pair in text.split()
]
FILES = {
    "SETL_D": "settlement",
    "outmed_setl_d": "settlement",
    "MDTRT_D": "visit",
    "outmed_mdtrt_d": "visit",
    "fee_list_d": "charge",
    "outmed_fee_list_d": "charge",
    "setl_diag_list_d": "diagnosis",
    "medins_info_b": "institution",
    "rtal_phac_b": "pharmacy",
    "dr_info_b": "doctor",
    "psn_info_b": "insured",
    "psn_insu_d": "enrolment",
    "hilist_b": "catalogue",
    "hilist_lmtpric_d": "price_cap",
    "opsp_reg_evt_c": "registration",
    "SETLCENT_DB.SETL_D_202606": "settlement",
}


@pytest.mark.parametrize("table", FIELDS)
def test_every_field_is_known_by_code_name_and_chinese(table):
    mapping, held = load_mapping(), tables()[table]
    for name, code, column in PAIRS:
        if name == table:
            zh = held.column(column).zh
            for cell in (code, code.upper(), column, column.upper(), zh, f" {zh} "):
                assert mapping.match(held, (cell,)) == {column: 0}, cell


@pytest.mark.parametrize("file", FILES)
def test_every_table_is_known_by_its_national_name(file, tmp_path):
    assert load_mapping().table_of(f"{file}.csv").name == FILES[file]


def test_chinese_names_tell_columns_of_a_table_apart():
    for table in tables().values():
        names = [column.zh.lower() for column in table.columns]
        assert len(names) == len(set(names)), table.name


def test_only_three_tables_are_required():
    required = [table.name for table in tables().values() if table.required]
    assert required == ["settlement", "visit", "charge"]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("settlement", "person_name"),
        ("settlement", "id_number"),
        ("settlement", "credential_number"),
        ("settlement", "nationality"),
        ("visit", "phone"),
        ("visit", "address"),
        ("insured", "nationality"),
        ("insured", "address"),
    ],
)
def test_personal_columns_are_dropped(table, column):
    assert tables()[table].column(column).drop


def test_few_personal_columns_are_kept_as_digests():
    kept = {(one.name, column) for one in tables().values() for column in one.digests}
    assert kept == {
        ("doctor", "id_number"),
        ("insured", "id_number"),
        ("insured", "phone"),
    }


def test_dictionaries_group_codes():
    codes = dictionaries()
    assert codes["visit_type"].find("14").group == "outpatient"
    assert codes["fee_category"].groups["drug"] == ["09", "10", "11"]
    assert codes["fee_category"].groups["exam"] == ["03", "04"]
    assert codes["fee_category"].find("9").zh == "西药费"
    assert codes["catalog_class"].find("01").zh.startswith("甲")
    assert codes["hospital_level"].find("08").group == "1"
    assert codes["visit_type"].find("9107").is_local
    assert codes["insurance_type"].find("510").is_unverified
    assert codes["visit_type"].find("no such") is None


def test_every_dictionary_belongs_to_columns_that_exist():
    known = {c.name for table in tables().values() for c in table.columns}
    for name, one in dictionaries().items():
        assert one.columns, name
        assert set(one.columns) <= known
        for code in one.codes.values():
            assert code.zh or code.is_unverified


def test_visit_class_comes_from_the_dictionary():
    rule = load_mapping().derived["settlement"]["visit_class"]
    assert rule["outpatient"] == "11 12 13 14 140104 140201 15 16 51 81".split()
    assert rule["inpatient"] == "21 22 23 24 25 26 27 28 52 5212".split()
    assert (rule["pharmacy"], rule["default"]) == (["41"], "other")


@pytest.mark.parametrize(
    ("column", "raw", "stored"),
    [
        ("hospital_level", "08", "8"),
        ("hospital_level", "10", "10"),
        ("fee_category", "9", "09"),
        ("fee_category", "14", "14"),
        ("catalog_class", "01", "1"),
        ("visit_type", "0x", "0x"),
        ("fee_category", "x", "x"),
    ],
)
def test_codes_are_written_one_way(column, raw, stored):
    table = "charge" if column in ("fee_category", "catalog_class") else "settlement"
    sql = checks.value(tables()[table].column(column), f"'{raw}'")
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {sql}").fetchone()[0]
    assert found == stored
    dictionary = of_column(column)
    assert dictionary.normalised(raw) == stored


def written(tmp_path, text, name="own.toml"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return str(path)


def test_an_overlay_changes_only_what_differs(tmp_path):
    path = written(
        tmp_path,
        'extends = "national"\n'
        '[tables]\njs = "settlement"\n'
        '[columns.settlement]\n"总费用" = "total_fee"\nhosp_lv = ""\n'
        '[dictionaries.visit_type]\n"9901" = "本地门诊 | | outpatient | local"\n',
    )
    own, national = load_mapping(path), load_mapping()
    held = tables()["settlement"]
    assert own.table_of("JS_202606.csv").name == "settlement"
    assert own.match(held, ("总费用", "setl_id", "hosp_lv")) == {
        "total_fee": 0,
        "settlement_id": 1,
    }
    assert "9901" in own.derived["settlement"]["visit_class"]["outpatient"]
    assert "9901" not in national.derived["settlement"]["visit_class"]["outpatient"]
    assert own.digest != national.digest


def test_an_overlay_may_extend_another(tmp_path):
    written(tmp_path, 'extends = "national"\n[tables]\na = "visit"\n', "city.toml")
    path = written(tmp_path, 'extends = "city.toml"\n[tables]\nb = "charge"\n')
    mapping = load_mapping(path)
    found = [mapping.table_of(f"{n}.csv").name for n in ("a", "b", "setl_d")]
    assert found == ["visit", "charge", "settlement"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[colums.settlement]\n", "unknown key 'colums'"),
        ("[tables]\nx = 'nothing'\n", "unknown table 'nothing'"),
        ("[columns.nothing]\nx = 'y'\n", "unknown table 'nothing'"),
        ("[columns.visit]\nx = 'y'\n", "unknown column of visit 'y'"),
        ("[columns.visit]\nx = 3\n", "expected a text"),
        ("[dictionaries.nothing]\n", "unknown dictionary 'nothing'"),
        ("[dictionaries.sex]\n1 = 'x | y | z | w'\n", "mark 'w'"),
        ("[dictionaries.sex]\n\"1'\" = 'x'\n", "is no code"),
        ("[derived.settlement]\nage = {from='sex', default='x'}\n", "unknown derived"),
        ("[derived.settlement]\nvisit_class = {from='sex'}\n", "lacks 'default'"),
        (
            "[derived.settlement]\nvisit_class = {from='sex', default='x', y=1}\n",
            "unknown key of derived",
        ),
        (
            "[derived.settlement]\n"
            "visit_class = {from='sex', default='x', dictionary='y'}\n",
            "unknown dictionary 'y'",
        ),
        ("tables = 3\n", "expected a table"),
        ("extends = 3\n", "extends is 3"),
        ("extends = 'nowhere'\n", "'nowhere' does not exist"),
        ("extends = 'own.toml'\n", "extends itself"),
    ],
)
def test_what_an_overlay_cannot_say_is_refused_in_one_line(tmp_path, text, words):
    head = "" if "extends" in text or "tables = 3" in text else "extends='national'\n"
    path = written(tmp_path, head + text)
    with pytest.raises(PolicyError, match=words) as caught:
        load_mapping(path)
    assert "\n" not in str(caught.value)


def test_a_cycle_of_two_is_refused(tmp_path):
    written(tmp_path, "extends = 'b.toml'\n", "a.toml")
    path = written(tmp_path, "extends = 'a.toml'\n", "b.toml")
    with pytest.raises(PolicyError, match="extends itself"):
        load_mapping(path)


def test_an_export_loads_through_an_overlay(tmp_path):
    folder = write_bills(tmp_path / "x", [bill(1, med_type="9901")])
    path = folder / "setl_d.csv"
    text = path.read_text("gb18030").replace("medfee_sumamt", "合计")
    (folder / "js.csv").write_text(text, "gb18030")
    path.unlink()
    own = written(
        tmp_path,
        'extends = "national"\n[tables]\njs = "settlement"\n'
        '[columns.settlement]\n"合计" = "total_fee"\n'
        '[dictionaries.visit_type]\n9901 = "本地药店 | | pharmacy | local"\n',
    )
    store = Store.create(tmp_path / "store")
    load(store, [folder], load_mapping(own))
    found = store.sql("SELECT total_fee, visit_class FROM settlement")
    store.close()
    assert found.to_dict("records") == [{"total_fee": 100, "visit_class": "pharmacy"}]
