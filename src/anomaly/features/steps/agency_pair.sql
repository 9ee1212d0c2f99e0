-- One row an agency, handler and payee: the fund's yuan that went that way.
-- needs: review_fact
SELECT
    agency_id,
    operator_id,
    payee_id,
    sum(fund_pay) AS fund_pay,
    {month} AS month
FROM review_fact
WHERE operator_id IS NOT NULL AND payee_id IS NOT NULL
GROUP BY agency_id, operator_id, payee_id
