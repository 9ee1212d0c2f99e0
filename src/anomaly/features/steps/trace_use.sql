-- One row a code scanned this month: was it scanned for another bill by then?
-- needs: trace_code, settlement_net, netted, screened
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
    -- Neither a refund nor a bill uploaded twice is another bill; nor is one of
    -- this month that was taken back whole.
    SELECT t.trace_code, count(DISTINCT coalesce(r.net_id, t.settlement_id)) AS bills
    FROM trace_code t
    CROSS JOIN latest l
    LEFT JOIN netted r ON t.settlement_id = r.settlement_id
    LEFT JOIN settlement_net k ON r.net_id = k.settlement_id
    LEFT JOIN screened x ON t.settlement_id = x.settlement_id
    WHERE (t.scanned_at IS NULL OR t.scanned_at <= l.scanned_at)
        AND x.settlement_id IS NULL
        AND (r.settlement_id IS NULL OR k.settlement_id IS NOT NULL)
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
