"""The sample in data/sample keeps what its README promises, scheme by scheme."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "data" / "sample"
LAST = "2026-06"
MOVING = ("outpatient_during_stay", "impersonation")


@cache
def table(name: str, *columns: str) -> pd.DataFrame:
    """Read some columns of a file as text."""
    return pd.read_csv(
        FOLDER / f"{name}.csv.gz", encoding="gb18030", dtype=str, usecols=list(columns)
    )


@cache
def truth() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "truth.csv", dtype=str)


def planted(scheme: str) -> pd.DataFrame:
    rows = truth()
    return rows.loc[rows["scheme"] == scheme]


def fen(text: pd.Series) -> pd.Series:
    return (text.astype(float) * 100).round().astype("int64")


@cache
def settlements() -> pd.DataFrame:
    columns = ("setl_id", "init_setl_id", "mdtrt_id", "psn_no", "gend", "age",
               "fixmedins_code", "setl_time", "med_type", "setl_type", "manl_reim_rea",
               "medfee_sumamt", "fund_pay_sumamt", "psn_pay", "acct_pay", "cash_payamt",
               "inscp_amt", "fulamt_ownpay_amt", "preselfpay_amt", "overlmt_selfpay",
               "refd_setl_flag", "vali_flag")  # fmt: skip
    frame = table("setl_d", *columns).copy()
    frame["fen"] = fen(frame["medfee_sumamt"])
    frame["month"] = frame["setl_time"].str[:7]
    return frame


@cache
def visits() -> pd.DataFrame:
    columns = ("mdtrt_id", "psn_no", "fixmedins_code", "med_type", "begntime",
               "endtime", "chfpdr_code", "adm_dept_name", "dscg_maindiag_code",
               "ipt_days", "refl_old_mdtrt_id")  # fmt: skip
    frame = table("mdtrt_d", *columns).copy()
    for name in ("begntime", "endtime"):
        frame[name] = pd.to_datetime(frame[name], format="%Y-%m-%d %H:%M:%S")
    frame["month"] = frame["begntime"].dt.strftime("%Y-%m")
    return frame


@cache
def lines() -> pd.DataFrame:
    columns = ("feedetl_sn", "setl_id", "mdtrt_id", "fixmedins_code", "fee_ocur_time",
               "med_list_codg", "medins_list_name", "med_chrgitm_type", "cnt", "pric",
               "det_item_fee_sumamt", "prd_days")  # fmt: skip
    frame = table("fee_list_d", *columns).copy()
    frame["fen"] = fen(frame["det_item_fee_sumamt"])
    return frame


@cache
def doctor_months() -> pd.DataFrame:
    """Outpatient visits, fee and drugs of each doctor and month, without refunds."""
    bills = settlements()
    bills = bills.loc[(bills["refd_setl_flag"] == "0") & (bills["vali_flag"] == "1")]
    bills = bills.loc[~bills["med_type"].isin(["41", "21"])]
    drug = lines().loc[lines()["med_chrgitm_type"].isin(["09", "10", "11"])]
    bills = bills.merge(visits()[["mdtrt_id", "chfpdr_code"]], on="mdtrt_id")
    bills["drug"] = bills["setl_id"].map(drug.groupby("setl_id")["fen"].sum()).fillna(0)
    grouped = bills.groupby(["chfpdr_code", "month"])
    return grouped.agg(
        n=("setl_id", "size"), fen=("fen", "sum"), drug=("drug", "sum")
    ).reset_index()


def before_and_during(row) -> tuple[pd.Series, pd.Series]:
    """Sum a doctor's months outside and inside the planted window."""
    frame = doctor_months()
    own = frame.loc[frame["chfpdr_code"] == row.unit_id]
    inside = own["month"].between(row.from_month, row.to_month)
    sums = []
    for part in (own.loc[~inside], own.loc[inside]):
        total = part[["n", "fen", "drug"]].sum()
        total["per_month"] = part["n"].mean()
        sums.append(total)
    return sums[0], sums[1]


