-- One row an institution and doctor: yuan.
-- needs: visit_fact
SELECT
    institution_id,
    doctor_id,
    count(*) AS visits,
    sum(total_fee) AS total_fee,
    {month} AS month
FROM visit_fact
WHERE visit_class <> 'pharmacy' AND doctor_id IS NOT NULL
GROUP BY institution_id, doctor_id
