-- One row a code scanned this month: was it scanned for another bill by then?
-- needs: trace_code, settlement_net
WITH scanned AS (
    SELECT
        t.trace_code,
        s.institution_id,
        s.visit_class,
        max(t.national_item_code) AS national_item_code,
        max(coalesce(t.scanned_at, s.settled_at)) AS scanned_at
    FROM trace_code t
    JOIN settlement_net s ON t.settlement_id = s.settlement_id
    GROUP BY t.trace_code, s.institution_id, s.visit_class
),
latest AS (
    SELECT max(scanned_at) AS scanned_at FROM scanned
),
times AS (
    SELECT t.trace_code, count(DISTINCT t.settlement_id) AS bills
    FROM trace_code t
    CROSS JOIN latest l
    WHERE t.scanned_at IS NULL OR t.scanned_at <= l.scanned_at
    GROUP BY t.trace_code
)
SELECT
    s.institution_id,
    s.visit_class,
    s.national_item_code,
    s.trace_code,
    CASE WHEN n.bills > 1 THEN 1 ELSE 0 END AS is_repeated,
    {month} AS month
FROM scanned s
JOIN times n ON s.trace_code = n.trace_code
