"""The workload in Polars: lazy frames over the Parquet files, all months at once."""

from pathlib import Path

import polars as pl

DRUGS, EXAMS = ["09", "10", "11"], ["03", "04"]
LINE_KEY = (
    "month insured_id institution_id national_item_code charged_at quantity line_amount"
).split()


def run(inputs: dict[str, list[str]], out: Path) -> None:
    """Compute the four results and write each as Parquet."""
    settlement, visit, charge = (
        pl.scan_parquet(inputs[name], extra_columns="ignore", missing_columns="insert")
        for name in ("settlement", "visit", "charge")
    )
    # What is used more than once is collected once, like a temporary table.
    bill = _bill(settlement, visit).collect().lazy()
    items = _items(settlement, charge, bill).collect().lazy()
    found = {
        "doctor_growth": _doctors(bill, items),
        "person_drug": _drugs(items),
        "person_overlap": _overlaps(bill),
        "duplicate_pair": _duplicates(charge),
    }
    for name, frame in found.items():
        frame.collect().write_parquet(out / f"{name}.parquet", compression="zstd")


def _bill_id() -> pl.Expr:
    refund = pl.col("is_refund").fill_null(False)
    original = pl.col("original_settlement_id")
    return pl.when(refund).then(original).otherwise(pl.col("settlement_id"))


def _bill(settlement: pl.LazyFrame, visit: pl.LazyFrame) -> pl.LazyFrame:
    kept = ~pl.col("is_refund").fill_null(False)
    net = (
        settlement.group_by(bill_id=_bill_id(), month="month")
        .agg(
            pl.col("visit_id", "insured_id", "visit_class").filter(kept).first(),
            fee=pl.col("total_fee").sum(),
        )
        .filter(pl.col("fee") > 0)
    )
    seen = visit.select(
        "visit_id",
        "month",
        "admitted_at",
        "discharged_at",
        doctor_id="attending_doctor_id",
    )
    return net.join(seen, on=["visit_id", "month"])


def _items(settlement, charge, bill) -> pl.LazyFrame:
    of_bill = settlement.select("settlement_id", "month", bill_id=_bill_id())
    owner = bill.select("bill_id", "month", "doctor_id", "insured_id")
    lines = charge.select(
        "settlement_id",
        "month",
        "national_item_code",
        "fee_category",
        "quantity",
        "line_amount",
        day=pl.col("charged_at").dt.date(),
    )
    return (
        lines.join(of_bill, on=["settlement_id", "month"])
        .join(owner, on=["bill_id", "month"])
        .group_by(
            "month",
            "doctor_id",
            "insured_id",
            "national_item_code",
            "fee_category",
            "day",
        )
        .agg(pl.col("quantity").sum(), amount=pl.col("line_amount").sum())
    )


def _doctors(bill: pl.LazyFrame, items: pl.LazyFrame) -> pl.LazyFrame:
    known = pl.col("doctor_id").is_not_null()
    fees = (
        bill.filter(known)
        .group_by("month", "doctor_id")
        .agg(
            visits=pl.col("visit_id").n_unique(),
            patients=pl.col("insured_id").n_unique(),
            fee=pl.col("fee").sum(),
        )
    )
    amount, category = pl.col("amount"), pl.col("fee_category")
    shares = (
        items.filter(known)
        .group_by("month", "doctor_id", "national_item_code")
        .agg(
            drug_fee=amount.filter(category.is_in(DRUGS)).sum(),
            exam_fee=amount.filter(category.is_in(EXAMS)).sum(),
        )
        .group_by("month", "doctor_id")
        .agg(
            pl.col("drug_fee", "exam_fee").sum(), top_drug_fee=pl.col("drug_fee").max()
        )
    )
    doctors = fees.join(shares, on=["month", "doctor_id"], how="left")
    before = doctors.select(
        pl.col("month").dt.offset_by("1y"), "doctor_id", fee_before="fee"
    )
    yuan = {name: pl.col(name).cast(pl.Float64) for name in ("fee", "fee_before")}
    drug, exam, top = (
        pl.col(name).cast(pl.Float64).fill_null(0.0)
        for name in ("drug_fee", "exam_fee", "top_drug_fee")
    )
    return doctors.join(before, on=["month", "doctor_id"], how="left").select(
        "month",
        "doctor_id",
        "visits",
        "patients",
        fee_per_visit=yuan["fee"] / pl.col("visits"),
        drug_share=drug / yuan["fee"],
        exam_share=exam / yuan["fee"],
        top_drug_share=pl.when(drug > 0).then(top / drug),
        growth=yuan["fee"] / yuan["fee_before"] - 1,
    )


def _drugs(items: pl.LazyFrame) -> pl.LazyFrame:
    days = (
        items.filter(
            pl.col("fee_category").is_in(DRUGS)
            & pl.col("national_item_code").is_not_null()
            & (pl.col("day").dt.truncate("1mo") == pl.col("month"))
        )
        .group_by("month", "insured_id", "national_item_code", "day")
        .agg(pl.col("quantity").sum().cast(pl.Float64))
        .sort("insured_id", "national_item_code", "day")
    )
    rolled = days.rolling(
        "day", period="30d", group_by=["insured_id", "national_item_code"]
    ).agg(pl.col("month").last(), in_30_days=pl.col("quantity").sum())
    return rolled.group_by("month", "insured_id").agg(
        most_in_30_days=pl.col("in_30_days").max()
    )


def _overlaps(bill: pl.LazyFrame) -> pl.LazyFrame:
    stays = (
        bill.filter(pl.col("visit_class") == "inpatient")
        .group_by("month", "visit_id", "insured_id")
        .agg(pl.col("admitted_at").min(), pl.col("discharged_at").max())
    )
    pairs = stays.join(stays, on="insured_id", suffix="_b").filter(
        pl.col("visit_id") != pl.col("visit_id_b"),
        pl.col("admitted_at") < pl.col("discharged_at_b"),
        pl.col("admitted_at_b") < pl.col("discharged_at"),
        pl.col("month_b") <= pl.col("month"),
        pl.col("month_b") >= pl.col("month").dt.offset_by("-2mo"),
    )
    return pairs.group_by("month", "insured_id").agg(overlapping_stays=pl.len())


def _duplicates(charge: pl.LazyFrame) -> pl.LazyFrame:
    lines = charge.filter(pl.col("line_amount") > 0).select(*LINE_KEY, "line_id")
    pairs = lines.join(lines, on=LINE_KEY, suffix="_b")
    return pairs.filter(pl.col("line_id") < pl.col("line_id_b")).select(
        "month", "line_id", other_line_id="line_id_b"
    )
