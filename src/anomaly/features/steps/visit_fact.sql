-- One row a netted visit: whose it is, where, of what kind, and what it cost.
-- needs: settlement_net, line_net, responsible_doctor, institution, pharmacy, visit, calendar
WITH visit_sum AS (
    SELECT
        visit_id,
        min(insured_id) AS insured_id,
        min(institution_id) AS institution_id,
        min(visit_class) AS visit_class,
        min(visit_type) AS visit_type,
        min(institution_district) AS institution_district,
        min(insured_district) AS insured_district,
        min(hospital_level) AS hospital_level,
        min(sex) AS sex,
        min(age) AS age,
        min(insurance_type) AS insurance_type,
        min(settled_at) AS settled_at,
        sum(total_fee) AS total_fee,
        sum(fund_pay) AS fund_pay,
        sum(fee_fully_self) AS fee_fully_self,
        sum(fee_over_limit) AS fee_over_limit,
        sum(fee_in_scope) AS fee_in_scope,
        sum(pay_account) AS pay_account,
        sum(drug_fee) AS drug_fee,
        sum(exam_fee) AS exam_fee,
        sum(consumable_fee) AS consumable_fee,
        sum(treatment_fee) AS treatment_fee,
        sum(surgery_fee) AS surgery_fee,
        sum(ct_fee) AS ct_fee,
        sum(mri_fee) AS mri_fee,
        sum(dear_fee) AS dear_fee,
        sum(watch_quantity) AS watch_quantity,
        max(has_watched) AS has_watched
    FROM settlement_net
    GROUP BY visit_id
),
-- An order billed in two settlements of a visit is one prescription; without order
-- numbers nothing is known of any.
ordered AS (
    SELECT
        s.visit_id,
        count(DISTINCT CASE
            WHEN l.fee_category IN ({drug_categories}) AND l.line_amount > 0
            THEN l.order_no
        END) AS prescriptions
    FROM line_net l
    JOIN settlement_net s ON l.settlement_id = s.settlement_id
    WHERE l.order_no IS NOT NULL
    GROUP BY s.visit_id
),
seen AS (
    SELECT
        visit_id,
        min(admitted_at) AS admitted_at,
        max(discharged_at) AS discharged_at,
        max(stay_days) AS stay_days,
        min(main_diagnosis) AS main_diagnosis,
        min(discharge_way) AS discharge_way,
        min(operation_code) AS operation_code,
        min(referral_from_visit) AS referral_from_visit
    FROM visit
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
            WHEN try_cast(v.hospital_level AS DOUBLE) <= 4 THEN '3'
            WHEN try_cast(v.hospital_level AS DOUBLE) <= 7 THEN '2'
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
    v.treatment_fee,
    v.surgery_fee,
    v.ct_fee,
    v.mri_fee,
    v.dear_fee,
    v.watch_quantity,
    v.has_watched,
    o.prescriptions,
    v.fee_fully_self,
    v.fee_over_limit,
    v.fee_in_scope,
    v.pay_account,
    v.visit_type,
    v.insured_district,
    v.insurance_type,
    v.sex,
    CASE
        WHEN v.age < {age_1} THEN 0
        WHEN v.age < {age_2} THEN 1
        WHEN v.age < {age_3} THEN 2
        WHEN v.age < {age_4} THEN 3
        WHEN v.age < {age_5} THEN 4
        WHEN v.age >= {age_5} THEN 5
    END AS age_band,
    v.settled_at,
    -- Emergency care has no office hours.
    CASE
        WHEN v.visit_type = '{emergency_type}' THEN 0
        WHEN extract(hour FROM v.settled_at) >= {offhour_from} THEN 1
        WHEN extract(hour FROM v.settled_at) < {offhour_to} THEN 1
        ELSE coalesce(k.is_holiday, 0)
    END AS is_offhour,
    s.admitted_at,
    s.discharged_at,
    s.stay_days,
    s.main_diagnosis,
    s.discharge_way,
    s.operation_code,
    s.referral_from_visit,
    {month} AS month
FROM visit_sum v
LEFT JOIN responsible_doctor r ON v.visit_id = r.visit_id
LEFT JOIN seen s ON v.visit_id = s.visit_id
LEFT JOIN ordered o ON v.visit_id = o.visit_id
LEFT JOIN institution i ON v.institution_id = i.institution_id
LEFT JOIN pharmacy p ON v.institution_id = p.pharmacy_id
LEFT JOIN calendar k ON CAST(v.settled_at AS DATE) = k.day
