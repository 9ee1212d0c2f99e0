-- One row a district whose insured were treated, anywhere: the fund's yuan.
-- needs: visit_fact
SELECT
    insured_district AS district,
    sum(fund_pay) AS fund_pay,
    {month} AS month
FROM visit_fact
WHERE insured_district IS NOT NULL
GROUP BY insured_district
