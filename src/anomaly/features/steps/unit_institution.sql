-- Medical institutions with visits this month.
-- needs: visit_fact, institution
SELECT
    v.institution_id AS unit_id,
    coalesce(max(i.institution_name), v.institution_id) AS unit_name,
    v.institution_id,
    max(i.institution_name) AS institution_name,
    CAST(NULL AS VARCHAR) AS department,
    max(v.level) AS level,
    -- The name tells a reader more than the code; either makes the group.
    coalesce(max(i.institution_type_name), max(i.institution_type)) AS kind,
    max(v.district) AS district,
    false AS has_prior_violation,
    CAST(NULL AS DATE) AS started_on
FROM visit_fact v
LEFT JOIN institution i ON v.institution_id = i.institution_id
WHERE v.visit_class <> 'pharmacy'
GROUP BY v.institution_id
