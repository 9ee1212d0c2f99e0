-- One row a pharmacy and ticket amount: how often just that.
-- needs: visit_fact
SELECT
    institution_id,
    total_fee,
    count(*) AS tickets,
    CASE
        WHEN total_fee < {small_ticket} OR total_fee % 10 = 0 THEN count(*)
        ELSE 0
    END AS small_tickets,
    {month} AS month
FROM visit_fact
WHERE visit_class = 'pharmacy'
GROUP BY institution_id, total_fee
