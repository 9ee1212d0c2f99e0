-- One row a person seen this month: places, stays, the fund's yuan of twelve months.
-- needs: insured_month, stay_fact
-- months: 0, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11
WITH present AS (
    SELECT DISTINCT insured_id FROM insured_month WHERE month = {month}
),
-- A stay settled in two months stands in both.
stayed AS (
    SELECT insured_id, count(DISTINCT visit_id) AS stays
    FROM stay_fact
    GROUP BY insured_id
)
SELECT
    m.insured_id,
    count(DISTINCT CASE WHEN m.visit_class <> 'pharmacy' THEN m.institution_id END)
        AS places,
    coalesce(max(s.stays), 0) AS stays,
    -- The cap runs by calendar year.
    sum(
        CASE
            WHEN extract(year FROM m.month) = extract(year FROM {month})
            THEN m.fund_pay
        END
    ) AS fund_pay,
    CASE
        WHEN max(m.insurance_type) IN ({employee_types}) THEN {cap_employee}
        ELSE {cap_resident}
    END AS fund_cap,
    {month} AS month
FROM insured_month m
JOIN present p ON m.insured_id = p.insured_id
LEFT JOIN stayed s ON m.insured_id = s.insured_id
GROUP BY m.insured_id
