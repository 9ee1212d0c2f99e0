-- One row a pharmacy and person: visits, yuan, prescriptions, watched drugs.
-- needs: visit_fact
SELECT
    institution_id,
    insured_id,
    count(*) AS visits,
    1 AS persons,
    sum(total_fee) AS total_fee,
    sum(prescriptions) AS prescriptions,
    sum(watch_quantity) AS watch_quantity,
    {month} AS month
FROM visit_fact
WHERE visit_class = 'pharmacy' AND institution_id IS NOT NULL
GROUP BY institution_id, insured_id