def ratios(scheme: str) -> pd.DataFrame:
    """Return what each planted doctor's figures became, where there are enough."""
    rows = []
    for row in planted(scheme).itertuples():
        off, on = before_and_during(row)
        if on["n"] >= 20:
            fee = (on["fen"] / on["n"]) / (off["fen"] / off["n"])
            share = on["drug"] / on["fen"] - off["drug"] / off["fen"]
            rows.append((fee, on["per_month"] / off["per_month"], share))
    return pd.DataFrame(rows, columns=["fee", "visits", "share"])


def active(frame: pd.DataFrame, scheme: str, unit: str) -> pd.Series:
    """Tell which rows of a frame with a month lie in a planted unit's window."""
    mask = pd.Series(False, index=frame.index)
    for row in planted(scheme).itertuples():
        inside = frame["month"].between(row.from_month, row.to_month)
        mask |= (frame[unit] == row.unit_id) & inside
    return mask


def test_size():
    total = sum(p.stat().st_size for p in FOLDER.iterdir())
    assert total < 30e6
    months = settlements()["month"]
    assert months.nunique() == 26
    assert (months.min(), months.max()) == ("2024-05", LAST)
    assert len(table("medins_info_b", "medins_code")) >= 60
    assert len(table("rtal_phac_b", "rtal_phac_code")) >= 40
    assert 4000 <= len(table("psn_info_b", "psn_no")) <= 15000


def test_twenty_doctors_in_every_department_and_level():
    doctors = table("dr_info_b", "dr_code", "dept_name", "medins_code")
    level = table("medins_info_b", "medins_code", "medinslv")
    cells = doctors.merge(level, on="medins_code")
    sizes = cells.groupby(["dept_name", "medinslv"]).size()
    assert len(sizes) == 15
    assert sizes.min() >= 20


def test_doctors_are_busy_enough_and_stays_few():
    doctors = table("dr_info_b", "dr_code", "dept_name", "medins_code")["dr_code"]
    own = visits().loc[visits()["med_type"] != "41"]
    counts = pd.crosstab(own["chfpdr_code"], own["month"])
    counts = counts.reindex(doctors, fill_value=0)
    assert np.median(counts.to_numpy()) >= 12
    idle = (counts.median(axis=1) <= 3).mean()
    assert 0.01 < idle < 0.08
    assert 0.015 < (visits()["med_type"] == "21").mean() < 0.06


def test_keys_are_unique():
    assert settlements()["setl_id"].is_unique
    assert visits()["mdtrt_id"].is_unique
    assert lines()["feedetl_sn"].is_unique
    assert table("psn_info_b", "psn_no")["psn_no"].is_unique
    assert lines()["setl_id"].isin(settlements()["setl_id"]).all()
    assert settlements()["mdtrt_id"].isin(visits()["mdtrt_id"]).all()


def test_a_telephone_is_a_household_s_and_a_doctor_falls_ill_elsewhere():
    persons = table("psn_info_b", "psn_no", "tel", "certno")
    assert persons["tel"].str.fullmatch(r"测试电话\d{8}").all()
    assert set(persons["tel"].value_counts()) == {1, 2, 3, 4}
    doctors = table("dr_info_b", "dr_code", "certno")["certno"]
    own = persons.loc[persons["certno"].isin(doctors), "psn_no"]
    assert len(own) == len(doctors)
    assert not settlements()["psn_no"].isin(own).any()


def test_sums_hold_to_the_cent():
    bills = settlements()
    sums = lines().groupby("setl_id")["fen"].sum().reindex(bills["setl_id"])
    assert (sums.to_numpy() == bills["fen"].to_numpy()).all()
    money = {c: fen(bills[c]) for c in bills.columns if c.endswith(("pay", "amt"))}
    assert (money["fund_pay_sumamt"] + fen(bills["psn_pay"]) == bills["fen"]).all()
    assert (money["acct_pay"] + money["cash_payamt"] == money["psn_pay"]).all()
    outside = sum(
        fen(bills[c])
        for c in ("fulamt_ownpay_amt", "preselfpay_amt", "overlmt_selfpay")
    )
    assert (money["inscp_amt"] + outside == bills["fen"]).all()
    amount = lines()["cnt"].astype("int64") * fen(lines()["pric"])
    assert (amount == lines()["fen"]).all()


