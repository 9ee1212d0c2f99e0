-- One row a doctor: visits, patients, yuan, of which drugs, exams and the largest drug.
-- needs: bill, bill_item
WITH fees AS (
    SELECT
        doctor_id,
        count(DISTINCT visit_id) AS visits,
        count(DISTINCT insured_id) AS patients,
        sum(fee) AS fee
    FROM bill
    WHERE doctor_id IS NOT NULL
    GROUP BY doctor_id
),
items AS (
    SELECT
        doctor_id,
        national_item_code,
        sum(CASE WHEN fee_category IN ('09', '10', '11') THEN amount END) AS drug_fee,
        sum(CASE WHEN fee_category IN ('03', '04') THEN amount END) AS exam_fee
    FROM bill_item
    WHERE doctor_id IS NOT NULL
    GROUP BY doctor_id, national_item_code
),
shares AS (
    SELECT
        doctor_id,
        sum(drug_fee) AS drug_fee,
        sum(exam_fee) AS exam_fee,
        max(drug_fee) AS top_drug_fee
    FROM items
    GROUP BY doctor_id
)
SELECT
    f.doctor_id,
    f.visits,
    f.patients,
    f.fee,
    coalesce(s.drug_fee, 0) AS drug_fee,
    coalesce(s.exam_fee, 0) AS exam_fee,
    coalesce(s.top_drug_fee, 0) AS top_drug_fee,
    {month} AS month
FROM fees f
LEFT JOIN shares s ON f.doctor_id = s.doctor_id
