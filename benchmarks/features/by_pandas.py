"""The workload in pandas: frames in memory, all months at once, yuan as cents."""

from pathlib import Path

import pandas as pd

DRUGS, EXAMS = ["09", "10", "11"], ["03", "04"]
COLUMNS = {
    "settlement": "settlement_id original_settlement_id is_refund visit_id insured_id"
    " visit_class total_fee month",
    "visit": "visit_id attending_doctor_id admitted_at discharged_at month",
    "charge": "line_id settlement_id insured_id institution_id national_item_code"
    " fee_category charged_at quantity line_amount month",
}
LINE_KEY = (
    "month insured_id institution_id national_item_code charged_at quantity line_amount"
).split()
BY_DOCTOR = ["month", "doctor_id"]


def run(inputs: dict[str, list[str]], out: Path) -> None:
    """Compute the four results and write each as Parquet."""
    settlement, visit, charge = (
        _read(name, inputs[name]) for name in ("settlement", "visit", "charge")
    )
    refund = settlement["is_refund"].fillna(False).astype(bool)
    settlement["bill_id"] = settlement["settlement_id"].where(
        ~refund, settlement["original_settlement_id"]
    )
    bill = _bill(settlement, refund, visit)
    items = _items(settlement, charge, bill)
    found = {
        "doctor_growth": _doctors(bill, items),
        "person_drug": _drugs(items),
        "person_overlap": _overlaps(bill),
        "duplicate_pair": _duplicates(charge),
    }
    for name, frame in found.items():
        frame.to_parquet(out / f"{name}.parquet", compression="zstd")


def _read(name: str, paths: list[str]) -> pd.DataFrame:
    columns = COLUMNS[name].split()
    frame = pd.concat([pd.read_parquet(path, columns=columns) for path in paths])
    # Decimals come as objects: whole cents and ten-thousandths sum exactly and fast.
    for column, digits in (("total_fee", 2), ("line_amount", 2), ("quantity", 4)):
        if column in frame:
            cells = frame[column].astype("float64") * 10**digits
            frame[column] = cells.round().astype("int64")
    frame["month"] = pd.to_datetime(frame["month"])
    return frame.reset_index(drop=True)


def _bill(settlement, refund, visit) -> pd.DataFrame:
    key = ["bill_id", "month"]
    fees = settlement.groupby(key, sort=False)["total_fee"].sum().rename("fee")
    own = settlement.loc[~refund, [*key, "visit_id", "insured_id", "visit_class"]]
    net = own.merge(fees[fees > 0].reset_index(), on=key)
    seen = visit.rename(columns={"attending_doctor_id": "doctor_id"})
    return net.merge(seen, on=["visit_id", "month"])


def _items(settlement, charge, bill) -> pd.DataFrame:
    columns = "settlement_id month national_item_code fee_category quantity line_amount"
    day = charge["charged_at"].dt.normalize()
    lines = charge[columns.split()].assign(day=day)
    lines = lines.merge(
        settlement[["settlement_id", "month", "bill_id"]], on=["settlement_id", "month"]
    ).merge(
        bill[["bill_id", "month", "doctor_id", "insured_id"]], on=["bill_id", "month"]
    )
    key = "month doctor_id insured_id national_item_code fee_category day".split()
    summed = lines.groupby(key, sort=False, dropna=False, observed=True)
    return (
        summed[["quantity", "line_amount"]]
        .sum()
        .rename(columns={"line_amount": "amount"})
        .reset_index()
    )