def test_nobody_honest_is_in_two_places():
    rows = truth()
    moving = rows.loc[rows["scheme"].isin(MOVING), "unit_id"]
    frame = visits().loc[~visits()["psn_no"].isin(moving)]
    frame = frame.sort_values(["psn_no", "begntime", "endtime"])
    reached = frame.groupby("psn_no")["endtime"].cummax()
    earlier = reached.groupby(frame["psn_no"]).shift()
    assert not (frame["begntime"] < earlier).any()


def test_shares_of_planted_units():
    rows = truth().loc[truth()["benign"] == "false"]
    sizes = rows.groupby(["unit_kind", "scheme"]).size()
    doctors = len(table("dr_info_b", "dr_code", "dept_name", "medins_code"))
    persons = len(table("psn_info_b", "psn_no"))
    assert len(sizes["doctor"]) == 7
    assert sizes["doctor"].between(max(3, 0.01 * doctors), 0.02 * doctors).all()
    assert len(sizes["insured"]) == 4
    assert sizes["insured"].between(0.01 * persons, 0.02 * persons).all()
    for kind, name, code, schemes in (
        ("institution", "medins_info_b", "medins_code", 5),
        ("pharmacy", "rtal_phac_b", "rtal_phac_code", 3),
    ):
        assert len(sizes[kind]) == schemes
        assert sizes[kind].sum() <= 0.15 * len(table(name, code))
    assert truth().loc[truth()["unit_kind"] != "settlement", "unit_id"].is_unique


def test_onsets_vary_and_most_still_run():
    rows = truth().loc[truth()["benign"] == "false"]
    doctors = rows.loc[rows["unit_kind"] == "doctor"]
    onsets = doctors.groupby("scheme")["from_month"].agg(["min", "max"])
    assert (onsets["min"] < onsets["max"]).all()
    assert 0.5 < (rows["to_month"] == LAST).mean() < 1
    growth = planted("growth")
    assert 0.4 <= (growth["to_month"] == LAST).mean() <= 0.6


def test_fee_per_visit():
    found = ratios("fee_per_visit")
    assert found["fee"].between(1.4, 2.4).all()
    assert 1.6 < found["fee"].mean() < 2.2


@pytest.mark.parametrize(("scheme", "low", "high"), [("growth", 1.4, 2.2),
                                                     ("visits", 2.0, 3.1)])  # fmt: skip
def test_visits(scheme, low, high):
    found = ratios(scheme)["visits"]
    assert low < found.mean() < high
    assert (found > 1.2).all()


def test_drug_share():
    assert ratios("drug_share")["share"].between(0.1, 0.3).all()


def test_joint_mild():
    found = ratios("joint_mild")
    assert 1.1 < found["fee"].mean() < 1.35
    assert 1.0 < found["visits"].mean() < 1.45
    assert found["share"].mean() > 0.05


def test_natural_spread_between_doctors_of_a_group():
    rows = truth()
    frame = doctor_months()
    frame = frame.loc[~frame["chfpdr_code"].isin(rows["unit_id"])]
    sums = frame.groupby("chfpdr_code")[["n", "fen", "drug"]].sum()
    sums = sums.loc[sums["n"] > 100]
    doctors = table("dr_info_b", "dr_code", "dept_name", "medins_code")
    level = table("medins_info_b", "medins_code", "medinslv")
    doctors = doctors.merge(level, on="medins_code").set_index("dr_code")
    groups = [doctors["dept_name"].reindex(sums.index),
              doctors["medinslv"].reindex(sums.index)]  # fmt: skip
    fee = np.log(sums["fen"] / sums["n"]).groupby(groups).std()
    share = np.log(sums["drug"] / (sums["fen"] - sums["drug"])).groupby(groups).std()
    assert 0.13 < fee.mean() < 0.22
    assert 0.2 < share.mean() < 0.36


def test_one_drug():
    drug = lines().loc[lines()["med_chrgitm_type"].isin(["09", "10", "11"])]
    drug = drug.merge(visits()[["mdtrt_id", "chfpdr_code", "month"]], on="mdtrt_id")
    shares = []
    for row in planted("one_drug").itertuples():
        own = drug.loc[drug["chfpdr_code"] == row.unit_id]
        own = own.loc[own["month"].between(row.from_month, row.to_month)]
        top = own.groupby("med_list_codg")["setl_id"].nunique().max()
        if own["setl_id"].nunique() > 40:
            shares.append(top / own["setl_id"].nunique())
    assert min(shares) > 0.25
    assert np.mean(shares) < 0.56


