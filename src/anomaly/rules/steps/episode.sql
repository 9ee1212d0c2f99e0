-- One row a netted visit, for rules: when, who, what for, and how it ended.
-- needs: visit_fact, settlement_net
WITH bill AS (
    SELECT visit_id, max(settlement_id) AS settlement_id, min(age) AS age,
        max(manual_reimb_reason) AS manual_reimb_reason
    FROM settlement_net
    GROUP BY visit_id
)
SELECT
    v.visit_id,
    b.settlement_id,
    v.insured_id,
    v.institution_id,
    v.doctor_id,
    v.department,
    v.visit_class,
    v.visit_type,
    v.level,
    v.district,
    v.sex,
    b.age,
    v.insurance_type,
    v.total_fee,
    v.fund_pay,
    v.pay_account,
    v.settled_at,
    v.admitted_at,
    v.discharged_at,
    CAST(v.admitted_at AS DATE) AS admitted_on,
    CAST(v.discharged_at AS DATE) AS discharged_on,
    date_diff('day', CAST(v.admitted_at AS DATE), CAST(v.discharged_at AS DATE))
        AS days,
    v.main_diagnosis,
    v.discharge_way,
    v.operation_code,
    v.referral_from_visit,
    b.manual_reimb_reason,
    {month} AS month
FROM visit_fact v
JOIN bill b ON v.visit_id = b.visit_id
