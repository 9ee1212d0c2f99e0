-- Visits and fees of each doctor by case: diagnosis, age, sex, level, kind of visit.
-- needs: visit_fact
WITH coded AS (
    SELECT
        doctor_id,
        institution_id,
        visit_class,
        level,
        coalesce(department, '?') AS department,
        coalesce(upper(substr(main_diagnosis, 1, 3)), '?') AS category,
        coalesce(age_band, -1) AS age_band,
        coalesce(sex, '?') AS sex,
        total_fee
    FROM visit_fact
    WHERE visit_class <> 'pharmacy'
)
SELECT
    coalesce(doctor_id, '?') AS doctor_id,
    institution_id,
    visit_class,
    level,
    department,
    category,
    -- The chapters of ICD-10.
    CASE
        WHEN category = '?' THEN '?'
        WHEN category < 'C' THEN 'I'
        WHEN category < 'D50' THEN 'II'
        WHEN category < 'E' THEN 'III'
        WHEN category < 'F' THEN 'IV'
        WHEN category < 'G' THEN 'V'
        WHEN category < 'H' THEN 'VI'
        WHEN category < 'H60' THEN 'VII'
        WHEN category < 'I' THEN 'VIII'
        WHEN category < 'J' THEN 'IX'
        WHEN category < 'K' THEN 'X'
        WHEN category < 'L' THEN 'XI'
        WHEN category < 'M' THEN 'XII'
        WHEN category < 'N' THEN 'XIII'
        WHEN category < 'O' THEN 'XIV'
        WHEN category < 'P' THEN 'XV'
        WHEN category < 'Q' THEN 'XVI'
        WHEN category < 'R' THEN 'XVII'
        WHEN category < 'S' THEN 'XVIII'
        WHEN category < 'U' THEN 'XIX'
        WHEN category < 'V' THEN 'XXII'
        WHEN category < 'Z' THEN 'XX'
        ELSE 'XXI'
    END AS chapter,
    age_band,
    sex,
    count(*) AS visits,
    sum(total_fee) AS fee,
    {month} AS month
FROM coded
GROUP BY
    coalesce(doctor_id, '?'),
    institution_id,
    visit_class,
    level,
    department,
    category,
    age_band,
    sex
