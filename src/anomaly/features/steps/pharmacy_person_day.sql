-- One row a pharmacy, person and day: more than one ticket?
-- needs: visit_fact
SELECT
    institution_id,
    insured_id,
    CAST(settled_at AS DATE) AS day,
    CASE WHEN count(*) > 1 THEN 1 ELSE 0 END AS is_double,
    {month} AS month
FROM visit_fact
WHERE visit_class = 'pharmacy'
GROUP BY institution_id, insured_id, CAST(settled_at AS DATE)
