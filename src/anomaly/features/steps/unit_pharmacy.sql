-- Pharmacies with purchases this month.
-- needs: visit_fact, pharmacy
SELECT
    v.institution_id AS unit_id,
    coalesce(max(p.pharmacy_name), v.institution_id) AS unit_name,
    v.institution_id,
    max(p.pharmacy_name) AS institution_name,
    CAST(NULL AS VARCHAR) AS department,
    CASE WHEN bool_or(coalesce(p.is_branch, false)) THEN 'chain' ELSE 'single' END
        AS chain,
    max(p.channel_type) AS kind,
    max(v.district) AS district,
    false AS has_prior_violation,
    CAST(NULL AS DATE) AS started_on
FROM visit_fact v
LEFT JOIN pharmacy p ON v.institution_id = p.pharmacy_id
WHERE v.visit_class = 'pharmacy'
GROUP BY v.institution_id
