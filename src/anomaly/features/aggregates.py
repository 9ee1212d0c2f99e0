"""The SQL of one indicator: its sums, its value, its sampling variance."""

from anomaly.features.indicator import Indicator

EXACT = "DECIMAL(24,4)"
WORKING_DAYS = "(SELECT sum(is_working) FROM calendar WHERE in_month = 1)"


def sums_of(record: Indicator) -> dict[str, str]:
    """Return the aggregates an indicator needs, each named after it."""
    only = "" if record.where == "true" else f" FILTER (WHERE {record.where})"
    if record.numerator:
        sums = {"num": record.numerator, "den": record.denominator or "1"}
        if record.spread:
            sums["var"] = record.spread
    else:
        sums = _KINDS[record.kind](record, only)
    sums["n"] = f"count(*){only}"
    return {f"{record.id}__{key}": sql for key, sql in sums.items()}


def _count(record: Indicator, only: str) -> dict[str, str]:
    return {"num": f"count({record.count}){only}", "den": "1"}


def _amount(record: Indicator, only: str) -> dict[str, str]:
    return {"num": f"sum({record.amount}){only}", "den": "1"}


def _per_visit(record: Indicator, only: str) -> dict[str, str]:
    square = f"CAST({record.amount} AS DOUBLE) * {record.amount}"
    return {
        "num": f"sum({record.amount}){only}",
        "den": f"count({record.amount}){only}",
        "yy": f"sum({square}){only}",
    }


def _share_of_count(record: Indicator, only: str) -> dict[str, str]:
    whole = f"sum({record.whole})" if record.whole else f"count({record.part})"
    return {"num": f"sum({record.part}){only}", "den": f"{whole}{only}"}


def _ratio(record: Indicator, only: str) -> dict[str, str]:
    part = f"CAST({record.part} AS DOUBLE)"
    whole = f"CAST({record.whole} AS DOUBLE)"
    return {
        "num": f"sum({record.part}){only}",
        "den": f"sum({record.whole}){only}",
        "yy": f"sum({part} * {part}){only}",
        "yx": f"sum({part} * {whole}){only}",
        "xx": f"sum({whole} * {whole}){only}",
    }


_KINDS = {
    "count": _count,
    "amount": _amount,
    "per_visit": _per_visit,
    "share_of_count": _share_of_count,
    "share_of_money": _ratio,
    "ratio": _ratio,
}


def _spread(record: Indicator) -> str:
    """Return SQL for the sampling variance of the value, on its evidence's scale.

    Fee per visit: of its logarithm. Shares of money: of the ratio of sums,
    linearised between visits (residual part - R x whole); other ratios: of its
    logarithm, the same divided by R squared. Null below two rows.
    """
    num, den, n, yy, yx, xx, var = (
        f"{record.id}__{key}" for key in ("num", "den", "n", "yy", "yx", "xx", "var")
    )
    if record.spread:
        return f"CAST({var} AS DOUBLE)"
    if record.numerator or record.kind not in ("per_visit", "share_of_money", "ratio"):
        return "CAST(NULL AS DOUBLE)"
    if record.kind == "per_visit":
        return (
            # Of the rows that say their amount: the others vary nothing.
            f"CASE WHEN {den} > 1 AND {num} > 0 THEN greatest(0,"
            f" {yy} - CAST({num} AS DOUBLE) * {num} / {den}) * {den} / ({den} - 1)"
            f" / (CAST({num} AS DOUBLE) * {num}) END"
        )
    ratio = f"(CAST({num} AS DOUBLE) / {den})"
    base = num if record.kind == "ratio" else den
    return (
        f"CASE WHEN {n} > 1 AND {base} > 0 THEN greatest(0,"
        f" {yy} - 2 * {ratio} * {yx} + {ratio} * {ratio} * {xx})"
        f" * {n} / ({n} - 1) / (CAST({base} AS DOUBLE) * {base}) END"
    )


def row(record: Indicator, unit_kind: str, source: str) -> str:
    """Return the SELECT of an indicator's FEATURES rows from its step's sums.

    A unit without rows, or for which a column says nothing, has none.
    """
    num, den, n = (f"{record.id}__{key}" for key in ("num", "den", "n"))
    below = WORKING_DAYS if record.exposure == "working_days" else den
    return (
        f"SELECT '{unit_kind}' AS unit_kind, unit_id, {{month}} AS month,"
        f" '{record.id}' AS indicator,"
        f" CAST({num} AS {EXACT}) AS numerator,"
        f" CAST({below} AS {EXACT}) AS denominator,"
        f" CAST({n} AS BIGINT) AS n, {_spread(record)} AS spread,"
        f" CASE WHEN {below} > 0 THEN CAST({num} AS DOUBLE) / {below} END AS value"
        f" FROM {source} WHERE {n} > 0 AND {num} IS NOT NULL AND {below} > 0"
    )