def most_in_a_minute(doctors: pd.Series) -> pd.Series:
    frame = visits().loc[visits()["chfpdr_code"].isin(doctors)]
    frame = frame.merge(settlements()[["mdtrt_id", "setl_time"]], on="mdtrt_id")
    counts = frame.groupby(["chfpdr_code", frame["setl_time"].str[:16]])["psn_no"]
    return counts.nunique().groupby("chfpdr_code").max()


def test_minute_crowd():
    assert (most_in_a_minute(planted("minute_crowd")["unit_id"]) >= 8).all()
    doctors = table("dr_info_b", "dr_code", "dept_name", "medins_code")["dr_code"]
    others = doctors[~doctors.isin(truth()["unit_id"])]
    assert most_in_a_minute(others).max() < 5


def stays() -> pd.DataFrame:
    frame = visits()
    frame = frame.loc[frame["med_type"] == "21"].copy()
    frame["days"] = frame["ipt_days"].astype(int)
    return frame


def test_hung_beds():
    frame = stays()
    charged = lines().loc[lines()["mdtrt_id"].isin(frame["mdtrt_id"])]
    real = charged.loc[~charged["med_chrgitm_type"].isin(["01", "07"])]
    days = real["fee_ocur_time"].str[:10].groupby(real["mdtrt_id"]).agg(set)
    empty = []
    for row in frame.itertuples():
        wanted = pd.date_range(row.begntime.normalize(), periods=row.days)
        covered = days.get(row.mdtrt_id, set())
        empty.append(row.days >= 3 and not covered.issuperset(wanted.strftime("%F")))
    frame["empty"] = empty
    here = active(frame, "hung_beds", "fixmedins_code")
    assert frame.loc[here, "empty"].mean() > 0.5
    assert not frame.loc[~here, "empty"].any()


def test_split_admissions():
    frame = stays().sort_values(["psn_no", "begntime"])
    previous = frame.groupby("psn_no")[["endtime", "dscg_maindiag_code",
                                        "fixmedins_code"]].shift()  # fmt: skip
    gap = (frame["begntime"] - previous["endtime"]).dt.days
    same = frame["dscg_maindiag_code"] == previous["dscg_maindiag_code"]
    same &= frame["fixmedins_code"] == previous["fixmedins_code"]
    again = same & (gap <= 15) & ~frame["dscg_maindiag_code"].str.startswith("Z51")
    here = active(frame, "split_admissions", "fixmedins_code")
    assert frame.loc[here].assign(again=again)["again"].mean() > 0.2
    assert again[~here].mean() < 0.01


def test_one_day_stays():
    frame = stays()
    here = active(frame, "one_day_stays", "fixmedins_code")
    assert (frame.loc[here, "days"] <= 1).mean() > 0.6
    assert (frame.loc[~here, "days"] <= 1).mean() < 0.08


def test_duplicate_charges():
    frame = lines().loc[lines()["med_chrgitm_type"].isin(["03", "04", "05"])].copy()
    frame = frame.loc[frame["fen"] > 0]
    frame["day"] = frame["fee_ocur_time"].str[:10]
    frame["month"] = frame["day"].str[:7]
    again = frame.duplicated(["setl_id", "day", "med_list_codg"])
    here = active(frame, "duplicate_charges", "fixmedins_code")
    assert again[here].mean() > 0.15
    assert again[~here].mean() < 0.001


def test_honest_lines_fall_within_stays_and_caps():
    frame = stays()
    charged = lines().merge(frame[["mdtrt_id", "begntime", "endtime"]], on="mdtrt_id")
    when = pd.to_datetime(charged["fee_ocur_time"], format="%Y-%m-%d %H:%M:%S")
    assert when.between(charged["begntime"], charged["endtime"]).all()
    caps = table("fee_list_d", "fixmedins_code", "pric", "pric_uplmt_amt")
    over = caps["pric"].astype(float) > caps["pric_uplmt_amt"].astype(float)
    units = {*planted("swapped_items")["unit_id"],
             *planted("small_round_tickets")["unit_id"]}  # fmt: skip
    assert set(caps.loc[over, "fixmedins_code"]) <= units


