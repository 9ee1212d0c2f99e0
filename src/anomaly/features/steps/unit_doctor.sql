-- Who a doctor is this month: place by most visits; department by master, else by them.
-- needs: visit_fact, doctor, institution
-- months: 0, -1, -2
WITH seen AS (
    SELECT doctor_id, institution_id, department, district, level, count(*) AS visits
    FROM visit_fact
    WHERE doctor_id IS NOT NULL AND month = {month}
    GROUP BY doctor_id, institution_id, department, district, level
),
most AS (
    SELECT *
    FROM (
        SELECT
            *,
            row_number() OVER (
                PARTITION BY doctor_id
                ORDER BY visits DESC, institution_id, department, district, level
            ) AS nth
        FROM seen
    ) ranked
    WHERE nth = 1
),
focused AS (
    -- What half of three months' visits are for, where that is planned treatment.
    SELECT
        doctor_id,
        CASE
            WHEN 2 * sum(
                CASE WHEN regexp_matches(main_diagnosis, '{dialysis_diagnosis}')
                    THEN 1 ELSE 0 END
            ) >= count(*) THEN 'dialysis'
            WHEN 2 * sum(
                CASE WHEN regexp_matches(main_diagnosis, '{cancer_diagnosis}')
                    THEN 1 ELSE 0 END
            ) >= count(*) THEN 'oncology'
            ELSE ''
        END AS focus
    FROM visit_fact
    WHERE doctor_id IS NOT NULL
    GROUP BY doctor_id
)
SELECT
    m.doctor_id AS unit_id,
    coalesce(d.doctor_name, m.doctor_id) AS unit_name,
    m.institution_id,
    i.institution_name,
    coalesce(d.department, m.department) AS department,
    m.level,
    m.district,
    d.prior_violation IS NOT NULL
        AND d.prior_violation NOT IN ('0', '无') AS has_prior_violation,
    d.contract_start AS started_on,
    f.focus
FROM most m
JOIN focused f ON m.doctor_id = f.doctor_id
LEFT JOIN doctor d ON m.doctor_id = d.doctor_id
LEFT JOIN institution i ON m.institution_id = i.institution_id
