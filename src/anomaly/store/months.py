"""The month a row belongs to, as SQL over ``judged`` (alias j)."""

from anomaly.tables import Table


def month_of(table: Table) -> tuple[str, str]:
    """Return SQL for a row's month, as a further column, and the join it needs.

    A refund belongs to the month of its original; a visit stands in every month
    it was settled in, and before that, open, in the month it began; a row that
    streams knows its month. A master has none.
    """
    if not table.month:
        return "", ""
    if table.streams:
        return ", j.month", ""
    if table.name == "settlement":
        own = "CAST(date_trunc('month', {}.settled_at) AS DATE)"
        originals = (
            "SELECT settlement_id, settled_at FROM stored UNION ALL"
            " SELECT settlement_id, settled_at FROM judged WHERE fate = 'accepted'"
        )
        join = (
            f"LEFT JOIN ({originals}) o"
            " ON j.is_refund AND j.original_settlement_id = o.settlement_id"
        )
        return f", coalesce({own.format('o')}, {own.format('j')}) AS month", join
    # The rules for keys keep a visit shown twice from being counted twice.
    settled = "(SELECT DISTINCT visit_id, month FROM settlement_month)"
    began = "coalesce(j.admitted_at, j.discharged_at, TIMESTAMP '1970-01-01')"
    month = f", coalesce(m.month, CAST(date_trunc('month', {began}) AS DATE)) AS month"
    return month, f"LEFT JOIN {settled} m USING (visit_id)"
