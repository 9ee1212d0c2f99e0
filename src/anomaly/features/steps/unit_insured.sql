-- Insured persons seen this month: age band, sex and insurance, and where most often.
-- needs: visit_fact, institution, pharmacy
-- months: 0, -1, -2
WITH seen AS (
    SELECT insured_id, institution_id, max(district) AS district, count(*) AS visits
    FROM visit_fact
    WHERE insured_id IS NOT NULL AND month = {month}
    GROUP BY insured_id, institution_id
),
most AS (
    SELECT *
    FROM (
        SELECT
            *,
            row_number() OVER (
                PARTITION BY insured_id ORDER BY visits DESC, institution_id
            ) AS nth
        FROM seen
    ) ranked
    WHERE nth = 1
),
person AS (
    SELECT
        insured_id,
        max(insured_district) AS insured_district,
        max(sex) AS sex,
        max(age_band) AS age_band,
        max(insurance_type) AS insurance_type
    FROM visit_fact
    WHERE insured_id IS NOT NULL AND month = {month}
    GROUP BY insured_id
),
focused AS (
    -- What half of three months' visits are for, where that is planned treatment.
    SELECT
        insured_id,
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
    WHERE insured_id IS NOT NULL
    GROUP BY insured_id
)
SELECT
    n.insured_id AS unit_id,
    n.insured_id AS unit_name,
    m.institution_id,
    coalesce(i.institution_name, p.pharmacy_name) AS institution_name,
    CAST(NULL AS VARCHAR) AS department,
    'age' || CAST(n.age_band AS VARCHAR) AS age_band,
    CASE n.sex WHEN '1' THEN 'male' WHEN '2' THEN 'female' END AS sex,
    CASE
        WHEN n.insurance_type IN ({employee_types}) THEN 'employee'
        WHEN n.insurance_type IS NOT NULL THEN 'resident'
    END AS insurance,
    coalesce(n.insured_district, m.district) AS district,
    false AS has_prior_violation,
    CAST(NULL AS DATE) AS started_on,
    f.focus
FROM person n
JOIN most m ON n.insured_id = m.insured_id
JOIN focused f ON n.insured_id = f.insured_id
LEFT JOIN institution i ON m.institution_id = i.institution_id
LEFT JOIN pharmacy p ON m.institution_id = p.pharmacy_id
