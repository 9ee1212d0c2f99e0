-- One row a doctor and day of outpatient care: visits, and at how many places.
-- needs: visit_fact
SELECT
    doctor_id,
    CAST(coalesce(admitted_at, settled_at) AS DATE) AS day,
    count(*) AS visits,
    count(DISTINCT institution_id) AS places,
    {month} AS month
FROM visit_fact
WHERE doctor_id IS NOT NULL AND visit_class = 'outpatient'
GROUP BY doctor_id, CAST(coalesce(admitted_at, settled_at) AS DATE)
