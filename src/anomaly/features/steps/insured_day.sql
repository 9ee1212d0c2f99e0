-- One row a person and day: yuan from the personal account.
-- needs: visit_fact
SELECT
    insured_id,
    CAST(settled_at AS DATE) AS day,
    sum(pay_account) AS pay_account,
    {month} AS month
FROM visit_fact
WHERE pay_account IS NOT NULL
GROUP BY insured_id, CAST(settled_at AS DATE)
HAVING sum(pay_account) > 0
