-- Which bill each settlement counts for: itself, or the one that a refund takes back.
-- needs: settlement, screened
SELECT
    s.settlement_id,
    coalesce(s.is_refund, false) AS is_refund,
    CASE
        WHEN coalesce(s.is_refund, false)
        THEN coalesce(s.original_settlement_id, s.settlement_id)
        ELSE s.settlement_id
    END AS net_id,
    {month} AS month
FROM settlement s
LEFT JOIN screened x ON s.settlement_id = x.settlement_id
WHERE x.settlement_id IS NULL