def test_beds_suffice_where_nothing_is_planted():
    frame = stays()
    beds = table("medins_info_b", "medins_code", "aprv_bed_cnt")
    beds = beds.set_index("medins_code")["aprv_bed_cnt"].astype(int)
    steps = pd.concat(
        [
            frame[["fixmedins_code", "begntime"]].assign(step=1),
            frame[["fixmedins_code", "endtime"]]
            .rename(columns={"endtime": "begntime"})
            .assign(step=-1),
        ]
    ).sort_values("begntime")
    census = steps.groupby("fixmedins_code")["step"].cumsum()
    most = census.groupby(steps["fixmedins_code"]).max()
    assert (most <= beds.reindex(most.index)).all()


def test_local_names_disagree_only_where_planted():
    names = table("hilist_b", "med_list_codg", "hilist_name")
    frame = lines().merge(names, on="med_list_codg")
    other = frame["medins_list_name"] != frame["hilist_name"]
    where = set(frame.loc[other, "fixmedins_code"])
    assert where == {*planted("swapped_items")["unit_id"], *planted("swaps")["unit_id"]}


def test_swaps_have_no_stock_and_repeat_codes():
    stock = table("stock", "institution_id", "month", "opening", "purchased", "sold")
    figures = stock[["opening", "purchased", "sold"]].astype(int)
    short = figures["sold"] > figures["opening"] + figures["purchased"]
    shop = set(planted("swaps")["unit_id"])
    assert set(stock.loc[short, "institution_id"]) == shop
    codes = table("trace_codes", "trace_code", "institution_id")
    codes = codes[codes["institution_id"].str.startswith("P")]
    again = codes["trace_code"].duplicated(keep=False)
    assert set(codes.loc[again, "institution_id"]) == shop
    assert 20 < again.sum() < 0.05 * len(codes)


def test_hospitals_scan_codes_and_few_boxes_come_back():
    codes = table("trace_codes", "trace_code", "settlement_id", "institution_id")
    codes = codes[codes["institution_id"].str.startswith("H")]
    assert codes["institution_id"].nunique() > 60
    assert not codes.duplicated(["trace_code", "settlement_id"]).any()
    assert 0.002 < codes["trace_code"].duplicated().mean() < 0.03


def test_second_sites():
    frame = visits().loc[~visits()["med_type"].isin(["21", "41"])]
    real = table("dr_info_b", "dr_code", "mul_prac_flag")
    day = frame["begntime"].dt.date
    places = frame.groupby(["chfpdr_code", day])["fixmedins_code"].nunique()
    both = set(places[places > 1].index.get_level_values(0))
    sites = set(planted("second_site")["unit_id"])
    assert both & set(real["dr_code"]) == sites
    assert set(real.loc[real["mul_prac_flag"] == "1", "dr_code"]) == sites


def test_some_purchases_name_their_prescriber():
    frame = table("fee_list_d", "setl_id", "bilg_dr_codg", "bilg_dept_codg")
    sold = frame[frame["setl_id"].isin(tickets()["setl_id"])]
    assert 0.2 < sold["bilg_dr_codg"].notna().mean() < 0.4
    assert sold.groupby("setl_id")["bilg_dr_codg"].nunique().max() == 1
    assert sold["bilg_dept_codg"].isna().all()


def test_lines_are_sent_after_they_are_charged_and_few_late():
    frame = table("fee_list_d", "fee_ocur_time", "crte_time")
    wait = pd.to_datetime(frame["crte_time"]) - pd.to_datetime(frame["fee_ocur_time"])
    assert (wait >= pd.Timedelta(0)).all()
    assert 0.005 < (wait > pd.Timedelta(hours=24)).mean() < 0.1


def test_few_infections_and_only_of_stays():
    frame = table("setl_diag_list_d", "mdtrt_id", "diag_type", "diag_code")
    caught = frame[frame["diag_type"] == "11"]
    assert set(caught["mdtrt_id"]) <= set(stays()["mdtrt_id"])
    assert 0.005 < caught["mdtrt_id"].nunique() / len(stays()) < 0.05
    assert set(caught["diag_code"]) == {"T81.400", "J15.900"}


