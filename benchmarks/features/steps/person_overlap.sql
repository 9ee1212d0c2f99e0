-- One row a person: stays billed this month that overlap one billed in three months.
-- needs: stay
-- months: 0, -1, -2
SELECT
    a.insured_id,
    count(*) AS overlapping_stays,
    {month} AS month
FROM stay a
JOIN stay b ON a.insured_id = b.insured_id
    AND a.visit_id <> b.visit_id
    AND a.admitted_at < b.discharged_at
    AND b.admitted_at < a.discharged_at
WHERE a.month = {month}
GROUP BY a.insured_id
