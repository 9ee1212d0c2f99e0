-- One row a netted visit: whose it is, where, of what kind, and what it cost.
-- needs: settlement_net, responsible_doctor, institution, pharmacy
WITH visit_sum AS (
    SELECT
        visit_id,
        min(insured_id) AS insured_id,
        min(institution_id) AS institution_id,
        min(visit_class) AS visit_class,
        min(institution_district) AS institution_district,
        min(hospital_level) AS hospital_level,
        sum(total_fee) AS total_fee,
        sum(fund_pay) AS fund_pay,
        sum(drug_fee) AS drug_fee,
        sum(exam_fee) AS exam_fee,
        sum(consumable_fee) AS consumable_fee
    FROM settlement_net
    GROUP BY visit_id
)
SELECT
    v.visit_id,
    v.insured_id,
    v.institution_id,
    coalesce(i.district, p.district, v.institution_district) AS district,
    -- hosp_lv counts down from 01, the best of grade three; three to a grade.
    coalesce(
        i.level,
        CASE
            WHEN try_cast(v.hospital_level AS INTEGER) <= 4 THEN '3'
            WHEN try_cast(v.hospital_level AS INTEGER) <= 7 THEN '2'
            ELSE '1'
        END
    ) AS level,
    v.visit_class,
    CASE WHEN v.visit_class = 'pharmacy' THEN NULL ELSE r.doctor_id END AS doctor_id,
    r.department,
    v.total_fee,
    v.fund_pay,
    v.drug_fee,
    v.exam_fee,
    v.consumable_fee,
    {month} AS month
FROM visit_sum v
LEFT JOIN responsible_doctor r ON v.visit_id = r.visit_id
LEFT JOIN institution i ON v.institution_id = i.institution_id
LEFT JOIN pharmacy p ON v.institution_id = p.pharmacy_id