def test_some_buy_twice_a_day_but_not_at_once():
    own = tickets().sort_values(["psn_no", "fixmedins_code", "setl_time"])
    time = pd.to_datetime(own["setl_time"])
    gap = time.groupby([own["psn_no"], own["fixmedins_code"], time.dt.date]).diff()
    assert gap.notna().sum() > 50
    assert gap.min() >= pd.Timedelta(minutes=50)


def test_findings_reach_the_last_month_and_some_money_came_back():
    frame = table("findings", "month", "state", "amount")
    assert {"2026-05", LAST} <= set(frame["month"])
    closed = {"recovered", "rectified", "restored"}
    assert closed <= set(frame.loc[frame["month"] >= "2026-05", "state"])


def tickets() -> pd.DataFrame:
    frame = settlements()
    return frame.loc[(frame["med_type"] == "41") & (frame["refd_setl_flag"] == "0")]


def most_cards(frame: pd.DataFrame) -> int:
    """Return the most distinct cards in five minutes."""
    times = pd.to_datetime(frame["setl_time"]).sort_values().to_numpy()
    ends = np.searchsorted(times, times + np.timedelta64(300, "s"), "right")
    return int((ends - np.arange(len(times))).max())


def test_card_trains():
    frame = tickets()
    by_shop = {c: most_cards(g) for c, g in frame.groupby("fixmedins_code")}
    shops = planted("card_trains")["unit_id"]
    assert min(by_shop[s] for s in shops) >= 8
    assert max(n for s, n in by_shop.items() if s not in set(shops)) < 8


def test_small_round_tickets():
    frame = tickets()
    small = frame["fen"].isin([1000, 2000, 5000])
    here = active(frame, "small_round_tickets", "fixmedins_code")
    assert small[here].mean() > 0.3
    assert small[~here].mean() < 0.02


def test_pharmacy_hopping_and_excess_supply():
    frame = tickets()
    here = active(frame, "pharmacy_hopping", "psn_no")
    shops = frame.loc[here].groupby(["psn_no", "month"])["fixmedins_code"].nunique()
    assert shops.median() >= 6
    usual = frame.loc[~here].groupby(["psn_no", "month"])["fixmedins_code"].nunique()
    assert usual.quantile(0.99) <= 4
    long = lines().loc[pd.to_numeric(lines()["prd_days"]) >= 60, "setl_id"]
    who = set(settlements().loc[settlements()["setl_id"].isin(long), "psn_no"])
    assert who <= set(planted("excess_supply")["unit_id"])
    assert len(who) > 0.9 * len(planted("excess_supply"))


def test_seen_outside_while_in_hospital():
    inside = stays()[["psn_no", "begntime", "endtime", "mdtrt_id"]]
    other = visits().loc[visits()["med_type"] != "21"]
    both = other.merge(inside, on="psn_no", suffixes=("", "_stay"))
    during = both["begntime"].between(both["begntime_stay"], both["endtime_stay"])
    who = set(both.loc[during, "psn_no"])
    assert who <= set(planted("outpatient_during_stay")["unit_id"])
    assert len(who) > 0.7 * len(planted("outpatient_during_stay"))


def test_impersonation():
    register = table("psn_info_b", "psn_no", "gend").set_index("psn_no")["gend"]
    bills = settlements()
    wrong = set(bills.loc[bills["gend"] != bills["psn_no"].map(register), "psn_no"])
    cards = set(planted("impersonation")["unit_id"])
    assert wrong <= cards
    frame = visits().loc[visits()["psn_no"].isin(cards)].sort_values("begntime")
    earlier = frame.groupby("psn_no")[["endtime", "fixmedins_code"]].shift()
    twice = (frame["begntime"] < earlier["endtime"]) & (
        frame["fixmedins_code"] != earlier["fixmedins_code"]
    )
    seen = wrong | set(frame.loc[twice, "psn_no"])
    assert len(seen) > 0.9 * len(cards)


def test_manual_off_hours():
    bills = settlements().set_index("setl_id")
    reviewed = table("reviews", "settlement_id", "operator_id", "reviewed_at")
    manual = reviewed["settlement_id"].map(bills["setl_type"]) == "1"
    late = reviewed["reviewed_at"].str[11:13].astype(int) >= 20
    handler = planted("manual_off_hours")["unit_id"].iloc[0]
    own = reviewed["operator_id"] == handler
    assert (manual & late & own).sum() > 100
    assert (manual & late & ~own).sum() < 30


