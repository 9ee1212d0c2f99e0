-- One row a stay after refunds.
-- needs: bill
SELECT
    visit_id,
    insured_id,
    min(admitted_at) AS admitted_at,
    max(discharged_at) AS discharged_at,
    {month} AS month
FROM bill
WHERE visit_class = 'inpatient'
GROUP BY visit_id, insured_id
