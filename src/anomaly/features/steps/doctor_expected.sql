-- One row a visit: its fee, and what its case costs with other doctors.
-- needs: visit_fact, case_mix
SELECT
    v.visit_id,
    v.doctor_id,
    v.total_fee,
    CAST(c.fee_of_other_doctors AS DECIMAL(18, 4)) AS expected_fee,
    {month} AS month
FROM visit_fact v
JOIN case_mix c ON v.institution_id = c.institution_id
    AND v.visit_class = c.visit_class
    AND v.level = c.level
    AND coalesce(v.department, '?') = c.department
    AND coalesce(upper(substr(v.main_diagnosis, 1, 3)), '?') = c.category
    AND coalesce(v.age_band, -1) = c.age_band
    AND coalesce(v.sex, '?') = c.sex
    AND coalesce(v.doctor_id, '?') = c.doctor_id
WHERE c.fee_of_other_doctors > 0
