-- One row a pharmacy: purchases, and the pharmacists who served them.
-- needs: visit_fact, pharmacy
SELECT
    v.institution_id,
    count(*) AS visits,
    max(p.pharmacist_count) AS pharmacists,
    {month} AS month
FROM visit_fact v
JOIN pharmacy p ON v.institution_id = p.pharmacy_id
WHERE v.visit_class = 'pharmacy' AND p.pharmacist_count > 0
GROUP BY v.institution_id
