-- Persons that a doctor ordered for within sixty seconds, by each opening moment.
-- needs: item_fact
WITH moment AS (
    SELECT doctor_id, insured_id, min(charged_at) AS ordered_at
    FROM item_fact
    WHERE visit_class = 'outpatient' AND doctor_id IS NOT NULL
        AND charged_at IS NOT NULL
    GROUP BY doctor_id, insured_id, visit_id
),
slotted AS (
    SELECT
        doctor_id,
        insured_id,
        ordered_at,
        CAST(
            floor(date_diff('second', TIMESTAMP '2000-01-01 00:00:00', ordered_at) / 60.0)
            AS BIGINT
        ) AS slot
    FROM moment
),
step AS (
    SELECT 0 AS k UNION ALL SELECT 1 AS k
)
SELECT
    a.doctor_id,
    a.ordered_at AS opened_at,
    count(DISTINCT b.insured_id) AS persons,
    {month} AS month
FROM slotted a
CROSS JOIN step
JOIN slotted b ON a.doctor_id = b.doctor_id AND b.slot = a.slot + step.k
WHERE b.ordered_at >= a.ordered_at AND date_diff('second', a.ordered_at, b.ordered_at) < 60
GROUP BY a.doctor_id, a.ordered_at