def _doctors(bill: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    fees = bill.groupby(BY_DOCTOR).agg(
        visits=("visit_id", "nunique"),
        patients=("insured_id", "nunique"),
        fee=("fee", "sum"),
    )
    drug = items["amount"].where(items["fee_category"].isin(DRUGS), 0)
    exam = items["amount"].where(items["fee_category"].isin(EXAMS), 0)
    by_item = (
        items.assign(drug_fee=drug, exam_fee=exam)
        .groupby([*BY_DOCTOR, "national_item_code"], dropna=False)[
            ["drug_fee", "exam_fee"]
        ]
        .sum()
        .reset_index()
        .dropna(subset="doctor_id")
    )
    shares = by_item.groupby(BY_DOCTOR).agg(
        drug_fee=("drug_fee", "sum"),
        exam_fee=("exam_fee", "sum"),
        top_drug_fee=("drug_fee", "max"),
    )
    doctors = fees.join(shares).reset_index()
    before = doctors[[*BY_DOCTOR, "fee"]].rename(columns={"fee": "fee_before"})
    before["month"] += pd.DateOffset(years=1)
    doctors = doctors.merge(before, on=BY_DOCTOR, how="left")
    some = doctors["drug_fee"] > 0
    top = doctors["top_drug_fee"] / doctors["drug_fee"].where(some)
    return pd.DataFrame(
        {
            "month": doctors["month"],
            "doctor_id": doctors["doctor_id"],
            "visits": doctors["visits"],
            "patients": doctors["patients"],
            "fee_per_visit": doctors["fee"] / 100 / doctors["visits"],
            "drug_share": doctors["drug_fee"].fillna(0) / doctors["fee"],
            "exam_share": doctors["exam_fee"].fillna(0) / doctors["fee"],
            "top_drug_share": top,
            "growth": doctors["fee"] / doctors["fee_before"] - 1,
        }
    )


def _drugs(items: pd.DataFrame) -> pd.DataFrame:
    kept = (
        items["fee_category"].isin(DRUGS)
        & items["national_item_code"].notna()
        & (items["day"].dt.to_period("M").dt.to_timestamp() == items["month"])
    )
    key = ["insured_id", "national_item_code", "day"]
    days = items[kept].groupby([*key, "month"], sort=True)["quantity"].sum()
    days = days.reset_index()
    rolled = (
        days.set_index("day")
        .groupby(["insured_id", "national_item_code"], sort=True)["quantity"]
        .rolling("30D")
        .sum()
    )
    days["in_30_days"] = rolled.to_numpy() / 1e4
    most = days.groupby(["month", "insured_id"])["in_30_days"].max()
    return most.rename("most_in_30_days").reset_index()


def _overlaps(bill: pd.DataFrame) -> pd.DataFrame:
    stays = (
        bill[bill["visit_class"] == "inpatient"]
        .groupby(["month", "visit_id", "insured_id"])
        .agg(admitted_at=("admitted_at", "min"), discharged_at=("discharged_at", "max"))
        .reset_index()
    )
    pairs = stays.merge(stays, on="insured_id", suffixes=("", "_b"))
    kept = (
        (pairs["visit_id"] != pairs["visit_id_b"])
        & (pairs["admitted_at"] < pairs["discharged_at_b"])
        & (pairs["admitted_at_b"] < pairs["discharged_at"])
        & (pairs["month_b"] <= pairs["month"])
        & (pairs["month_b"] >= pairs["month"] - pd.DateOffset(months=2))
    )
    counted = pairs[kept].groupby(["month", "insured_id"]).size()
    return counted.rename("overlapping_stays").reset_index()


def _duplicates(charge: pd.DataFrame) -> pd.DataFrame:
    lines = charge.loc[charge["line_amount"] > 0, [*LINE_KEY, "line_id"]]
    lines = lines.dropna(subset=LINE_KEY)
    # Most lines have no twin: only those that have one are paired.
    lines = lines[lines.duplicated(LINE_KEY, keep=False)]
    pairs = lines.merge(lines, on=LINE_KEY, suffixes=("", "_b"))
    pairs = pairs[pairs["line_id"] < pairs["line_id_b"]]
    return pairs.rename(columns={"line_id_b": "other_line_id"})[
        ["month", "line_id", "other_line_id"]
    ]
