-- One row a netted stay: its length, whether it is a return, mild, or oddly short.
-- needs: visit_fact, settlement_net, diagnosis, case_group, calendar
-- months: 0, -1, -2
WITH stay AS (
    SELECT
        *,
        coalesce(
            stay_days,
            date_diff('day', CAST(admitted_at AS DATE), CAST(discharged_at AS DATE))
        ) AS days
    FROM visit_fact
    WHERE visit_class = 'inpatient'
),
own AS (
    SELECT * FROM stay WHERE month = {month}
),
-- The nearest earlier discharge of the same person, anywhere and here.
earlier AS (
    SELECT
        o.visit_id,
        max(p.discharged_at) AS left_any_at,
        max(CASE WHEN p.institution_id = o.institution_id THEN p.discharged_at END)
            AS left_here_at
    FROM own o
    JOIN stay p ON o.insured_id = p.insured_id
        AND o.visit_id <> p.visit_id
        AND p.discharged_at <= o.admitted_at
    GROUP BY o.visit_id
),
infected AS (
    SELECT
        s.visit_id,
        max(CASE WHEN d.diagnosis_type = '{infection_type}' THEN 1 ELSE 0 END)
            AS has_infection
    FROM diagnosis d
    JOIN settlement_net s ON d.settlement_id = s.settlement_id
    WHERE d.diagnosis_type IS NOT NULL AND s.month = {month}
    GROUP BY s.visit_id
),
grouped AS (
    SELECT
        s.visit_id,
        max(
            CASE
                WHEN g.cc_level IN ('CC', 'MCC') THEN 1
                WHEN g.cc_level IS NOT NULL THEN 0
            END
        ) AS has_complication,
        sum(g.standard_cost) AS standard_cost
    FROM case_group g
    JOIN settlement_net s ON g.settlement_id = s.settlement_id
    WHERE s.month = {month}
    GROUP BY s.visit_id
),
-- Whole months only: of a month cut short the share of days off would mislead.
day AS (
    SELECT day, is_working
    FROM calendar
    WHERE month = {month} AND day >= {month} - INTERVAL 3 MONTH
),
-- The share of days off in each calendar month, which chance alone would give.
rest AS (
    SELECT
        extract(year FROM day) AS year_no,
        extract(month FROM day) AS month_no,
        CAST(avg(1.0 - is_working) AS DECIMAL(18, 6)) AS rest_share
    FROM day
    GROUP BY extract(year FROM day), extract(month FROM day)
)
SELECT
    o.visit_id,
    o.insured_id,
    o.institution_id,
    o.doctor_id,
    o.visit_class,
    o.district,
    o.level,
    o.admitted_at,
    o.discharged_at,
    o.main_diagnosis,
    o.total_fee,
    o.days,
    CASE WHEN o.days IS NOT NULL THEN greatest(o.days, 1) END AS bed_days,
    CASE WHEN o.days <= 1 THEN 1 WHEN o.days > 1 THEN 0 END AS is_one_day,
    CASE
        WHEN o.admitted_at IS NULL THEN NULL
        WHEN regexp_matches(coalesce(o.main_diagnosis, ''), '{planned_diagnosis}')
            OR o.referral_from_visit IS NOT NULL THEN 0
        WHEN date_diff('day', CAST(e.left_any_at AS DATE), CAST(o.admitted_at AS DATE))
            <= {readmit_days} THEN 1
        ELSE 0
    END AS is_readmitted,
    CASE
        WHEN o.admitted_at IS NULL THEN NULL
        WHEN regexp_matches(coalesce(o.main_diagnosis, ''), '{planned_diagnosis}')
            OR o.referral_from_visit IS NOT NULL THEN 0
        WHEN date_diff('day', CAST(e.left_here_at AS DATE), CAST(o.admitted_at AS DATE))
            <= {readmit_same_days} THEN 1
        ELSE 0
    END AS is_readmitted_here,
    CASE WHEN o.days IN ({bunch_days}) THEN 1 ELSE 0 END AS is_at_threshold,
    CASE
        WHEN o.days IN ({bunch_days}) OR o.days - 1 IN ({bunch_days})
            OR o.days + 1 IN ({bunch_days}) THEN 1
        ELSE 0
    END AS is_near_threshold,
    CASE
        WHEN o.main_diagnosis IS NOT NULL
        THEN CASE
            WHEN regexp_matches(o.main_diagnosis, '{mild_diagnosis}') THEN 1
            ELSE 0
        END
    END AS is_mild,
    CASE
        WHEN o.operation_code IS NULL
            AND o.surgery_fee = 0
            AND o.treatment_fee < {low_treatment_share} * o.total_fee
            AND o.exam_fee > {low_exam_share} * o.total_fee THEN 1
        ELSE 0
    END AS has_low_criteria,
    CASE WHEN i.visit_id IS NOT NULL THEN i.has_infection END AS has_infection,
    g.has_complication,
    CASE
        WHEN g.standard_cost > 0
        THEN CASE
            WHEN o.total_fee > {high_multiple} * g.standard_cost THEN 1
            ELSE 0
        END
    END AS is_high_multiple,
    CASE
        WHEN g.standard_cost > 0
        THEN CASE
            WHEN o.total_fee < {low_multiple} * g.standard_cost THEN 1
            ELSE 0
        END
    END AS is_low_multiple,
    1 - k.is_working AS is_rest_admission,
    r.rest_share,
    {month} AS month
FROM own o
LEFT JOIN earlier e ON o.visit_id = e.visit_id
LEFT JOIN infected i ON o.visit_id = i.visit_id
LEFT JOIN grouped g ON o.visit_id = g.visit_id
LEFT JOIN day k ON CAST(o.admitted_at AS DATE) = k.day
LEFT JOIN rest r ON extract(year FROM o.admitted_at) = r.year_no
    AND extract(month FROM o.admitted_at) = r.month_no
