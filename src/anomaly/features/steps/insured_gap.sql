-- One row a person discharged this month who was in hospital before: days between.
-- needs: stay_fact
-- months: 0, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11
WITH present AS (
    SELECT DISTINCT insured_id FROM stay_fact WHERE month = {month}
),
-- A stay settled in two months stands in both.
stay AS (
    SELECT
        s.insured_id,
        s.visit_id,
        min(s.admitted_at) AS admitted_at,
        max(s.discharged_at) AS discharged_at
    FROM stay_fact s
    JOIN present p ON s.insured_id = p.insured_id
    GROUP BY s.insured_id, s.visit_id
),
followed AS (
    SELECT
        insured_id,
        admitted_at,
        lag(discharged_at) OVER (
            PARTITION BY insured_id ORDER BY admitted_at, visit_id
        ) AS left_at
    FROM stay
)
SELECT
    insured_id,
    min(greatest(
        date_diff('day', CAST(left_at AS DATE), CAST(admitted_at AS DATE)), 0
    )) AS gap_days,
    {month} AS month
FROM followed
WHERE left_at IS NOT NULL AND admitted_at IS NOT NULL
GROUP BY insured_id
