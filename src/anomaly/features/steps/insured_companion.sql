-- One row a person seen this month: others who came along again and again.
-- needs: visit_fact
-- months: 0, -1, -2
WITH moment AS (
    SELECT DISTINCT
        insured_id,
        institution_id,
        CAST(
            floor(
                date_diff('second', TIMESTAMP '2000-01-01 00:00:00', settled_at)
                / ({companion_minutes} * 60.0)
            ) AS BIGINT
        ) AS slot
    FROM visit_fact
    WHERE visit_class <> 'inpatient'
),
-- In a crowd everybody is everybody's companion.
quiet AS (
    SELECT institution_id, slot
    FROM moment
    GROUP BY institution_id, slot
    HAVING count(*) BETWEEN 2 AND {companion_crowd}
),
together AS (
    SELECT m.insured_id, m.institution_id, m.slot
    FROM moment m
    JOIN quiet q ON m.institution_id = q.institution_id AND m.slot = q.slot
),
pair AS (
    SELECT a.insured_id, b.insured_id AS companion_id
    FROM together a
    JOIN together b ON a.institution_id = b.institution_id
        AND a.slot = b.slot
        AND a.insured_id <> b.insured_id
    GROUP BY a.insured_id, b.insured_id
    HAVING count(*) >= {companion_times}
),
counted AS (
    SELECT insured_id, count(*) AS companions
    FROM pair
    GROUP BY insured_id
),
present AS (
    SELECT DISTINCT insured_id FROM visit_fact WHERE month = {month}
)
SELECT
    p.insured_id,
    coalesce(c.companions, 0) AS companions,
    {month} AS month
FROM present p
LEFT JOIN counted c ON p.insured_id = c.insured_id
