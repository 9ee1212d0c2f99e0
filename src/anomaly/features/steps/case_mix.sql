-- What each case would cost elsewhere: means without the doctor, and the institution.
-- needs: case_cell
-- months: 0, -1, -2
WITH place AS (
    SELECT
        institution_id, visit_class, level, department, category, chapter,
        age_band, sex, doctor_id,
        sum(visits) AS visits,
        sum(fee) AS fee,
        max(CASE WHEN month = {month} THEN 1 ELSE 0 END) AS is_present
    FROM case_cell
    GROUP BY
        institution_id, visit_class, level, department, category, chapter,
        age_band, sex, doctor_id
),
summed AS (
    SELECT
        *,
        sum(visits) OVER fine AS fine_n,
        sum(fee) OVER fine AS fine_fee,
        sum(visits) OVER fine_d AS fine_dn,
        sum(fee) OVER fine_d AS fine_dfee,
        sum(visits) OVER fine_i AS fine_in,
        sum(fee) OVER fine_i AS fine_ifee,
        sum(visits) OVER wide AS wide_n,
        sum(fee) OVER wide AS wide_fee,
        sum(visits) OVER wide_d AS wide_dn,
        sum(fee) OVER wide_d AS wide_dfee,
        sum(visits) OVER wide_i AS wide_in,
        sum(fee) OVER wide_i AS wide_ifee,
        sum(visits) OVER dept AS dept_n,
        sum(fee) OVER dept AS dept_fee,
        sum(visits) OVER dept_d AS dept_dn,
        sum(fee) OVER dept_d AS dept_dfee,
        sum(visits) OVER dept_i AS dept_in,
        sum(fee) OVER dept_i AS dept_ifee
    FROM place
    WINDOW
        fine AS (PARTITION BY visit_class, level, category, age_band, sex),
        fine_d AS (PARTITION BY visit_class, level, category, age_band, sex, doctor_id),
        fine_i AS (
            PARTITION BY visit_class, level, category, age_band, sex, institution_id
        ),
        wide AS (PARTITION BY visit_class, level, chapter, age_band, sex),
        wide_d AS (PARTITION BY visit_class, level, chapter, age_band, sex, doctor_id),
        wide_i AS (
            PARTITION BY visit_class, level, chapter, age_band, sex, institution_id
        ),
        dept AS (PARTITION BY visit_class, level, department),
        dept_d AS (PARTITION BY visit_class, level, department, doctor_id),
        dept_i AS (PARTITION BY visit_class, level, department, institution_id)
)
SELECT
    institution_id,
    visit_class,
    level,
    department,
    category,
    age_band,
    sex,
    doctor_id,
    CASE
        WHEN fine_n - fine_dn >= {case_mix_visits}
        THEN CAST(fine_fee - fine_dfee AS DOUBLE) / (fine_n - fine_dn)
        WHEN wide_n - wide_dn >= {case_mix_visits}
        THEN CAST(wide_fee - wide_dfee AS DOUBLE) / (wide_n - wide_dn)
        WHEN dept_n > dept_dn THEN CAST(dept_fee - dept_dfee AS DOUBLE) / (dept_n - dept_dn)
    END AS fee_of_other_doctors,
    CASE
        WHEN fine_n - fine_in >= {case_mix_visits}
        THEN CAST(fine_fee - fine_ifee AS DOUBLE) / (fine_n - fine_in)
        WHEN wide_n - wide_in >= {case_mix_visits}
        THEN CAST(wide_fee - wide_ifee AS DOUBLE) / (wide_n - wide_in)
        WHEN dept_n > dept_in THEN CAST(dept_fee - dept_ifee AS DOUBLE) / (dept_n - dept_in)
    END AS fee_of_other_institutions,
    {month} AS month
FROM summed
WHERE is_present = 1
