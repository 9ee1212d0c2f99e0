-- Purchases that follow each other closely at a pharmacy: which row, and how many cards it has.
-- needs: episode
WITH timed AS (
    SELECT
        visit_id,
        institution_id,
        insured_id,
        settled_at,
        date_diff(
            'second',
            lag(settled_at) OVER (
                PARTITION BY institution_id ORDER BY settled_at, visit_id
            ),
            settled_at
        ) AS gap
    FROM episode
    WHERE visit_class = 'pharmacy'
),
numbered AS (
    SELECT
        *,
        sum(CASE WHEN gap <= 180 THEN 0 ELSE 1 END) OVER (
            PARTITION BY institution_id ORDER BY settled_at, visit_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS nth
    FROM timed
),
counted AS (
    SELECT institution_id, nth, count(DISTINCT insured_id) AS cards
    FROM numbered
    GROUP BY institution_id, nth
)
SELECT n.visit_id, n.institution_id, n.nth AS row_no, c.cards, {month} AS month
FROM numbered n
JOIN counted c ON n.institution_id = c.institution_id AND n.nth = c.nth
