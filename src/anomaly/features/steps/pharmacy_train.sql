-- Cards swiped at a pharmacy within some minutes, by each opening moment.
-- needs: visit_fact
WITH swipe AS (
    SELECT
        institution_id,
        insured_id,
        settled_at,
        CAST(
            floor(
                date_diff('second', TIMESTAMP '2000-01-01 00:00:00', settled_at)
                / ({train_minutes} * 60.0)
            ) AS BIGINT
        ) AS slot
    FROM visit_fact
    WHERE visit_class = 'pharmacy'
),
step AS (
    SELECT 0 AS k UNION ALL SELECT 1 AS k
)
SELECT
    a.institution_id,
    a.settled_at AS opened_at,
    count(DISTINCT b.insured_id) AS cards,
    {month} AS month
FROM swipe a
CROSS JOIN step
JOIN swipe b ON a.institution_id = b.institution_id AND b.slot = a.slot + step.k
WHERE b.settled_at >= a.settled_at
    AND date_diff('second', a.settled_at, b.settled_at) <= {train_minutes} * 60
GROUP BY a.institution_id, a.settled_at
