-- One row an agency and handler who reviewed enough: the share of yuan deducted.
-- needs: review_fact
SELECT
    agency_id,
    operator_id,
    count(*) AS reviews,
    sum(reviewed_pay) AS reviewed_pay,
    sum(deducted) AS deducted,
    CAST(CAST(sum(deducted) AS DOUBLE) / sum(reviewed_pay) AS DECIMAL(18, 9)) AS rate,
    {month} AS month
FROM review_fact
WHERE operator_id IS NOT NULL AND deducted IS NOT NULL
GROUP BY agency_id, operator_id
HAVING count(*) >= {handler_reviews} AND sum(reviewed_pay) > 0
