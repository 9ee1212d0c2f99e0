-- One row a person seen this month: places, stays, the fund's yuan of twelve months.
-- needs: insured_month
-- months: 0, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11
WITH present AS (
    SELECT DISTINCT insured_id FROM insured_month WHERE month = {month}
)
SELECT
    m.insured_id,
    count(DISTINCT CASE WHEN m.visit_class <> 'pharmacy' THEN m.institution_id END)
        AS places,
    sum(CASE WHEN m.visit_class = 'inpatient' THEN m.visits ELSE 0 END) AS stays,
    -- The cap runs by calendar year.
    sum(
        CASE
            WHEN extract(year FROM m.month) = extract(year FROM {month})
            THEN m.fund_pay
        END
    ) AS fund_pay,
    CASE
        WHEN max(m.insurance_type) IN ('310', '320', '330', '340') THEN {cap_employee}
        ELSE {cap_resident}
    END AS fund_cap,
    {month} AS month
FROM insured_month m
JOIN present p ON m.insured_id = p.insured_id
GROUP BY m.insured_id