def test_dialysis_and_oncology():
    frame = visits()
    own = frame.loc[frame["med_type"] == "140201"]
    assert set(own["chfpdr_code"]) == set(planted("dialysis")["unit_id"])
    assert own.groupby(["psn_no", "month"]).size().median() >= 11
    sums = doctor_months().groupby("chfpdr_code")[["fen", "n"]].sum()
    per_visit = sums["fen"] / sums["n"]
    cancer = per_visit.reindex(planted("oncology")["unit_id"])
    assert cancer.min() > 2 * per_visit.median()


def test_transfers_and_chemotherapy():
    frame = stays()
    referred = frame.loc[frame["refl_old_mdtrt_id"].notna()]
    first = frame.set_index("mdtrt_id").reindex(referred["refl_old_mdtrt_id"])
    assert len(referred) > 10
    assert (first["psn_no"].to_numpy() == referred["psn_no"].to_numpy()).all()
    same_day = first["endtime"].dt.date.to_numpy() == referred["begntime"].dt.date
    assert same_day.all()
    assert set(referred["psn_no"]) <= set(planted("transfers")["unit_id"])
    chemo = frame.loc[frame["dscg_maindiag_code"].str.startswith("Z51")]
    assert set(chemo["psn_no"]) == set(planted("chemo_cycles")["unit_id"])
    assert chemo.groupby("psn_no").size().min() > 20


def test_new_doctors_and_placeholders():
    frame = visits().loc[visits()["med_type"] != "41"]
    first = frame.groupby("chfpdr_code")["month"].min()
    for row in planted("new_doctor").itertuples():
        assert first[row.unit_id] >= row.from_month > "2024-05"
    known = table("dr_info_b", "dr_code", "dept_name", "medins_code")["dr_code"]
    strange = frame.loc[~frame["chfpdr_code"].isin(known)]
    assert set(strange["chfpdr_code"]) == set(planted("placeholder_id")["unit_id"])
    sizes = strange.groupby("chfpdr_code")
    assert sizes["fixmedins_code"].nunique().min() >= 3
    assert sizes.size().min() > 2 * 14 * 26


def test_family_pickup():
    frame = tickets()
    for row in planted("family_pickup").head(3).itertuples():
        own = frame.loc[frame["psn_no"] == row.unit_id]
        near = frame.loc[frame["fixmedins_code"].isin(own["fixmedins_code"])]
        times = pd.to_datetime(near["setl_time"])
        best = 0
        for when in pd.to_datetime(own["setl_time"]):
            close = (times - when).abs() <= pd.Timedelta(minutes=4)
            best = max(best, near.loc[close, "psn_no"].nunique())
        assert best >= 4


def test_refunds():
    bills = settlements()
    back = bills.loc[bills["refd_setl_flag"] == "1"]
    assert 0.003 < len(back) / len(bills) < 0.007
    assert (back["fen"] < 0).all()
    first = bills.set_index("setl_id").reindex(back["init_setl_id"])
    assert first["fen"].notna().all()
    assert (first["fen"].to_numpy() + back["fen"].to_numpy() >= 0).all()
    known = {*planted("refund_full")["unit_id"], *planted("refund_partial")["unit_id"]}
    assert set(back["init_setl_id"]) == known
    assert (bills["vali_flag"] == "0").sum() > 20
    assert (bills.loc[bills["refd_setl_flag"] == "0", "fen"] > 0).all()


def test_code_map_error_and_batch_sent_again():
    drug = lines()["med_list_codg"].str[0].isin(["X", "Z", "T"])
    wrong = lines().loc[drug & (lines()["med_chrgitm_type"] == "14")]
    assert set(wrong["fixmedins_code"]) == set(planted("code_map_error")["unit_id"])
    bills = settlements().loc[settlements()["refd_setl_flag"] == "0"]
    twice = bills.loc[bills["mdtrt_id"].duplicated()]
    unit = planted("reuploaded_batch")["unit_id"]
    assert set(twice["fixmedins_code"]) == set(unit)
