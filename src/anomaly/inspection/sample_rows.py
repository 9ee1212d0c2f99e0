"""Samples as rows: what was drawn, and what those reviewed say of all claims."""

from anomaly.inspection.kept_samples import Estimate, KeptSample

SAMPLES = (
    "sample_id",
    "institution_id",
    "months",
    "drawn_on",
    "claims",
    "sampled",
    "amount",
    "improper",
    "share",
    "share_lower",
    "share_upper",
    "improper_amount",
    "amount_lower",
    "amount_upper",
    "amount_at_least",
    "reviewers",
    "disagreed",
)


def told(sample: KeptSample, estimate: Estimate | None) -> dict:
    """Return a sample as a row of `SAMPLES`; what is not known yet is left out."""
    table = sample.table
    row = {
        "sample_id": sample.sample_id,
        "institution_id": sample.institution_id,
        "months": " ".join(sample.months),
        "drawn_on": sample.drawn_on,
        "claims": int(table["population"].sum()),
        "sampled": len(sample.claims),
        "amount": float(table["amount"].astype(float).sum()),
    }
    if estimate is None:
        return row
    return row | {
        "improper": estimate.improper,
        "share": round(estimate.share.estimate, 6),
        "share_lower": round(estimate.share.lower, 6),
        "share_upper": round(estimate.share.upper, 6),
        "improper_amount": round(estimate.yuan.estimate, 2),
        "amount_lower": round(estimate.yuan.lower, 2),
        "amount_upper": round(estimate.yuan.upper, 2),
        "amount_at_least": round(estimate.yuan.at_least, 2),
        "reviewers": sample.reviewers,
        "disagreed": sample.disagreed,
    }
