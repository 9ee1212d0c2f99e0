-- One row a person and place: visits, stays, yuan.
-- needs: visit_fact
SELECT
    insured_id,
    institution_id,
    visit_class,
    max(insurance_type) AS insurance_type,
    count(*) AS visits,
    sum(fund_pay) AS fund_pay,
    sum(pay_account) AS pay_account,
    {month} AS month
FROM visit_fact
GROUP BY insured_id, institution_id, visit_class
